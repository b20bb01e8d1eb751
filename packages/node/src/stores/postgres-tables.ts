import { kind, readOptions } from '@understudy/core/authoring';

export interface PostgresNames {
  /** The schema of the tables; made where it is missing. @defaultValue 'understudy' */
  readonly schema?: string;
  /** How the names of the tables begin. @defaultValue '' */
  readonly tablePrefix?: string;
}

/** Also in a schema of the greatest length, the name of the channel stays below the 63 bytes of an identifier. */
const NAME = /^[a-z_][a-z0-9_]{0,23}$/;

/** Names that are safe inside of SQL. */
export interface PostgresTables {
  readonly documents: string;
  readonly counters: string;
  readonly claims: string;
  readonly decisions: string;
  readonly channel: string;
  /** Makes what is missing, in one transaction, one process after another. */
  readonly sql: string;
}

const EXPECTED = 'at most 24 lower-case letters, digits and _, not beginning with a digit';
export const NAME_KINDS = {
  schema: kind((value) => typeof value === 'string' && NAME.test(value), EXPECTED),
  tablePrefix: kind((value) => typeof value === 'string' && (value === '' || NAME.test(value)), EXPECTED),
};
export const DEFAULT_NAMES = { schema: 'understudy', tablePrefix: '' };

/** @param names checked: they become part of SQL */
export function tablesOf({ schema, tablePrefix }: Required<PostgresNames>): PostgresTables {
  const table = (name: string): string => `"${schema}"."${tablePrefix}${name}"`;
  const [documents, counters, claims, decisions] = [table('documents'), table('counters'), table('claims'), table('decisions')];
  // The number of the lock is arbitrary. `json` keeps the text that it was given, and so each number to the last bit, which
  // `jsonb` does not promise.
  const sql = `select pg_advisory_xact_lock(5840913724680121);
do $$ begin
  if to_regnamespace('"${schema}"') is null then create schema "${schema}"; end if;
end $$;
create table if not exists ${documents} (
  key text collate "C" primary key,
  version bigint not null,
  value json not null
);
create table if not exists ${counters} (
  key text collate "C",
  instance text collate "C",
  sequence double precision not null,
  counters json not null,
  primary key (key, instance)
);
create table if not exists ${claims} (
  key text collate "C",
  member text collate "C",
  primary key (key, member)
);
create table if not exists ${decisions} (
  key text collate "C",
  id text collate "C",
  value text not null,
  expires timestamptz not null,
  primary key (key, id)
);
create index if not exists "${tablePrefix}decisions_expires" on ${decisions} (expires);
`;
  return { documents, counters, claims, decisions, channel: `${schema}.${tablePrefix}changed`, sql };
}

/**
 * The SQL that makes the tables of `postgresStore`, for those who run migrations themselves (`migrate: false`). It may run any
 * number of times.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a name with other characters than lower-case letters, digits and `_`
 */
export function postgresTablesSql(names: PostgresNames = {}): string {
  return tablesOf(readOptions('postgresTablesSql', names, NAME_KINDS, DEFAULT_NAMES)).sql;
}
