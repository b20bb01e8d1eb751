import type { StateStore } from '@understudy/core';
import { flag, type Kind, kind, readOptions, withMethods } from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import { ExpirySweeps } from './expiry-sweeps.ts';
import { counterPart } from './counter-part.ts';
import { jsonText, textValue } from './json-text.ts';
import { listen } from './postgres-listen.ts';
import { pollVersions } from './poll-versions.ts';
import { newPool, type PostgresLibrary, type PostgresPool } from './postgres-pool.ts';
import { DEFAULT_NAMES, NAME_KINDS, type PostgresNames, tablesOf } from './postgres-tables.ts';
import { storeCall, storeClosed } from './store-call.ts';
import { Watchers } from './watchers.ts';

export interface PostgresStoreOptions extends PostgresNames {
  /** Where the database is: `postgres://user:password@host:5432/database`. Either this or `pool`. */
  readonly connectionString?: string;
  /**
   * A pool of pg; it stays yours, and open. A watch keeps one of its clients, unless it has one alone: that is asked once a
   * second instead. Either this or `connectionString`.
   */
  readonly pool?: PostgresPool;
  /** Whether missing tables are made at the first call. Without it, run `postgresTablesSql()`. @defaultValue true */
  readonly migrate?: boolean;
  /** How long a call waits for its answer, in milliseconds. @defaultValue 2000 */
  readonly timeoutMs?: number;
  /** The module, where it cannot be imported by its name. @defaultValue import('pg'), at the first call */
  readonly lib?: PostgresLibrary;
}

/**
 * Keeps state in PostgreSQL 13 or newer: four tables, and LISTEN for watches. Claims are exact, one row each, until `forget`.
 * What is kept of decisions is one row each, deleted some time after it has expired.
 *
 * A call rejects when there is no connection, and after `timeoutMs` in any case; connections come back by themselves.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `STORE_UNAVAILABLE`, `PEER_MISSING` without pg,
 * `INPUT_INVALID` for a value without JSON, `CLOSED`.
 */
export function postgresStore(options: PostgresStoreOptions): StateStore & { close(): Promise<void> } {
  const settings = readOptions('postgresStore', options, KINDS, DEFAULTS, ({ connectionString: own, pool }) => [
    [(own === undefined) !== (pool === undefined), 'pool', 'either a connection string or a pool'],
  ]);
  const { connectionString = '', timeoutMs, migrate, pool: given, lib } = settings;
  const { documents, counters, claims, decisions, channel, sql } = tablesOf(settings);

  let opening: Promise<PostgresPool> | undefined;
  let migrating: Promise<void> | undefined;
  let closed = false;
  // A client that breaks while it is idle: the pool has dropped it already. Without a listener this would end the process.
  const onIdleError = (): void => {};

  const open = async (): Promise<PostgresPool> => {
    try {
      const pool = given ?? (await newPool(connectionString, timeoutMs, lib));
      pool.on('error', onIdleError);
      return pool;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  const poolOf = async (): Promise<PostgresPool> => {
    if (closed) throw storeClosed('postgres');
    return (opening ??= open());
  };

  const makeTables = async (pool: PostgresPool): Promise<void> => {
    try {
      const { rows } = await pool.query({
        text: 'select name from unnest($1::text[]) as needed (name) where to_regclass(name) is null',
        values: [[documents, counters, claims, decisions]],
        query_timeout: timeoutMs,
      });
      if (rows.length > 0) await pool.query({ text: sql, query_timeout: timeoutMs });
    } catch (error) {
      migrating = undefined;
      throw error;
    }
  };

  const query = (text: string, values: unknown[], signal?: AbortSignal): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    storeCall(
      'postgres',
      timeoutMs,
      async () => {
        const pool = await poolOf();
        if (migrate) await (migrating ??= makeTables(pool));
        try {
          return (await pool.query({ text, values, query_timeout: timeoutMs })).rows;
        } catch (error) {
          // The database was replaced by an empty one: the next call makes the tables.
          if (isMissing(error)) migrating = undefined;
          throw error;
        }
      },
      signal,
    );

  const sweeps = new ExpirySweeps();
  const versions = async (keys: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const rows = await query(`select key, version from ${documents} where key = any ($1::text[])`, [keys]);
    return new Map(rows.map((row) => [String(row['key']), String(row['version'])]));
  };
  const watchers = new Watchers(
    () => {
      unlisten = isOneClient(given)
        ? pollVersions(versions, watchers)
        : listen(poolOf, channel, { onMessage: (key) => watchers.tell(key), onActive: () => watchers.tellAll() });
    },
    () => unlisten(),
  );
  let unlisten = (): void => {};

  return {
    name: 'postgres',
    volatile: false,
    read: async (key, { signal } = {}) => {
      const [row] = await query(`select version, value::text from ${documents} where key = $1`, [key], signal);
      return row === undefined
        ? { version: 0, value: undefined }
        : { version: Number(row['version']), value: textValue(String(row['value'])) };
    },
    compareAndSet: async (key, expectedVersion, value) => {
      const write =
        expectedVersion === 0
          ? `insert into ${documents} values ($1, $2::bigint + 1, $3) on conflict do nothing`
          : `update ${documents} set version = version + 1, value = $3 where key = $1 and version = $2::bigint`;
      // PostgreSQL tells it when the change is committed.
      const changed = await query(`with changed as (${write} returning key) select pg_notify($4, key) from changed`, [
        key,
        expectedVersion,
        jsonText(value),
        channel,
      ]);
      return changed.length === 1 ? expectedVersion + 1 : undefined;
    },
    mergeCounters: async (key, part) => {
      const merged = await query(
        `insert into ${counters} as kept values ($1, $2, $3, $4)
         on conflict (key, instance) do update set sequence = excluded.sequence, counters = excluded.counters
         where kept.sequence < excluded.sequence returning 1`,
        [key, part.instance, part.sequence, jsonText(part.counters)],
      );
      return merged.length === 1;
    },
    readCounters: async (key) => {
      const rows = await query(`select instance, sequence, counters::text from ${counters} where key = $1`, [key]);
      return rows.flatMap((row) => counterPart(row['instance'], row['sequence'], row['counters']));
    },
    claim: async (key, members) => {
      // In one order everywhere: two calls that wait for each other's rows would otherwise be a deadlock.
      const rows = await query(`insert into ${claims} select $1, unnest($2::text[]) on conflict do nothing returning member`, [
        key,
        [...new Set(members)].toSorted(),
      ]);
      const won = new Set(rows.map((row) => row['member']));
      return members.map((member) => won.delete(member));
    },
    remember: async (key, entries, keepMs) => {
      // The last of an id that comes twice: one statement changes a row once. In one order everywhere, as claims.
      const newest = new Map(entries.map(({ id, value }) => [id, value]));
      await query(
        `insert into ${decisions}
         select $1, id, value, now() + $4::double precision * interval '1 millisecond'
         from unnest($2::text[], $3::text[]) as given (id, value) order by id
         on conflict (key, id) do update set value = excluded.value, expires = excluded.expires`,
        [key, [...newest.keys()], [...newest.values()], keepMs],
      );
      const limit = sweeps.limitAfter(entries.length);
      if (limit === 0) return;
      // Rows that another call holds are passed by: nobody waits for a sweep that waits for it.
      await query(
        `delete from ${decisions} where ctid = any (array(
           select ctid from ${decisions} where expires <= now() limit $1 for update skip locked))`,
        [limit],
      );
    },
    recall: async (key, ids) => {
      const rows = await query(
        `select id, value from ${decisions} where key = $1 and id = any ($2::text[]) and expires > now()`,
        [key, ids],
      );
      const values = new Map(rows.map((row) => [row['id'], String(row['value'])]));
      return ids.map((id) => values.get(id));
    },
    now: async () => {
      const [row] = await query('select extract(epoch from clock_timestamp()) * 1000 as now', []);
      return Number(row?.['now']);
    },
    forget: async (key) => {
      await query(`with gone as (delete from ${counters} where key = $1) delete from ${claims} where key = $1`, [key]);
    },
    watch: (key, changed) => watchers.add(key, changed),
    close: async () => {
      if (closed) return;
      closed = true;
      watchers.clear();
      const [pool] = await Promise.allSettled([opening]);
      if (pool.status === 'rejected' || pool.value === undefined) return;
      if (given === undefined) await pool.value.end();
      else given.off('error', onIdleError);
    },
  };
}

/** What was given is not repeated: it may hold a password. */
const address: Kind = (value) =>
  typeof value === 'string' && value !== ''
    ? undefined
    : [{ path: '', message: 'expected the address of a database: postgres://user:password@host:5432/database' }];

const KINDS = {
  ...NAME_KINDS,
  connectionString: address,
  pool: withMethods('query', 'connect', 'on', 'off', 'end'),
  migrate: flag,
  timeoutMs: timerMs,
  lib: kind((value) => typeof Reflect.get(Object(value) as object, 'Pool') === 'function', 'the module pg'),
};
const DEFAULTS = { ...DEFAULT_NAMES, migrate: true, timeoutMs: 2000 };

/** A watch would keep the only client, and every call would wait for it for ever. */
const isOneClient = (pool: PostgresPool | undefined): boolean => pool?.options?.max === 1;

/** Undefined table, invalid schema name: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000');
}
