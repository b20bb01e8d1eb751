export type { PostgresLibrary, PostgresPool, PostgresQuery } from './stores/postgres-pool.ts';
export { postgresStore, type PostgresStoreOptions } from './stores/postgres.ts';
export { type PostgresNames, postgresTablesSql } from './stores/postgres-tables.ts';
