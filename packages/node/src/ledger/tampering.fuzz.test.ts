import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@understudy/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleControl, sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { changedLine, LedgerDirectory, named } from '../../tests/support/ledger-directory.ts';
import { exportLedger } from './export-ledger.ts';
import { fileSubjectKeys } from './file-subject-keys.ts';
import { generateLedgerKey } from './ledger-key.ts';
import { proveRecord } from './prove.ts';
import type { SubjectKeys } from './subject-keys.ts';

/** A ledger of several segments and two keys, with sealed fields and an erasure. */
const place = new LedgerDirectory();
let folder: string;
let keys: SubjectKeys;
let files: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-tampering-'));
  keys = fileSubjectKeys({ path: join(folder, 'subjects') });
  const sink = place.open({
    segmentBytes: 3000,
    checkpointRecords: 7,
    personal: { fields: ['tenant'], subject: (event) => (event.type === 'decision' ? event.tenant : undefined), keys },
  });
  const some = async (): Promise<void> => {
    for (let index = 0; index < 12; index++) await sink.append([sampleDecision({ tenant: `t${index % 3}` }), sampleControl()]);
  };
  await some();
  await sink.rotate(generateLedgerKey('example.com/claims').privateKey);
  await some();
  await sink.erase('t1', { by: 'dpo', reason: 'asked' });
  await sink.close?.();
  files = place.names.filter((name) => !/\.(tree|lock)$/.test(name));
});
afterAll(() => {
  place.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** One small change: a bit, a byte that goes, one that comes, or one that becomes a line feed. */
function changed(bytes: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * bytes.length);
  const copy = Buffer.from(bytes);
  switch (Math.floor(random() * 4)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return copy;
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([Math.floor(random() * 256)]), bytes.subarray(at)]);
    default:
      copy[at] = 10;
      return copy;
  }
}

it('the ledger itself is whole', async () => {
  expect(files.length).toBeGreaterThan(10);
  expect(await place.findings({ subjectKeys: keys })).toEqual([]);
});

describe('any small change of any file is told, and none breaks the verification', () => {
  it.each([1, 2, 3, 4])('seed %i', { timeout: 120_000 }, async (seed) => {
    const random = seededRandom(seed);
    const unseen: string[] = [];
    for (let round = 0; round < 150; round++) {
      const file = files[Math.floor(random() * files.length)] ?? '';
      const before = place.read(file);
      const after = changed(before, random);
      if (after.equals(before)) continue;
      place.write(file, after);
      try {
        if ((await place.findings({ subjectKeys: keys })).length === 0) unseen.push(`${file}, round ${round}`);
      } finally {
        place.write(file, before);
      }
    }
    expect(unseen).toEqual([]);
  });
});

describe('records of no form', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['sealed without data', { sealed: { subject: 'x', commitment: 'y' } }],
    ['sealed is null', { sealed: null }],
    ['sealed is a text', { sealed: 'x' }],
    ['no event', { event: null }],
    ['an event that is a list', { event: [] }],
    ['pruned, before nothing', { kind: 'pruned', before: 'all' }],
    ['opened by nobody', { kind: 'opened', origin: 7 }],
    ['a kind of an object', { kind: 'constructor' }],
  ])('%s: it is named, and export and prove pass over it', async (_, change) => {
    const copy = new LedgerDirectory(place.key);
    cpSync(place.path, copy.path, { recursive: true });
    const lines = copy.lines();
    copy.setLines([lines[0] ?? '', changedLine(lines[1], change), ...lines.slice(2)]);
    expect(await copy.findings({ subjectKeys: keys })).toContain('bad-json@1');
    const exported: number[] = [];
    for await (const { seq } of exportLedger({ directory: copy.path, model: 'claims', subjectKeys: keys })) exported.push(seq);
    expect(exported.length).toBeGreaterThan(10);
    expect(exported).not.toContain(1);
    await expect(proveRecord({ directory: copy.path, id: 'nobody' })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    copy.remove();
  });
});

describe('leaf hashes that end in the middle of one', () => {
  it('in an older segment speak against it, in the newest they are told', async () => {
    const [older, newest] = [`${named(0)}.leaves`, files.findLast((name) => name.endsWith('.leaves')) ?? ''];
    const before = [place.read(older), place.read(newest)] as const;
    place.write(older, Buffer.concat([before[0], Buffer.alloc(5)]));
    expect(await place.findings({ subjectKeys: keys })).toEqual(['leaf-changed@0']);
    place.write(older, before[0]);
    place.write(newest, before[1].subarray(0, -1));
    expect(await place.verify({ subjectKeys: keys })).toMatchObject({
      ok: true,
      completeness: { findings: [{ kind: 'torn-tail' }] },
    });
    place.write(newest, before[1]);
  });
});

it('a ledger of a newer release is not called damaged, and nothing is appended', async () => {
  const copy = new LedgerDirectory(place.key);
  const first = copy.open();
  await first.append([sampleDecision()]);
  await first.close?.();
  const lines = copy.lines();
  const newer = (lines.at(-1) ?? '').replace('"v":1}', '"v":2}');
  copy.setLines([...lines.slice(0, -1), newer]);
  const sink = copy.open();
  await expect(sink.append([sampleDecision()])).rejects.toMatchObject({
    code: 'SINK_FAILED',
    retryable: false,
    message: expect.stringContaining('newer release: record 1 has a format'),
  });
  await Promise.resolve(sink.close?.()).catch(() => undefined);
  expect(copy.lines()).toHaveLength(lines.length);
  copy.remove();
});
