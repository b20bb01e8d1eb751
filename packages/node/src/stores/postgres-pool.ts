import { UnderstudyError } from '@understudy/core';

/** What is used of a pool of pg. Structural, so that these types do not need that package. */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
  connect(): Promise<object>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
  readonly options?: { readonly max?: number | undefined };
}

export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly query_timeout?: number;
}

/** The module `pg`. */
export interface PostgresLibrary {
  readonly Pool: new (options: Readonly<Record<string, unknown>>) => PostgresPool;
}

export async function newPool(
  connectionString: string,
  timeoutMs: number,
  lib: PostgresLibrary | undefined,
): Promise<PostgresPool> {
  const { Pool } = lib ?? (await importPg());
  return new Pool({
    connectionString,
    max: 5,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    allowExitOnIdle: true,
  });
}

async function importPg(): Promise<PostgresLibrary> {
  try {
    return (await import('pg')) as object as PostgresLibrary;
  } catch (cause) {
    throw new UnderstudyError(
      'PEER_MISSING',
      'postgresStore() and postgresDecisions() need pg, which could not be loaded: npm install pg',
      { cause },
    );
  }
}
