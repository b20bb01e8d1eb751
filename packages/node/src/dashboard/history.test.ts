import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowFields, always, createUnderstudy } from '@understudy/core';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { dashboard } from '../dashboard.ts';
import { sqliteDecisions } from '../sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-history-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a real decision store answers what the page asks: pages, filters, one decision with its outcomes, the audit trail', async () => {
  const store = sqliteDecisions({ file: join(folder, 'decisions.db'), content: true });
  const understudy = createUnderstudy({ sinks: [store], redact: allowFields(['input.amount']) });
  const claims = understudy.defineModel(
    { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
    {
      variants: {
        v1: {
          version: '1',
          predictor: ({ amount }) => {
            if (amount === 7) throw new Error('no');
            return { score: amount / 100 };
          },
        },
      },
      champion: 'v1',
      fallback: [always({ score: 0 })],
    },
  );
  const ids: string[] = [];
  for (let amount = 1; amount <= 9; amount++) ids.push((await claims.predict({ amount })).id);
  await claims.recordOutcome(ids[3] ?? '', { override: { output: { score: 1 }, by: 'dr', reason: 'seen' } });
  await claims.control.pause({ by: { id: 'ana', roles: [] }, reason: 'a test' });
  await understudy.flush();

  const ops = dashboard(understudy, { open: 'read-only', history: store });
  const get = async (path: string): Promise<never> =>
    (await (await ops(new Request(`http://ops.example/api/${path}`))).json()) as never;
  interface Found {
    readonly from: string;
    readonly items: readonly {
      readonly id: string;
      readonly input?: object;
      readonly tier?: string;
      readonly command?: string;
    }[];
    readonly next?: string;
  }
  const pages: Found[] = [];
  do {
    const after = encodeURIComponent(pages.at(-1)?.next ?? '');
    // oxlint-disable-next-line no-await-in-loop -- in order
    pages.push(await get(`decisions?model=claims&limit=4&after=${after}`));
  } while (pages.at(-1)?.next !== undefined);
  expect(pages.map(({ from, items }) => [from, items.length])).toEqual([4, 4, 1].map((size) => ['history', size]));
  const items = pages.flatMap((page) => page.items);
  expect(new Set(items.map(({ id }) => id))).toEqual(new Set(ids));
  // The dashboard was not made to show content, though the store holds it.
  expect(items.every(({ input }) => input === undefined)).toBe(true);
  const rescued: Found = await get('decisions?model=claims&tier=always');
  expect(rescued.items.map(({ id }) => id)).toEqual([ids[6]]);
  expect(await get(`decision?model=claims&id=${ids[3]}`)).toMatchObject({
    from: 'history',
    decision: { id: ids[3] },
    outcomes: [{ kind: 'override', by: 'dr', reason: 'seen' }],
  });
  expect(await get('events?model=claims&types=control-changed')).toMatchObject({
    from: 'history',
    items: [{ command: 'pause', by: 'ana', reason: 'a test' }],
  });
  ops.close();
  await understudy.close();
});
