import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { allowFields, createUnderstudy, type DecisionEvent, type UnderstudyEvent } from '@understudy/core';
import { sinkConformanceCases } from '@understudy/core/testing';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  sampleControl,
  sampleDecision,
  sampleOutcome,
  sampleRescue,
  sampleShadow,
} from '../../../core/tests/support/sample-events.ts';
import { postgresServer, withPostgres } from '../../../../tests/servers/postgres-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';
import { postgresDecisions, postgresDecisionsSql, postgresStore } from '../postgres.ts';
import { sqliteDecisions, sqliteStore } from '../sqlite.ts';
import type { DecisionStore, DecisionStoreOptions } from './decision-store.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
const opened = <T extends { close(): unknown }>(store: T): T => {
  ends.push(() => store.close());
  return store;
};
const { signal } = new AbortController();
const ids = ({ items }: { readonly items: readonly UnderstudyEvent[] }): readonly string[] => items.map(({ id }) => id);

/** A database of a test's own: `open` gives another handle on it, `raw` asks it in SQL. */
interface Place {
  open(options?: DecisionStoreOptions): DecisionStore;
  raw(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

function sqlitePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-decisions-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'decisions.db');
  return {
    open: (options = {}) => opened(sqliteDecisions({ file, ...options })),
    raw: async (sql) => {
      const database = new DatabaseSync(file);
      try {
        return database.prepare(sql.replaceAll('understudy.', 'understudy_')).all();
      } finally {
        database.close();
      }
    },
  };
}

let server: TestServer | undefined;
let schemas = 0;
function postgresPlace(): Place {
  const connectionString = server?.url ?? '';
  const schema = `place_${schemas++}`;
  return {
    open: (options = {}) => opened(postgresDecisions({ connectionString, schema, ...options })),
    raw: async (sql) => {
      const pool = new Pool({ connectionString, max: 1 });
      try {
        return (await pool.query<Record<string, unknown>>(sql.replaceAll('understudy.', `${schema}.`))).rows;
      } finally {
        await pool.end();
      }
    },
  };
}
beforeAll(async () => {
  if (!withPostgres) return;
  server = await postgresServer();
  await server.start();
}, 300_000);
afterAll(() => server?.stop());

const HOUR = 3_600_000;

describe.each<[string, () => Place, boolean]>([
  ['sqliteDecisions', sqlitePlace, true],
  ['postgresDecisions', postgresPlace, withPostgres],
])('%s', (_name, placeOf, runs) => {
  describe.runIf(runs)('as a sink', () => {
    it.each(sinkConformanceCases)('$title', async ({ run }) => {
      const open = (content: boolean) => {
        const place = placeOf();
        const sink = place.open({ content, segments: content ? ['tenant', 'input.text'] : ['tenant'] });
        const rows = async () => [
          ...(await place.raw('select * from understudy.decision_log').catch(() => [])),
          ...(await place.raw('select * from understudy.event_log').catch(() => [])),
          ...(await place.raw('select label from understudy.decision_segments').catch(() => [])),
        ];
        return {
          sink,
          dropsRepeats: true,
          arrived: async () => JSON.stringify(await rows()),
          ids: async () => {
            const found = (await rows()).flatMap(({ body }) => (body === undefined ? [] : [body]));
            const events = found.map((body) => (typeof body === 'string' ? JSON.parse(body) : body) as UnderstudyEvent);
            return events.toSorted((a, b) => a.at - b.at).map(({ id }) => id);
          },
        };
      };
      await expect(run({ open })).resolves.toBeUndefined();
    });
  });

  describe.runIf(runs)('questions', () => {
    it('a decision comes with what became known of it', async () => {
      const store = placeOf().open();
      const decision = sampleRescue();
      const outcome = sampleOutcome({ decisionId: decision.id });
      const comparison = sampleShadow({ decisionId: decision.id });
      await store.write([decision, sampleOutcome({ decisionId: 'other' }), comparison, outcome], { signal });
      expect(await store.decision(decision.id)).toEqual({ decision, outcomes: [outcome], comparisons: [comparison] });
      expect(await store.decision('nobody')).toBeUndefined();
    });

    it('decisions by model, window, outcome, tier and variant, the newest first', async () => {
      const store = placeOf().open();
      const decisions: DecisionEvent[] = [
        sampleDecision(),
        sampleDecision({ model: 'risk' }),
        sampleDecision({ servedBy: 'v2', assigned: 'v2' }),
        sampleRescue(),
        sampleDecision({ outcome: 'failed', tier: 'none', servedBy: '', version: '' }),
        sampleDecision({ tier: 'cache', unitHash: '00000000ff' }),
      ];
      await store.write([sampleControl(), ...decisions], { signal });
      const numbers = async (query: Parameters<DecisionStore['decisions']>[0]): Promise<readonly number[]> =>
        (await store.decisions(query)).items.map(({ id }) => decisions.findIndex((one) => one.id === id));
      expect(await numbers({})).toEqual([5, 4, 3, 2, 1, 0]);
      expect(await numbers({ model: 'claims' })).toEqual([5, 4, 3, 2, 0]);
      expect(await numbers({ from: decisions[1]?.at ?? 0, to: decisions[4]?.at ?? 0 })).toEqual([3, 2, 1]);
      expect(await numbers({ outcome: 'failed' })).toEqual([4]);
      expect(await numbers({ outcome: 'served', model: 'risk' })).toEqual([1]);
      expect(await numbers({ tier: 'rules' })).toEqual([3]);
      expect(await numbers({ tier: 'model', servedBy: 'v2' })).toEqual([2]);
      expect(await numbers({ assigned: 'v1', tier: 'cache' })).toEqual([5]);
      expect(await numbers({ unit: '00000000ff' })).toEqual([5]);
      expect((await store.decisions({ limit: 1 })).items).toEqual([decisions[5]]);
    });

    it('segments: of tenants and of content, also several at once', async () => {
      const store = placeOf().open({ content: true, segments: ['tenant', 'input.region', 'output.deep.kind'] });
      const decision = (tenant: string, region: unknown, kind: string) =>
        sampleDecision({ tenant, input: { region }, output: { deep: { kind } } });
      const decisions = [
        decision('north', 'a', 'x'),
        decision('north', 'b', 'x'),
        decision('south', 'a', 'y'),
        decision('south', 7, '\0 \ud800'),
        sampleDecision({ input: { region: 'x'.repeat(5000) } }),
        sampleDecision({ output: { 'deep.kind': 'x' } }),
      ];
      await store.write(decisions, { signal });
      const numbers = async (segment: Record<string, string>, model?: string): Promise<readonly number[]> =>
        (await store.decisions({ segment, ...(model === undefined ? {} : { model }) })).items.map(({ id }) =>
          decisions.findIndex((one) => one.id === id),
        );
      expect(await numbers({ tenant: 'north' })).toEqual([1, 0]);
      expect(await numbers({ 'input.region': 'a' })).toEqual([2, 0]);
      expect(await numbers({ 'input.region': 'a', tenant: 'south' })).toEqual([2]);
      expect(await numbers({ 'input.region': '7', 'output.deep.kind': '\0 \ud800', tenant: 'south' })).toEqual([3]);
      expect(await numbers({ 'input.region': 'x'.repeat(5000) })).toEqual([4]);
      expect(await numbers({ 'input.region': 'x'.repeat(5001) })).toEqual([]);
      expect(await numbers({ 'output.deep.kind': 'x' }, 'claims')).toEqual([5, 1, 0]);
      expect(await numbers({ 'output.deep.kind': 'x' }, 'risk')).toEqual([]);
      await expect(store.decisions({ segment: { city: 'b' } })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('pages tell each once, also of the same moment and while others come', async () => {
      const store = placeOf().open({ segments: ['tenant'] });
      const decisions = Array.from({ length: 25 }, (_, index) =>
        sampleDecision({ at: 1000 + Math.floor(index / 10), tenant: 't' }),
      );
      await store.write(decisions, { signal });
      for (const query of [
        {},
        { model: 'claims' },
        { segment: { tenant: 't' } },
        { from: 0, to: 2000, tier: 'model' as const },
      ]) {
        const told: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.decisions({ ...query, limit: 4, ...(after === undefined ? {} : { after }) });
          told.push(...ids(page));
          after = page.next;
          await store.write([sampleDecision({ at: 5000, tenant: 't' })], { signal });
        } while (after !== undefined);
        const expected = decisions.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
        expect(told.filter((id) => expected.includes(id))).toEqual(expected);
        expect(new Set(told).size).toBe(told.length);
      }
    });

    it('other events by model, type and window', async () => {
      const store = placeOf().open();
      const events = [sampleControl(), sampleOutcome(), sampleControl({ model: 'risk' }), sampleShadow(), sampleControl()];
      await store.write([sampleDecision(), ...events], { signal });
      const numbers = async (query: Parameters<DecisionStore['events']>[0]): Promise<readonly number[]> =>
        (await store.events(query)).items.map(({ id }) => events.findIndex((one) => one.id === id));
      expect(await numbers({})).toEqual([4, 3, 2, 1, 0]);
      expect(await numbers({ types: ['control-changed'] })).toEqual([4, 2, 0]);
      expect(await numbers({ types: ['control-changed', 'outcome'], model: 'claims' })).toEqual([4, 1, 0]);
      expect(await numbers({ types: [] })).toEqual([]);
      expect(await numbers({ from: events[1]?.at ?? 0, to: events[3]?.at ?? 0 })).toEqual([2, 1]);
      const first = await store.events({ limit: 2 });
      expect(ids(await store.events({ limit: 10, after: first.next ?? '' }))).toEqual(
        events
          .slice(0, 3)
          .toReversed()
          .map(({ id }) => id),
      );
    });

    it.each<[string, object]>([
      ['a cursor that is none', { after: 'x' }],
      ['a cursor with a NUL', { after: Buffer.from('[1,"\\u0000"]').toString('base64url') }],
      ['a cursor of other things', { after: Buffer.from('[{},[]]').toString('base64url') }],
      ['a limit of none', { limit: 0 }],
      ['a limit that is too large', { limit: 1001 }],
      ['a name that it does not know', { modell: 'x' }],
      ['a time that is none', { from: Number.NaN }],
      ['an outcome that is none', { outcome: "'; drop table" }],
    ])('refuses %s', async (_what, query) => {
      const store = placeOf().open();
      await expect(store.decisions(query)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('ids, models and variants of any form are kept apart and found', async () => {
      const store = placeOf().open();
      const odd = [
        'a',
        'A',
        'a ',
        '\0',
        'a\0b',
        '\ud800',
        '\udc00',
        '\\ud800',
        '"',
        '%',
        '_',
        '😀',
        'á',
        'a\u0301',
        'x'.repeat(10_000),
        `${'x'.repeat(9_999)}y`,
        '__proto__',
        "'; drop table",
      ];
      const decisions = odd.map((text) => sampleDecision({ id: `id ${text}`, model: text, servedBy: text }));
      await store.write(decisions, { signal });
      for (const decision of decisions) {
        expect((await store.decision(decision.id))?.decision).toEqual(decision);
        expect(ids(await store.decisions({ model: decision.model, servedBy: decision.servedBy }))).toEqual([decision.id]);
      }
    });
  });

  describe.runIf(runs)('life', () => {
    it('a runtime tells it, and it tells what was decided', async () => {
      const store = placeOf().open({ content: true, segments: ['input.region'] });
      const understudy = createUnderstudy({ sinks: [store], redact: allowFields(['input.region']) });
      const model = understudy.defineModel(
        { name: 'm', input: z.object({ region: z.string(), secret: z.string() }), output: z.object({}) },
        { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
      );
      const { id } = await model.predict({ region: 'north', secret: 'x' }, { unit: 'u' });
      await model.recordOutcome(id, { feedback: { agree: true } });
      await understudy.flush();
      const [found] = (await store.decisions({ segment: { 'input.region': 'north' } })).items;
      expect(found).toMatchObject({ id, input: { region: 'north' } });
      expect(await store.decision(id)).toMatchObject({ outcomes: [{ agree: true }] });
      expect(await store.eraseUnit(found?.unitHash ?? '')).toBe(1);
      expect(await store.decision(id)).toBeUndefined();
      await understudy.close();
      await expect(store.decisions()).rejects.toMatchObject({ code: 'CLOSED' });
    });

    it('erases all of a unit, and nothing else', async () => {
      const place = placeOf();
      const store = place.open({ segments: ['tenant'] });
      const mine = Array.from({ length: 2500 }, () => sampleDecision({ unitHash: 'aaaaaaaaaa', tenant: 't' }));
      const others = Array.from({ length: 10 }, () => sampleDecision({ unitHash: '0000000000', tenant: 't' }));
      const about = [mine[0], others[0]].map((one) => sampleOutcome({ decisionId: one?.id ?? '' }));
      await store.write([...mine, ...others, ...about], { signal });
      expect(await store.eraseUnit('aaaaaaaaaa')).toBe(2500);
      expect(await store.eraseUnit('aaaaaaaaaa')).toBe(0);
      expect((await store.decisions({ limit: 1000 })).items).toHaveLength(10);
      expect((await store.events()).items).toEqual([about[1]]);
      expect(await place.raw('select count(*) as n from understudy.decision_segments')).toEqual([
        { n: expect.toSatisfy((n) => Number(n) === 10) },
      ]);
      await expect(store.eraseUnit('0000000000')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('erases units of any form, and refuses what is no id', async () => {
      const store = placeOf().open();
      const units = ['u\0x', 'u\uD800', "u' or 1=1", `u${'x'.repeat(3000)}`, 'u\n', 'u%', '😀'.repeat(400)];
      const decisions = units.map((unitHash) => sampleDecision({ unitHash }));
      await store.write(decisions, { signal });
      for (const unit of units) expect([unit, await store.eraseUnit(unit)]).toEqual([unit, 1]);
      expect((await store.decisions()).items).toEqual([]);
      for (const odd of [undefined, null, 7, {}, []]) {
        await expect(store.decision(odd as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
        await expect(store.eraseUnit(odd as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      }
    });

    it('keeps what is new enough, and so many decisions, with what is known of them', async () => {
      const place = placeOf();
      const now = Date.now();
      const decisions = Array.from({ length: 1200 }, (_, index) => sampleDecision({ at: now - index * 1000, tenant: 't' }));
      const about = decisions.map(({ id, at }) => sampleOutcome({ decisionId: id, at: at + 1 }));
      const commands = [0, 2 * HOUR].map((age) => sampleControl({ at: now - age }));
      const store = place.open({ segments: ['tenant'], maxRows: 100, retainMs: HOUR });
      await store.write([...decisions, ...about, ...commands], { signal });
      await Promise.all([store.sweep(), place.open({ maxRows: 100 }).sweep()]);
      await store.sweep();
      const left = await store.decisions({ segment: { tenant: 't' }, limit: 1000 });
      expect(ids(left)).toEqual(decisions.slice(0, 100).map(({ id }) => id));
      expect(ids(await store.events({ types: ['control-changed'] }))).toEqual([commands[0]?.id]);
      expect((await store.events({ types: ['outcome'], limit: 1000 })).items).toHaveLength(100);
      const aged = place.open({ retainMs: 50_000 });
      await aged.sweep();
      expect((await aged.decisions({ limit: 1000 })).items.length).toBeLessThan(60);
      expect(await place.raw('select count(*) as n from understudy.decision_segments')).toEqual([
        { n: expect.toSatisfy((n) => Number(n) < 60) },
      ]);
    });

    it('many processes make the tables at once', async () => {
      const place = placeOf();
      await Promise.all(Array.from({ length: 8 }, async () => place.open().write([sampleDecision()], { signal })));
      expect((await place.open().decisions()).items).toHaveLength(8);
    });

    it('tables of a release that is too new are refused; those that only have more are used', async () => {
      const place = placeOf();
      await place.open().write([sampleDecision()], { signal });
      await place.raw('update understudy.decision_schema set version = 9');
      await place.raw("alter table understudy.decision_log add column more text default 'x'");
      await place.open().write([sampleDecision()], { signal });
      expect((await place.open().decisions()).items).toHaveLength(2);
      await place.raw('update understudy.decision_schema set oldest = 9');
      const old = place.open();
      const refusal = { code: 'CONFIGURATION_INVALID', details: { version: 9, oldest: 9, supported: 1 } };
      await expect(old.decisions()).rejects.toMatchObject(refusal);
      await expect(old.write([sampleDecision()], { signal })).rejects.toMatchObject(refusal);
      await place.raw('update understudy.decision_schema set oldest = 1');
      expect((await old.decisions()).items).toHaveLength(2);
    });
  });
});

describe.runIf(withPostgres)('postgresDecisions alone', () => {
  it('without migrate it makes nothing; the exported SQL does, beside the tables of postgresStore', async () => {
    const connectionString = server?.url ?? '';
    const pool = new Pool({ connectionString });
    ends.push(() => pool.end());
    const names = { schema: 'mine', tablePrefix: 'app_' };
    const store = opened(postgresDecisions({ pool, migrate: false, ...names }));
    await expect(store.decisions()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('app_decision_schema'),
    });
    await expect(store.write([sampleDecision()], { signal })).rejects.toMatchObject({ code: 'SINK_FAILED', retryable: true });
    for (let time = 0; time < 2; time++) await pool.query(postgresDecisionsSql(names));
    await opened(postgresStore({ pool, ...names })).read('k');
    await store.write([sampleDecision()], { signal });
    expect((await store.decisions()).items).toHaveLength(1);
  });

  it('a row that the database refuses costs no other', async () => {
    const place = postgresPlace();
    const store = place.open();
    await store.write([sampleDecision()], { signal });
    await place.raw("alter table understudy.decision_log add constraint no_bad check (model <> 'bad')");
    const events = Array.from({ length: 20 }, (_, index) => sampleDecision(index % 7 === 3 ? { model: 'bad' } : {}));
    const bad = events.filter(({ model }) => model === 'bad').map(({ id }) => id);
    await expect(store.write(events, { signal })).rejects.toMatchObject({ code: 'SINK_FAILED', details: { refused: bad } });
    expect((await store.decisions()).items).toHaveLength(1 + 20 - bad.length);
  });

  it(
    'a server that dies and comes back loses nothing that is behind a queue, and keeps one of each',
    { timeout: 300_000 },
    async () => {
      const dying = await postgresServer();
      ends.push(() => dying.stop());
      await dying.start();
      const store = postgresDecisions({ connectionString: dying.url, timeoutMs: 2000 });
      const understudy = createUnderstudy({ sinks: [store], sinkQueue: { attempts: 100, backoffMs: 50, batchSize: 50 } });
      const model = understudy.defineModel(
        { name: 'm', input: z.object({}), output: z.object({}) },
        { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
      );
      const made: string[] = [];
      const predict = async (count: number): Promise<void> => {
        for (let index = 0; index < count; index++) made.push((await model.predict({})).id);
      };
      await predict(300);
      await dying.kill();
      await predict(300);
      await new Promise((done) => setTimeout(done, 300));
      await dying.start();
      await predict(300);
      await understudy.flush({ timeoutMs: 60_000 });
      expect(understudy.status().sinks).toMatchObject([{ delivered: 900, lost: {} }]);
      expect((await store.decisions({ limit: 1000 })).items).toHaveLength(900);
      await understudy.close();
    },
  );

  it('a password is in no error', async () => {
    const store = opened(postgresDecisions({ connectionString: 'postgres://someone:hunter2@127.0.0.1:1/none', timeoutMs: 500 }));
    const error: unknown = await Promise.resolve(store.write([sampleDecision()], { signal })).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ code: 'SINK_FAILED', retryable: true });
    expect(JSON.stringify([error, (error as Error).cause, String((error as Error).stack)])).not.toContain('hunter2');
  });
});

it('sqliteDecisions shares its file with sqliteStore', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-decisions-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'all.db');
  const [state, store] = [opened(sqliteStore({ file })), opened(sqliteDecisions({ file }))];
  expect(await state.compareAndSet('k', 0, 1)).toBe(1);
  await store.write([sampleDecision({ at: Date.now() - HOUR })], { signal });
  expect(await state.compareAndSet('k', 1, 2)).toBe(2);
});
