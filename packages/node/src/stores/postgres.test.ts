import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { StateStore } from '@understudy/core';
import { storeConformanceCases } from '@understudy/core/testing';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { postgresServer, withPostgres } from '../../../../tests/servers/postgres-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';
import { postgresStore, type PostgresStoreOptions } from './postgres.ts';
import { postgresTablesSql } from './postgres-tables.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});
function open(options: PostgresStoreOptions): StateStore & { close(): Promise<void> } {
  const store = postgresStore(options);
  opened.push(store);
  return store;
}
function newPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString });
  opened.push({ close: () => pool.end() });
  return pool;
}
const unavailable = { code: 'STORE_UNAVAILABLE', retryable: true, cause: expect.any(Error) };

describe.runIf(withPostgres)('postgresStore on a real server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await postgresServer();
    await server.start();
  }, 300_000);
  afterAll(() => server?.stop());

  describe('conformance, on a connection string', () => {
    it.each(storeConformanceCases)('$title', async ({ run }) => {
      await expect(run({ open: () => open({ connectionString: server.url }) })).resolves.toBeUndefined();
    });
  });

  describe('conformance, on a pool, in another schema', () => {
    it.each(storeConformanceCases)('$title', async ({ run }) => {
      const names = { schema: 'user', tablePrefix: 'table_' };
      await expect(run({ open: () => open({ pool: newPool(server.url), ...names }) })).resolves.toBeUndefined();
    });
  });

  it('many processes make the tables at once', async () => {
    const stores = Array.from({ length: 10 }, () => open({ connectionString: server.url, schema: 'at_once' }));
    const versions = await Promise.all(stores.map(async (store) => (await store.read('k')).version));
    expect(versions).toEqual(stores.map(() => 0));
  });

  it('without migrate it makes none; the exported SQL does, and may run again', async () => {
    const pool = newPool(server.url);
    const store = open({ pool, schema: 'mine', migrate: false });
    await expect(store.read('k')).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('mine.documents') });
    for (let time = 0; time < 2; time++) await pool.query(postgresTablesSql({ schema: 'mine' }));
    expect(await store.compareAndSet('k', 0, { a: 1 })).toBe(1);
  });

  it('a role that may only use the tables needs no right to make them', async () => {
    const pool = newPool(server.url);
    await pool.query(postgresTablesSql({ schema: 'shared' }));
    await pool.query(`create role app login; grant usage on schema shared to app;
      grant select, insert, update, delete on all tables in schema shared to app`);
    const store = open({ connectionString: server.url.replace('understudy@', 'app@'), schema: 'shared' });
    expect(await store.compareAndSet('k', 0, 1)).toBe(1);
  });

  it('makes the tables again where they were dropped', async () => {
    const pool = newPool(server.url);
    const store = open({ pool, schema: 'dropped' });
    await store.compareAndSet('k', 0, 1);
    await pool.query('drop schema dropped cascade');
    await expect(store.read('k')).rejects.toMatchObject(unavailable);
    expect(await store.read('k')).toEqual({ version: 0, value: undefined });
  });

  it('adds what a newer version needs to the tables that are there', async () => {
    const pool = newPool(server.url);
    await pool.query(postgresTablesSql({ schema: 'older' }));
    await pool.query('drop table older.decisions');
    const store = open({ pool, schema: 'older' });
    await store.remember?.('k', [{ id: 'a', value: '1' }], 60_000);
    expect(await store.recall?.('k', ['a'])).toEqual(['1']);
  });

  it.each(['documents', 'counters', 'claims', 'decisions'])(
    'F13 makes the table of %s again, whichever is missing',
    async (table) => {
      const pool = newPool(server.url);
      const schema = `lacks_${table}`;
      const store = open({ pool, schema });
      await store.read('k');
      await pool.query(`drop table ${schema}.${table}`);
      const use = async (): Promise<unknown> => {
        await store.compareAndSet('k', 0, 1);
        await store.mergeCounters('k', { instance: 'i', sequence: 1, counters: {} });
        await store.claim('k', ['ab']);
        return store.remember?.('k', [{ id: 'a', value: '1' }], 1000);
      };
      await expect(use()).rejects.toMatchObject(unavailable);
      await use();
      expect(await store.readCounters('k')).toHaveLength(1);
      // The same for a process that finds them so when it starts.
      await pool.query(`drop table ${schema}.${table}`);
      const fresh = open({ pool, schema });
      await fresh.read('k');
      expect(await fresh.claim('k', ['ab'])).toEqual([table === 'claims']);
    },
  );

  it('D4 a pool of one client serves calls beside a watch, which hears of changes', async () => {
    const pool = new Pool({ connectionString: server.url, max: 1 });
    opened.push({ close: () => pool.end() });
    const [store, other] = [open({ pool, schema: 'one' }), open({ connectionString: server.url, schema: 'one' })];
    const heard = { a: 0, b: 0 };
    store.watch?.('a', () => heard.a++);
    store.watch?.('b', () => heard.b++);
    for (let version = 0; version < 20; version++) expect(await store.compareAndSet('calls', version, 1)).toBe(version + 1);
    // The first look tells both.
    await expect.poll(() => [heard.a, heard.b], { timeout: 120_000 }).toEqual([1, 1]);
    await other.compareAndSet('a', 0, 1);
    await expect.poll(() => heard.a, { timeout: 120_000 }).toBe(2);
    expect(heard.b).toBe(1);
  });

  it('F9 the time is that of the server', async () => {
    const pool = newPool(server.url);
    const { rows } = await pool.query<{ now: Date }>('select now()');
    const now = await open({ pool, schema: 'clock' }).now?.();
    expect(Math.abs((now ?? 0) - Number(rows[0]?.now))).toBeLessThan(60_000);
  });

  it('F13 a process that closes nothing ends by itself when it has nothing else to do', { timeout: 300_000 }, async () => {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@understudy/source',
        '--no-warnings',
        '--input-type=module-typescript',
        '--eval',
        `import { postgresStore } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)};
        const store = postgresStore({ connectionString: ${JSON.stringify(server.url)}, schema: 'ends' });
        await new Promise((heard) => store.watch('k', heard));
        process.stdout.write(String(await store.compareAndSet('k', 0, 1)));`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let told = '';
    child.stdout.on('data', (text) => (told += String(text)));
    const [code] = await once(child, 'close');
    expect([code, told]).toEqual([0, '1']);
  });

  it('decisions are recalled for their time, by the clock of the server', async () => {
    const pool = newPool(server.url);
    const store = open({ pool, schema: 'expiry' });
    await store.remember?.('k', [{ id: 'short', value: '1' }], 20.5);
    await store.remember?.('k', [{ id: 'long', value: '2' }], 60_000);
    await expect.poll(() => store.recall?.('k', ['short', 'long'])).toEqual([undefined, '2']);
    const { rows } = await pool.query(
      `select extract(epoch from expires - now()) between 40 and 60 as right from expiry.decisions where id = 'long'`,
    );
    expect(rows).toEqual([{ right: true }]);
  });

  it('decisions that have expired are deleted now and then, some at a time, those that somebody holds later', async () => {
    const pool = newPool(server.url);
    const store = open({ pool, schema: 'sweeps' });
    await pool.query(postgresTablesSql({ schema: 'sweeps' }));
    await pool.query(`insert into sweeps.decisions
      select 'gone', n, '1', now() - n * interval '1 second' from generate_series(1, 5000) n`);
    const expired = async (): Promise<number> =>
      (await pool.query(`select 1 from sweeps.decisions where key = 'gone'`)).rows.length;
    const remember = async (count: number): Promise<void> =>
      store.remember?.(
        'k',
        Array.from({ length: count }, (_, index) => ({ id: `${index}`, value: '1' })),
        60_000,
      );
    await remember(1);
    expect(await expired()).toBe(5000 - 2002);
    await remember(999);
    expect(await expired()).toBe(5000 - 2002);
    const blocker = await pool.connect();
    await blocker.query(`begin; select 1 from sweeps.decisions where key = 'gone' order by expires limit 10 for update`);
    await remember(1000);
    await remember(1000);
    expect(await expired()).toBe(10);
    await blocker.query('rollback');
    blocker.release();
    await remember(1000);
    expect(await expired()).toBe(0);
    expect((await store.recall?.('k', ['0', '999']))?.join()).toBe('1,1');
  });

  it('a lock that somebody holds is waited for until the timeout', async () => {
    const pool = newPool(server.url);
    const store = open({ connectionString: server.url, timeoutMs: 300 });
    await store.compareAndSet('locked', 0, 1);
    const blocker = await pool.connect();
    await blocker.query('begin; lock table understudy.documents');
    await expect(store.read('locked')).rejects.toMatchObject(unavailable);
    await blocker.query('rollback');
    blocker.release();
    expect((await store.read('locked')).version).toBe(1);
  });

  it('many handles claim overlapping members in any order without a deadlock', async () => {
    const stores = Array.from({ length: 4 }, () => open({ connectionString: server.url, timeoutMs: 20_000 }));
    const members = Array.from({ length: 2000 }, (_, index) => index.toString(16));
    const answers = await Promise.all(
      stores.map((store, index) => store.claim('overlap', index % 2 ? members : members.toReversed())),
    );
    expect(answers.flat().filter(Boolean)).toHaveLength(2000);
  });

  it('close ends its own connections, and leaves the pool that was given', async () => {
    const pool = newPool(server.url);
    const store = postgresStore({ pool });
    store.watch?.('k', () => {});
    await store.read('k');
    await store.close();
    await expect(store.read('k')).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    const own = postgresStore({ connectionString: server.url });
    own.watch?.('k', () => {});
    await own.read('k');
    await own.close();
    const others = `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
    await expect.poll(async () => (await pool.query(others)).rows, { timeout: 120_000 }).toEqual([]);
  });

  it('a read ends with its signal', async () => {
    const store = open({ connectionString: server.url });
    const reason = new Error('the caller left');
    await expect(store.read('k', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe.runIf(withPostgres)('a PostgreSQL that dies', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await postgresServer();
  }, 300_000);
  afterAll(() => server?.stop());

  it('calls reject, then work again by themselves; a watch hears again', { timeout: 300_000 }, async () => {
    const own = open({ connectionString: server.url });
    const given = open({ pool: newPool(server.url) });
    const watched = { own: 0, given: 0 };
    own.watch?.('own', () => watched.own++);
    given.watch?.('given', () => watched.given++);
    // Never there yet.
    await expect(own.read('own')).rejects.toMatchObject(unavailable);
    await expect(given.read('given')).rejects.toMatchObject(unavailable);

    for (let round = 0; round < 2; round++) {
      await server.start();
      for (const [name, store] of [
        ['own', own],
        ['given', given],
      ] as const) {
        await expect.poll(() => store.read(name).catch(() => undefined), { timeout: 120_000 }).toHaveProperty('version');
        let { version } = await store.read(name);
        expect(await store.claim(name, ['ab'])).toEqual([round === 0]);
        const before = watched[name];
        await expect
          .poll(
            async () => {
              version = (await store.compareAndSet(name, version, round)) ?? version;
              return watched[name] - before;
            },
            { timeout: 120_000 },
          )
          .toBeGreaterThan(2);
      }
      const inFlight = [own, given].flatMap((store) => Array.from({ length: 20 }, () => store.claim('k', ['ef'])));
      const settled = Promise.allSettled(inFlight);
      await server.kill();
      for (const result of await settled) if (result.status === 'rejected') expect(result.reason).toMatchObject(unavailable);
      for (const store of [own, given]) {
        await expect(store.compareAndSet('k', 0, 1)).rejects.toMatchObject(unavailable);
        await expect(store.readCounters('k')).rejects.toMatchObject(unavailable);
        await expect(store.forget('k')).rejects.toMatchObject(unavailable);
        await expect(store.remember?.('k', [{ id: 'a', value: '1' }], 1000)).rejects.toMatchObject(unavailable);
        await expect(store.recall?.('k', ['a'])).rejects.toMatchObject(unavailable);
      }
    }
  });
});

describe('options', () => {
  it('are refused all at once; names cannot carry SQL', () => {
    expect(() => postgresStore({ schema: 'a"; drop table x; --', tablePrefix: 'A', timeoutMs: 0 })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: ['schema', 'tablePrefix', 'timeoutMs'].map((name) =>
            expect.objectContaining({ path: `postgresStore.${name}` }),
          ),
        },
      }),
    );
    expect(() => postgresTablesSql({ schema: "x';" })).toThrow('schema');
  });

  it('do no I/O, and a value without JSON is refused before any', async () => {
    const store = postgresStore({
      connectionString: 'postgres://127.0.0.1:1/x',
      lib: {
        Pool: function refuse() {
          throw new Error('connected');
        } as never,
      },
    });
    await expect(store.compareAndSet('k', 0, undefined)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(store.read('k')).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('connected') });
    await store.close();
  });
});
