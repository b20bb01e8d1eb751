import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createUnderstudy } from '@understudy/core';
import { memoryReviews, type ReviewCase, reviewQueue, type ReviewStore } from '@understudy/core/review';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { postgresServer, withPostgres } from '../../../../tests/servers/postgres-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';
import { postgresReviews, postgresReviewsSql } from '../postgres.ts';
import { sqliteReviews } from '../sqlite.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
let server: TestServer | undefined;
let schemas = 0;
beforeAll(async () => {
  if (!withPostgres) return;
  server = await postgresServer();
  await server.start();
}, 300_000);
afterAll(() => server?.stop());

/** Each call gives another handle on the same place. */
type Place = () => ReviewStore;
const opened = (store: ReviewStore): ReviewStore => {
  ends.push(() => store.close?.());
  return store;
};
function sqlitePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-reviews-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return () => opened(sqliteReviews({ file: join(folder, 'reviews.db') }));
}
function postgresPlace(): Place {
  const options = { connectionString: server?.url ?? '', schema: `reviews_${schemas++}` };
  return () => opened(postgresReviews(options));
}
function memoryPlace(): Place {
  const store = memoryReviews();
  return () => store;
}

const made = (id: string, change: Partial<ReviewCase> = {}): ReviewCase => ({
  v: 1,
  id,
  queue: 'q',
  model: 'm',
  decisionId: id,
  input: { text: 'a\0b 𝄞 \u2028' },
  output: { y: 0.1 },
  why: 'random',
  probability: 1 / 3,
  segment: '',
  blind: false,
  priority: 0,
  createdAt: 1000,
  dueAt: 2000,
  needed: 1,
  assigned: null,
  leases: [],
  answers: [],
  escalated: 0,
  state: 'waiting',
  resolvedAt: null,
  nextAt: Number.MAX_SAFE_INTEGER,
  version: 1,
  ...change,
});

function storeCases(place: () => Place): void {
  it('keeps a case once, to the last character, for every handle', async () => {
    const at = place();
    const [one, other] = [at(), at()];
    const given = made('d1');
    expect(await one.insert(given)).toBe(true);
    expect(await other.insert(made('d1', { why: 'another' }))).toBe(false);
    expect(await other.read('q', 'd1')).toEqual(given);
    expect(await one.read('other', 'd1')).toBeUndefined();
    expect(await one.read('q', 'd2')).toBeUndefined();
  });

  it('changes a case for one of those who want to at once', async () => {
    const at = place();
    const stores = [at(), at(), at()];
    await stores[0]?.insert(made('d1'));
    const done = await Promise.all(stores.map((store, index) => store.replace(made('d1', { priority: index, version: 2 }), 1)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await stores[0]?.replace(made('d1', { version: 3 }), 1)).toBe(false);
    expect(await stores[1]?.replace(made('nothing', { version: 2 }), 1)).toBe(false);
  });

  it('lists in the order of turns, by state and time, page by page', async () => {
    const store = place()();
    await store.insert(made('c', { createdAt: 5 }));
    await store.insert(made('a', { createdAt: 5, nextAt: 10 }));
    await store.insert(made('b', { priority: 9, nextAt: 20 }));
    await store.insert(made('d', { state: 'settled', resolvedAt: 7 }));
    await store.insert(made('e', { queue: 'other' }));
    const ids = async (query: Partial<Parameters<ReviewStore['list']>[0]>): Promise<readonly string[]> =>
      (await store.list({ queue: 'q', states: ['waiting'], limit: 10, ...query })).map(({ id }) => id);
    expect(await ids({})).toEqual(['b', 'a', 'c']);
    expect(await ids({ limit: 2, skip: 1 })).toEqual(['a', 'c']);
    expect(await ids({ nextBefore: 10 })).toEqual(['a']);
    expect(await ids({ nextBefore: 9 })).toEqual([]);
    expect(await ids({ states: ['settled', 'withdrawn'] })).toEqual(['d']);
    expect(await store.count('q')).toEqual({ waiting: 3, settled: 1 });
    expect(await store.count('nothing')).toEqual({});
  });

  it('forgets what ended long ago, and erases by decision', async () => {
    const store = place()();
    await store.insert(made('a', { state: 'settled', resolvedAt: 7 }));
    await store.insert(made('b', { state: 'withdrawn', resolvedAt: 9 }));
    await store.insert(made('c', { state: 'resolved', resolvedAt: 5 }));
    await store.insert(made('d'));
    expect(await store.forget('q', 8)).toBe(1);
    expect(await store.erase('q', ['b', 'd', 'e'])).toBe(2);
    expect(await store.erase('q', [])).toBe(0);
    expect(await store.count('q')).toEqual({ resolved: 1 });
  });

  it.each(['', "'; drop table x; --", 'ä\0\ud800', 'x'.repeat(9000)])('ids of any form are kept apart: %j', async (id) => {
    const store = place()();
    await store.insert(made(id, { decisionId: id }));
    await store.insert(made(`${id}2`));
    expect((await store.read('q', id))?.version).toBe(1);
    expect(await store.erase('q', [id])).toBe(1);
    expect(await store.count('q')).toEqual({ waiting: 1 });
  });
}

describe('memory', () => {
  storeCases(memoryPlace);
});
describe('SQLite', () => {
  storeCases(sqlitePlace);
});
describe.skipIf(!withPostgres)('PostgreSQL', () => {
  storeCases(postgresPlace);
});

it('options that make no sense are refused, and a password is not repeated', () => {
  expect(() => sqliteReviews({ file: ':memory:' })).toThrow('file');
  expect(() => postgresReviews({})).toThrow('pool');
  expect(() => postgresReviews({ connectionString: 7 as never })).toThrow('connectionString');
  expect(postgresReviewsSql({ schema: 'app' })).toContain('"app"."review_cases"');
});

it.skipIf(!withPostgres)(
  'eight reviewers, some of them killed: each case has two people’s answers, nobody answers twice, nothing is lost',
  async () => {
    const connectionString = server?.url ?? '';
    const schema = `reviews_${schemas++}`;
    const store = opened(postgresReviews({ connectionString, schema }));
    const queue = reviewQueue(createUnderstudy(), { name: 'claims', reviewers: 2, pollMs: 50, leaseMs: 500, store });
    const CASES = 60;
    for (let index = 0; index < CASES; index++)
      await queue.request({
        model: 'claims',
        decisionId: `d${index}`,
        input: { index },
        output: { pay: true },
        why: 'random',
        probability: 0.5,
      });

    const program = fileURLToPath(new URL('../../tests/support/reviewer.ts', import.meta.url));
    const said: { readonly case: string; readonly by: string }[] = [];
    const begin = (name: string): ChildProcess => {
      const child = spawn(
        process.execPath,
        ['--conditions=@understudy/source', '--no-warnings', program, connectionString, schema, name],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        const lines = (text + String(chunk)).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) said.push(JSON.parse(line) as (typeof said)[number]);
      });
      return child;
    };
    const names = Array.from({ length: 8 }, (_, index) => `r${index}`);
    const children = names.map(begin);
    const exits = children.map((child) => once(child, 'exit'));
    // Three are killed once some work is done; two of them come back.
    for (const victim of [0, 1, 2]) {
      const before = said.length;
      while (said.length < before + 4 && (await queue.status()).waiting > 0) await new Promise((done) => setTimeout(done, 20));
      children[victim]?.kill('SIGKILL');
      if (victim > 0) exits.push(once(begin(`r${victim}`), 'exit'));
    }
    await Promise.all(exits);

    const ended = await queue.list({ states: ['resolved', 'settled'], limit: 1000 });
    expect(ended).toHaveLength(CASES);
    expect(await queue.status()).toMatchObject({ waiting: 0, resolved: CASES, agreement: { agreement: 1 } });
    for (const { answers, decisionId, result } of ended) {
      const by = answers.map((answer) => answer.by);
      expect([by.length, new Set(by).size]).toEqual([2, 2]);
      expect(result?.agrees).toBe(Number(decisionId.slice(1)) % 3 !== 0);
    }
    // Whoever was told that an answer was taken finds it there.
    for (const { case: id, by } of said)
      expect(ended.find((one) => one.decisionId === id)?.answers.map((answer) => answer.by)).toContain(by);
    await queue.close();
  },
  300_000,
);
