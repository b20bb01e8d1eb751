import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allowFields,
  createUnderstudy,
  type DecisionEvent,
  memoryStore,
  type Sink,
  type UnderstudyEvent,
} from '@understudy/core';
import { unitHashOf } from '@understudy/core/assignment';
import { liveMetric, overrides } from '@understudy/core/monitors';
import { reviewQueue, reviewSample } from '@understudy/core/review';
import { seededRandom, VirtualClock } from '@understudy/core/testing';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { postgresServer, withPostgres } from '../../../../tests/servers/postgres-server.ts';
import { redisServer, withRedis } from '../../../../tests/servers/redis-server.ts';
import { dashboard } from '../dashboard.ts';
import { fileSink } from '../file.ts';
import { spooled } from '../sinks/spooled.ts';
import { fileSubjectKeys, generateLedgerKey, ledger, verifyLedger } from '../ledger.ts';
import { postgresDecisions, postgresReviews } from '../postgres.ts';
import { redisStore } from '../redis.ts';
import { sqliteDecisions, sqliteReviews, sqliteStore } from '../sqlite.ts';
import {
  cachePlace,
  dashboardPlace,
  decisionPlace,
  eraseSubject,
  filePlace,
  ledgerPlace,
  pseudonyms,
  reviewPlace,
  statePlace,
  subjectAccess,
  type SubjectPlace,
} from '../privacy.ts';

const contract = {
  name: 'claims',
  input: z.object({ customer: z.string(), amount: z.number() }),
  output: z.object({ letter: z.string() }),
  target: { kind: 'label', field: 'letter' },
} as const;
const BY = { by: 'privacy@example.com', reason: 'asked on 3 March' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-privacy-'));
});
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  rmSync(folder, { recursive: true, force: true });
});

/** Every byte below a folder, as text of each byte. */
const bytesOf = (path: string): string =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
    .join('\n');

/** A sink that is away: what it would get waits in its spool. */
const away: Sink<UnderstudyEvent> = {
  name: 'away',
  content: true,
  write: () => Promise.reject(new Error('away')),
};

/** A model whose decisions go everywhere. */
async function everywhere(servers: { readonly postgres?: string; readonly redis?: string } = {}) {
  const names = pseudonyms({ keys: [{ epoch: 'e1', key: 'take 32 random bytes from your secret store' }] });
  const { privateKey, verifierKey } = generateLedgerKey('example.com/claims/eu-1');
  const directory = join(folder, 'ledger');
  const keys = fileSubjectKeys({ path: join(folder, 'keys', 'subjects') });
  const records = ledger({
    directory,
    key: privateKey,
    content: true,
    personal: {
      fields: ['unitHash', 'tenant', 'input.customer', 'output.letter', 'reason'],
      subject: (event) => (event.type === 'decision' ? event.unitHash : undefined),
      keys,
    },
  });
  const decisions =
    servers.postgres === undefined
      ? sqliteDecisions({ file: join(folder, 'decisions.db'), content: true, segments: ['input.customer'] })
      : postgresDecisions({ connectionString: servers.postgres, content: true, segments: ['input.customer'] });
  const state =
    servers.redis === undefined ? sqliteStore({ file: join(folder, 'state.db') }) : redisStore({ url: servers.redis });
  const reviews =
    servers.postgres === undefined
      ? sqliteReviews({ file: join(folder, 'reviews.db') })
      : postgresReviews({ connectionString: servers.postgres });
  const lines = fileSink({ path: join(folder, 'events.ndjson'), content: true, maxBytes: 20_000, maxFiles: 9 });
  const spool = spooled(away, { directory: join(folder, 'spool') });
  const understudy = createUnderstudy({
    sinks: [decisions, records, lines],
    store: state,
    redact: allowFields(['input.customer', 'output.letter']),
    pseudonyms: names,
    random: seededRandom(3),
    refreshMs: 50,
  });
  const ops = dashboard(understudy, { open: 'read-only', content: true });
  const queue = reviewQueue(understudy, { name: 'letters', store: reviews });
  const model = understudy.defineModel(contract, {
    variants: { v1: { predictor: ({ customer }) => ({ letter: `Dear ${customer}` }), version: '1' } },
    champion: 'v1',
    monitors: [reviewSample({ queue, random: 0.5 }), overrides(), liveMetric({ metric: 'accuracy', breachBelow: 0.1 })],
    outcomes: { sharing: true },
  });
  ends.push(async () => {
    await queue.close();
    await understudy.close();
    await decisions.close();
    await reviews.close?.();
    await spool.close?.();
    await state.close?.();
  });
  const places: SubjectPlace[] = [
    decisionPlace(decisions),
    filePlace(lines),
    filePlace(spool),
    reviewPlace(queue),
    ledgerPlace(records, { directory, subjectKeys: keys }),
    statePlace(state, { models: ['claims'] }),
    dashboardPlace(ops),
  ];
  const write = async (who: string, count: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) {
      const { id } = await model.predict({ customer: who, amount: at }, { unit: who, tenant: who });
      ids.push(id);
      if (at % 3 === 0)
        await model.recordOutcome(id, { override: { output: { letter: `No, ${who}` }, by: 'rita', reason: `asked ${who}` } });
    }
    return ids;
  };
  return { understudy, model, queue, places, write, names, directory, verifierKey, spool, decisions, records, ops };
}

const erase = (who: string, { places, names }: Pick<Awaited<ReturnType<typeof everywhere>>, 'places' | 'names'>) =>
  eraseSubject({ subject: who, from: places, pseudonyms: names, ...BY });

describe('erasure', () => {
  it('leaves no byte of a subject in any file, all of others, and a ledger that verifies', async () => {
    const all = await everywhere();
    const [gone, stays] = [`gone-${randomUUID()}`, `stays-${randomUUID()}`];
    const ids = await all.write(gone, 40);
    await all.write(stays, 40);
    await all.understudy.flush();
    // An audit event that waits for a sink that is away.
    const [decision] = (await all.decisions.decisions({ unit: all.names.all(gone)[0] ?? '', limit: 1 })).items;
    const audit = {
      v: 1,
      type: 'outcome',
      id: 'o1',
      at: 1,
      model: 'claims',
      decisionId: ids[0],
      kind: 'override',
      result: 'counted',
      reason: `about ${gone}`,
    };
    await Promise.resolve(all.spool.write([audit as unknown as UnderstudyEvent], { signal: new AbortController().signal })).catch(
      () => undefined,
    );
    expect(decision).toMatchObject({ input: { customer: gone } } satisfies Partial<DecisionEvent>);
    const before = bytesOf(folder);
    expect([before.includes(gone), before.includes(ids[0] ?? 'x')]).toEqual([true, true]);

    const found: string[] = [];
    for await (const one of subjectAccess({ subject: gone, from: all.places, pseudonyms: all.names })) {
      if ('problem' in one) throw new Error(`${one.place}: ${one.problem}`);
      found.push(one.place);
    }
    expect(new Set(found)).toEqual(new Set(all.places.map(({ name }) => name)));

    const report = await erase(gone, all);
    expect(report.places.filter(({ left, problem }) => left !== 0 || problem !== undefined)).toEqual([]);
    expect(report.isComplete).toBe(true);
    expect(report.places.every(({ erased }) => erased > 0)).toBe(true);
    await all.understudy.flush();
    const after = bytesOf(folder);
    expect(after.includes(gone)).toBe(false);
    for (const name of all.names.all(gone)) expect(after.includes(name)).toBe(false);
    expect(after.includes(stays)).toBe(true);
    const page = async (path: string): Promise<string> => (await all.ops(new Request(`http://localhost/api/${path}`))).text();
    const shown = await Promise.all(['decisions?model=claims', 'events', 'status'].map(page));
    expect(shown.join('\n')).toContain(stays);
    for (const name of [gone, ...all.names.all(gone)]) expect(shown.join('\n')).not.toContain(name);
    for await (const one of subjectAccess({ subject: gone, from: all.places, pseudonyms: all.names }))
      throw new Error(JSON.stringify(one));
    expect(await erase(gone, all)).toMatchObject({ isComplete: true, places: all.places.map(() => ({ erased: 0, left: 0 })) });
    expect(await verifyLedger({ directory: all.directory, keys: [all.verifierKey] })).toMatchObject({ ok: true });
    // Life goes on.
    await all.write(stays, 5);
    await all.understudy.flush();
    expect((await all.decisions.decisions({ unit: all.names.all(stays)[0] ?? '', limit: 100 })).items).toHaveLength(45);
  });

  it('goes on after a crash between any two places, in whatever order they are given', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const all = await everywhere();
      const random = seededRandom(seed);
      const who = `who-${randomUUID()}`;
      await all.write(who, 12);
      await all.understudy.flush();
      let budget = Math.floor(random() * all.places.length);
      const crashing = all.places
        .map((place): SubjectPlace => ({
          ...place,
          erase: async (...given) => {
            if (budget-- <= 0) throw new Error('crashed');
            return place.erase(...given);
          },
        }))
        .toSorted(() => random() - 0.5);
      const first = await erase(who, { places: crashing, names: all.names });
      expect(first.isComplete).toBe(false);
      expect(await erase(who, all)).toMatchObject({ isComplete: true });
      expect(bytesOf(folder).includes(who)).toBe(false);
      for (const end of ends.splice(0).toReversed()) await end();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('of a subject whose calls go on tells what came meanwhile, and ends when they do', async () => {
    const all = await everywhere();
    const who = `who-${randomUUID()}`;
    await all.write(who, 5);
    await all.understudy.flush();
    const [report] = await Promise.all([erase(who, all), all.write(who, 20)]);
    expect(report.places.length).toBe(all.places.length);
    await all.understudy.flush();
    expect(await erase(who, all)).toMatchObject({ isComplete: true });
    expect(bytesOf(folder).includes(who)).toBe(false);
  });
});

describe('a place', () => {
  const fine = (name: string, records: readonly object[] = []): SubjectPlace & { readonly kept: object[] } => {
    const kept = [...records];
    return { name, kept, find: () => [...kept], erase: async () => kept.splice(0).length };
  };

  it('that throws, never answers, lies or gives nonsense is named, and stops no other', async () => {
    const clock = new VirtualClock();
    const hostile: Record<string, Partial<SubjectPlace>> = {
      throws: {
        erase: () => {
          throw new Error('no disk');
        },
      },
      rejects: { erase: () => Promise.reject(new Error('away')) },
      silent: { erase: () => new Promise(() => undefined) },
      lies: { erase: async () => 100, find: () => [{}] },
      nonsense: { find: () => 7 as never },
      'no-records': { find: () => [5] as never },
      'cannot-find': {
        find: () => {
          throw new Error('no index');
        },
      },
    };
    const places = [...Object.entries(hostile).map(([name, parts]) => Object.assign(fine(name), parts)), fine('fine', [{}, {}])];
    const running = eraseSubject({ subject: 'ana', from: places, ...BY, clock, timeoutMs: 1000 });
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((done) => setImmediate(done));
      await clock.advance(100);
    }
    const report = await running;
    expect(Object.fromEntries(report.places.map(({ place, left, problem }) => [place, problem ?? left]))).toEqual({
      throws: expect.stringContaining('no disk') as string,
      rejects: expect.stringContaining('away') as string,
      silent: expect.stringContaining('did not answer within 1000 ms') as string,
      lies: 1,
      nonsense: expect.any(String) as string,
      'no-records': expect.stringContaining('no record') as string,
      'cannot-find': expect.stringContaining('no index') as string,
      fine: 0,
    });
    expect(report.isComplete).toBe(false);
  });

  it('that knows decisions waits for the others, and is not erased where another such place is away', async () => {
    const kept = { decisionId: 'd1' };
    const known: SubjectPlace = { ...fine('decisions', [kept]), knowsDecisions: true };
    const failing: SubjectPlace = { ...fine('reviews', [{}]), erase: () => Promise.reject(new Error('away')) };
    expect(await eraseSubject({ subject: 'ana', from: [known, failing], ...BY })).toMatchObject({
      isComplete: false,
      places: [
        { place: 'decisions', erased: 0, problem: expect.stringContaining('reviews') as string },
        { place: 'reviews', left: null },
      ],
    });
    const gone: SubjectPlace = {
      ...fine('other'),
      knowsDecisions: true,
      find: () => {
        throw new Error('away');
      },
    };
    expect(await eraseSubject({ subject: 'ana', from: [known, gone], ...BY })).toMatchObject({
      places: [
        { erased: 0, problem: expect.stringContaining('other') as string },
        { problem: expect.stringContaining('away') as string },
      ],
    });
    expect(await eraseSubject({ subject: 'ana', from: [known], ...BY })).toMatchObject({
      isComplete: true,
      places: [{ erased: 1 }],
    });
  });

  it('that knows decisions is asked again: cases of a decision that came meanwhile go before its id does', async () => {
    const decisions = [{ decisionId: 'd1' }];
    const cases = [{ decisionId: 'd1' }, { decisionId: 'd2' }];
    const known: SubjectPlace = {
      ...fine('decisions'),
      knowsDecisions: true,
      find: () => [...decisions],
      erase: async () => decisions.splice(0).length,
    };
    const reviews: SubjectPlace = {
      name: 'reviews',
      find: ({ decisionIds }) => cases.filter(({ decisionId }) => decisionIds.has(decisionId)),
      erase: async ({ decisionIds }) => {
        const left = cases.filter(({ decisionId }) => !decisionIds.has(decisionId));
        // A call that was in flight.
        if (decisions.length === 1) decisions.push({ decisionId: 'd2' });
        return cases.splice(0, Infinity, ...left).length - left.length;
      },
    };
    expect(await eraseSubject({ subject: 'ana', from: [known, reviews], ...BY })).toMatchObject({
      isComplete: true,
      places: [{ erased: 2 }, { place: 'reviews', erased: 2, left: 0 }],
    });
    expect([decisions, cases]).toEqual([[], []]);
  });

  it('finds the subject by its pseudonyms and its hash, and of its own by what the application names it', async () => {
    const asked: unknown[] = [];
    const place: SubjectPlace = { ...fine('own'), find: ({ id, names }) => (asked.push([id, ...names]), []) };
    const names = pseudonyms({ keys: [{ epoch: 'e1', key: 'take 32 random bytes from your secret store' }] });
    await eraseSubject({ subject: 'ana', from: [place], pseudonyms: names, ...BY });
    expect(asked[0]).toEqual(['ana', ...names.all('ana'), unitHashOf('ana')]);
  });

  it('of a file has damaged lines, too: they are found by the names in them, and retention keeps none', async () => {
    const lines = [
      '{"type":"decision","id":"d1","unitHash":"ana","inp',
      '{"type":"decision","id":"d2","unitHash":"bob","inp',
      '{"at":5}',
    ];
    const sink = {
      name: 'lines',
      lines: async function* () {
        for (const line of lines) yield await Promise.resolve(line);
      },
      drop: async (isDropped: (line: string) => boolean) => {
        const left = lines.filter((line) => !isDropped(line));
        return lines.splice(0, Infinity, ...left).length - left.length;
      },
    };
    const place = filePlace(sink);
    expect(await eraseSubject({ subject: 'ana', from: [place], ...BY })).toMatchObject({ places: [{ erased: 1, left: 0 }] });
    expect(lines.length).toBe(2);
    expect(await place.eraseBefore?.(4)).toBe(1);
    expect(lines).toEqual(['{"at":5}']);
  });

  it('of cached answers is emptied', async () => {
    const answers = new Map([['a', '1']]);
    expect(await eraseSubject({ subject: 'ana', from: [cachePlace(answers)], ...BY })).toMatchObject({ isComplete: true });
    expect(answers.size).toBe(0);
  });

  it('or option that is wrong is refused with its name', async () => {
    await expect(eraseSubject({ subject: '', from: [{}] as never, ...BY, by: 3 as never })).rejects.toThrow(
      /subject[^]*from\[0\][^]*by/,
    );
    await expect(eraseSubject({ subject: 'a', from: [fine('x'), fine('x')], ...BY })).rejects.toThrow('two named x');
    await expect(eraseSubject({ subject: 'a', from: [], ...BY })).rejects.toThrow('at least one place');
    const pseudonymsThatFail = {
      all: () => {
        throw new Error('no key');
      },
    };
    await expect(eraseSubject({ subject: 'a', from: [fine('x')], pseudonyms: pseudonymsThatFail, ...BY })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
    for (const make of [decisionPlace, reviewPlace, filePlace, cachePlace, dashboardPlace])
      expect(() => make({} as never)).toThrow('expected');
    expect(() => statePlace(memoryStore(), { models: 'claims' as never })).toThrow('models');
    expect(() => ledgerPlace({} as never, { directory: 'x' })).toThrow('ledger');
  });
});

describe.skipIf(!withPostgres || !withRedis)('on PostgreSQL and Redis', () => {
  it('no row and no key holds a subject after its erasure', { timeout: 280_000 }, async () => {
    const [postgres, redis] = await Promise.all([postgresServer(), redisServer()]);
    ends.push(
      () => postgres.stop(),
      () => redis.stop(),
    );
    await Promise.all([postgres.start(), redis.start()]);
    const all = await everywhere({ postgres: postgres.url, redis: redis.url });
    const [gone, stays] = [`gone-${randomUUID()}`, `stays-${randomUUID()}`];
    await all.write(gone, 30);
    await all.write(stays, 30);
    await all.understudy.flush();
    const pool = new Pool({ connectionString: postgres.url });
    const client = new Redis(redis.url);
    ends.push(
      () => pool.end(),
      () => client.quit(),
    );
    const dump = async (): Promise<string> => {
      const { rows } = await pool.query<{ readonly name: string }>(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
      );
      const parts = await Promise.all(
        rows.map(async ({ name }) => JSON.stringify((await pool.query(`select t::text from ${name} t`)).rows)),
      );
      const values = await Promise.all(
        (await client.keys('*')).map(async (key) => {
          const type = await client.type(key);
          if (type === 'string') return [key, await client.get(key)];
          if (type === 'hash') return [key, await client.hgetall(key)];
          return [key, type === 'set' ? await client.smembers(key) : type];
        }),
      );
      return [...parts, JSON.stringify(values)].join('\n');
    };
    expect((await dump()).includes(gone)).toBe(true);
    const report = await erase(gone, all);
    expect(report).toMatchObject({ isComplete: true });
    const after = await dump();
    expect([after.includes(gone), after.includes(stays)]).toEqual([false, true]);
    for (const name of all.names.all(gone)) expect(after.includes(name)).toBe(false);
    expect(bytesOf(folder).includes(gone)).toBe(false);
  });
});
