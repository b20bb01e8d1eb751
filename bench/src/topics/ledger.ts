import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { fileSink } from '@understudy/node/file';
import { fileSubjectKeys, generateLedgerKey, ledger, verifyLedger } from '@understudy/node/ledger';
import * as z from 'zod';
import { type Case, measure } from '../harness.ts';
import { summarise } from '../statistics.ts';
import { rounded, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

/** 20 µs a record. */
const TARGET_PER_SECOND = 50_000;
const BATCH = 500;
const LARGE = 2000;

/** A decision as most are. */
const decision = (index: number): UnderstudyEvent => ({
  v: 1,
  type: 'decision',
  id: `0192f0a0-0000-7000-8000-${String(index).padStart(12, '0')}`,
  at: 1_767_225_600_000 + index,
  model: 'claims',
  outcome: 'served',
  assigned: 'v1',
  probability: 1,
  assignedBy: 'champion',
  tier: 'model',
  servedBy: 'v1',
  version: '1.0.0',
  degraded: false,
  reason: 'v1 is the champion.',
  durationMs: 12.25,
  attempts: [],
  unitHash: '0123456789',
  control: 'known',
  weight: 1,
  tenant: `customer-${index % 50}`,
});

/** Events that were acknowledged on disk, a record each; and how long it takes to verify them. */
export const ledgerRecords: Topic = {
  name: 'ledger',
  async run(effort) {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-'));
    const { signal } = new AbortController();
    const open = (name: string, more: object = {}): ReturnType<typeof ledger> =>
      ledger({ directory: join(folder, name), key: generateLedgerKey('example.com/bench').privateKey, ...more });
    const events = Array.from({ length: LARGE }, (_, index) => decision(index));
    const file = fileSink({ path: join(folder, 'events.ndjson'), maxBytes: 2 ** 30 });
    const [plain, large, single] = [open('plain'), open('large'), open('single')];
    const sealing = open('sealed', {
      personal: {
        fields: ['tenant'],
        subject: (event: UnderstudyEvent) => (event.type === 'decision' ? event.tenant : undefined),
        keys: fileSubjectKeys({ path: join(folder, 'subjects') }),
      },
    });
    const first = events.slice(0, BATCH);
    const waiting = open('waiting', { mode: 'before-return' });
    const understudy = createUnderstudy({ sinks: [waiting] });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
      { variants: { v1: { predictor: ({ amount }) => ({ score: amount / 10 }), version: '1' } }, champion: 'v1' },
    );
    const predicted = (): Promise<unknown> => model.predict({ amount: 5 });
    const once = (calls: number, write: () => unknown): Case => ({
      calls,
      batch: async () => {
        await write();
      },
    });
    const cases = {
      '`fileSink`, batches of 500': once(BATCH, () => file.write(first, { signal })),
      '`ledger`, batches of 500': once(BATCH, () => plain.append(first)),
      '`ledger`, batches of 2,000': once(LARGE, () => large.append(events)),
      '`ledger`, one by one, 500 at once': once(BATCH, () => Promise.all(first.map((event) => single.append([event])))),
      '`predict` with `before-return`, one at a time': once(1, predicted),
      '`predict` with `before-return`, 500 at once': once(BATCH, () => Promise.all(first.map(predicted))),
      '`ledger`, a sealed field, batches of 500': once(BATCH, () => sealing.append(first)),
    };
    const base = '`fileSink`, batches of 500';
    try {
      const samples = await measure(cases, effort);
      await understudy.close();
      for (const sink of [file, plain, large, single, sealing]) await sink.close?.();
      const started = performance.now();
      const verified = await verifyLedger({ directory: join(folder, 'large'), keys: [large.verifierKey] });
      const perRecord = ((performance.now() - started) * 1000) / verified.size;
      if (!verified.ok) throw new Error('The ledger does not verify.');
      const rows = (Object.keys(cases) as (keyof typeof cases)[]).map((name) => ({ name, base }) as const);
      const best = summarise(samples['`ledger`, batches of 2,000']).median;
      const table = timesTable('Ledger: a record that is on disk', samples, rows, {
        ratio: '× fileSink',
        notes: [
          `Each batch ends with one fdatasync. In batches of 2,000 that is ${rounded(1e9 / best)} records a second; verifying takes ${rounded(perRecord)} µs a record.`,
        ],
      });
      return [
        {
          ...table,
          verdicts: [
            { what: 'ns for a record of the ledger in batches of 2,000', target: 1e9 / TARGET_PER_SECOND, measured: best },
          ],
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
