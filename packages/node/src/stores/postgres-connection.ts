import { UnderstudyError } from '@understudy/core';
import { flag, type Kind, kind, safeCause, safeErrorText, withMethods } from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { checkSchemaVersion } from './schema-version.ts';
import { storeCall, storeClosed } from './store-call.ts';

/** Tables with a version, and what makes them. */
export interface PostgresScheme {
  /** Whose they are, for the error about tables of a release that is too new. */
  readonly what: string;
  readonly needed: readonly string[];
  /** The table that holds their version, and the oldest that can still use them. */
  readonly versions: string;
  /** Makes what is missing, in one transaction, one process after another. */
  readonly sql: string;
  /** The version that this release knows. */
  readonly supported: number;
}

export type Row = Readonly<Record<string, unknown>>;

/** A pool whose tables are there. */
export class PostgresConnection {
  readonly #scheme: PostgresScheme;
  readonly #migrate: boolean;
  readonly #timeoutMs: number;
  readonly #given: PostgresPool | undefined;
  readonly #make: () => Promise<PostgresPool>;
  #opening: Promise<PostgresPool> | undefined;
  #preparing: Promise<void> | undefined;
  #closed = false;
  /** A client that breaks while it is idle: the pool has dropped it already. Without a listener this would end the process. */
  readonly #onIdleError = (): void => {};

  constructor(
    scheme: PostgresScheme,
    migrate: boolean,
    timeoutMs: number,
    given: PostgresPool | undefined,
    make: () => Promise<PostgresPool>,
  ) {
    this.#scheme = scheme;
    this.#migrate = migrate;
    this.#timeoutMs = timeoutMs;
    this.#given = given;
    this.#make = make;
  }

  /** @throws UnderstudyError `STORE_UNAVAILABLE`, whose cause has the code of the database */
  query(text: string, values: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]> {
    return storeCall(
      'postgres',
      this.#timeoutMs,
      async () => {
        if (this.#closed) throw storeClosed('postgres');
        const pool = await (this.#opening ??= this.#open());
        await (this.#preparing ??= this.#prepare(pool));
        try {
          return await this.#ask(pool, text, values);
        } catch (error) {
          // The database was replaced by an empty one: the next call makes the tables.
          if (codeOf(error) === '42P01' || codeOf(error) === '3F000') this.#preparing = undefined;
          throw failure(error);
        }
      },
      signal,
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const [pool] = await Promise.allSettled([this.#opening]);
    if (pool.status === 'rejected' || pool.value === undefined) return;
    if (this.#given === undefined) await pool.value.end();
    else pool.value.off('error', this.#onIdleError);
  }

  async #open(): Promise<PostgresPool> {
    try {
      const pool = this.#given ?? (await this.#make());
      pool.on('error', this.#onIdleError);
      return pool;
    } catch (error) {
      this.#opening = undefined;
      throw failure(error);
    }
  }

  async #prepare(pool: PostgresPool): Promise<void> {
    const { what, needed, versions, sql, supported } = this.#scheme;
    try {
      if (this.#migrate) {
        const text = 'select name from unnest($1::text[]) as needed (name) where to_regclass(name) is null';
        const missing = await this.#ask(pool, text, [needed]);
        if (missing.length > 0) await pool.query({ text: sql, query_timeout: this.#timeoutMs });
      }
      const [found] = await this.#ask(pool, `select version, oldest from ${versions}`, []);
      checkSchemaVersion(what, supported, {
        version: Number(found?.['version'] ?? supported),
        oldest: Number(found?.['oldest'] ?? supported),
      });
    } catch (error) {
      this.#preparing = undefined;
      throw UnderstudyError.is(error) ? error : failure(error);
    }
  }

  async #ask(pool: PostgresPool, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return (await pool.query({ text, values: [...values], query_timeout: this.#timeoutMs })).rows;
  }
}

/** The code of the database, where an error has one. */
export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** What a driver throws holds rows and addresses: only its words and its code are kept. */
function failure(error: unknown): UnderstudyError {
  if (UnderstudyError.is(error)) return error;
  const code = codeOf(error);
  const cause = Object.assign(safeCause(error), typeof code === 'string' ? { code } : {});
  return new UnderstudyError(
    'STORE_UNAVAILABLE',
    `The postgres store did not answer: ${safeErrorText(error)}. Try again when it is back.`,
    {
      cause,
      retryable: true,
    },
  );
}

/** What was given is not repeated: it may hold a password. */
const address: Kind = (value) =>
  typeof value === 'string' && value !== ''
    ? undefined
    : [{ path: '', message: 'expected the address of a database: postgres://user:password@host:5432/database' }];

export const CONNECTION_KINDS = {
  connectionString: address,
  pool: withMethods('query', 'connect', 'on', 'off', 'end'),
  migrate: flag,
  timeoutMs: timerMs,
  lib: kind((value) => typeof Reflect.get(Object(value) as object, 'Pool') === 'function', 'the module pg'),
};
