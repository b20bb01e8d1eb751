import { readOptions } from '@understudy/core/authoring';
import { DEFAULT_NAMES, NAME_KINDS, type PostgresNames } from '../stores/postgres-tables.ts';
import type { DecisionTables } from './queries.ts';

/**
 * The version of the tables that this release makes, and the oldest release's that can still use them: a change that only adds
 * leaves that as it is, so that two releases of one fleet share the tables.
 */
export const SCHEMA_VERSION = 1;
const OLDEST_VERSION = 1;

export interface PostgresDecisionTables extends DecisionTables {
  readonly versions: string;
  /** Makes what is missing, in one transaction, one process after another. */
  readonly sql: string;
}

/** @param names checked: they become part of SQL */
export function decisionTablesOf({ schema, tablePrefix }: Required<PostgresNames>): PostgresDecisionTables {
  const table = (name: string): string => `"${schema}"."${tablePrefix}${name}"`;
  const index = (name: string): string => `"${tablePrefix}${name}"`;
  const [decisions, segments] = [table('decision_log'), table('decision_segments')];
  const [events, versions] = [table('event_log'), table('decision_schema')];
  // The number of the lock is arbitrary; that of postgresStore is another. `json` keeps the text that it was given.
  const sql = `select pg_advisory_xact_lock(5840913724680122);
do $$ begin
  if to_regnamespace('"${schema}"') is null then create schema "${schema}"; end if;
end $$;
create table if not exists ${versions} (
  one_row boolean primary key default true check (one_row),
  version integer not null,
  oldest integer not null
);
create table if not exists ${decisions} (
  id text collate "C" primary key,
  at double precision not null,
  model text collate "C" not null,
  outcome text collate "C" not null,
  tier text collate "C" not null,
  served_by text collate "C" not null,
  assigned text collate "C" not null,
  unit text collate "C" not null,
  labels text,
  body json not null
);
create index if not exists ${index('decision_log_at')} on ${decisions} (at, id);
create index if not exists ${index('decision_log_model')} on ${decisions} (model, at, id);
create index if not exists ${index('decision_log_rescued')} on ${decisions} (at, id) where tier <> 'model';
create index if not exists ${index('decision_log_unit')} on ${decisions} (unit, at, id) where unit <> '0000000000';
create table if not exists ${segments} (
  label text collate "C",
  at double precision,
  id text collate "C",
  primary key (label, at, id)
);
create table if not exists ${events} (
  id text collate "C" primary key,
  at double precision not null,
  model text collate "C" not null,
  type text collate "C" not null,
  decision text collate "C",
  body json not null
);
create index if not exists ${index('event_log_at')} on ${events} (at, id);
create index if not exists ${index('event_log_decision')} on ${events} (decision) where decision is not null;
create index if not exists ${index('event_log_model')} on ${events} (model, at, id) where decision is null;
insert into ${versions} (version, oldest) values (${SCHEMA_VERSION}, ${OLDEST_VERSION}) on conflict do nothing;
`;
  return { decisions, segments, events, versions, sql };
}

/**
 * The SQL that makes the tables of `postgresDecisions`, for those who run migrations themselves (`migrate: false`). It may run any
 * number of times.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a name with other characters than lower-case letters, digits and `_`
 */
export function postgresDecisionsSql(names: PostgresNames = {}): string {
  return decisionTablesOf(readOptions('postgresDecisionsSql', names, NAME_KINDS, DEFAULT_NAMES)).sql;
}
