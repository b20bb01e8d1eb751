import type { DecisionEvent, UnderstudyEvent } from '@understudy/core';
import {
  checkOptions,
  EVENT_TYPES,
  finite,
  kind,
  type Kinds,
  list,
  oneOf,
  Problems,
  record,
  text,
  whole,
} from '@understudy/core/authoring';
import type { DecisionQuery, EventQuery, Page } from './decision-store.ts';
import { segmentLabel } from './event-rows.ts';
import { keyText } from '../stores/key-text.ts';

/** A condition or a statement: `?` stands for each value, in order. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** What a page is made of. */
export interface FoundRow {
  readonly at: number;
  readonly id: string;
  readonly body: string;
}

/** The names of the tables: safe inside of SQL. */
export interface DecisionTables {
  readonly decisions: string;
  readonly segments: string;
  readonly events: string;
}

const DEFAULT_LIMIT = 100;
const MOST = 1000;

const anyText = kind((value) => typeof value === 'string', 'a text');
const COMMON = { model: anyText, from: finite, to: finite, limit: whole(1, MOST), after: text };
const DECISION_KINDS = {
  ...COMMON,
  outcome: oneOf('served', 'failed', 'cancelled', 'invalid-input'),
  tier: oneOf('model', 'cache', 'rules', 'always', 'none'),
  servedBy: anyText,
  assigned: anyText,
  unit: anyText,
  segment: record(anyText),
};
const EVENT_KINDS = { ...COMMON, types: list(oneOf(...EVENT_TYPES)) };

/** Decisions of a page, the newest first, and one more. @throws UnderstudyError `INPUT_INVALID` for a segment that the store has not, or a cursor that is none */
export function decisionsSql(tables: DecisionTables, segments: readonly string[], given: DecisionQuery): Sql {
  const query = readQuery(given, DECISION_KINDS);
  const { outcome, tier, servedBy, assigned, unit, segment = {} } = query;
  const labels = Object.entries(segment).map(([path, value]) => {
    if (!segments.includes(path)) {
      const known = segments.length === 0 ? 'it has none' : `it has ${segments.join(', ')}`;
      return refuse(`segment.${path}`, `expected a segment that the store was made with: ${known}`);
    }
    return segmentLabel(path, value);
  });
  const [first, ...more] = labels;
  // The order is that of an index: of segments where one is asked for.
  const by = first === undefined ? 'd' : 's';
  const from = first === undefined ? '' : ` join ${tables.segments} s on s.id = d.id and s.at = d.at`;
  const conditions: Sql[] = [
    ...conditionsOf(query, by),
    ...equal('d.outcome', outcome),
    // Says to the database that an index of few rows will do.
    ...((outcome !== undefined && outcome !== 'served') || (tier !== undefined && tier !== 'model')
      ? [{ text: "d.tier <> 'model'", values: [] }]
      : []),
    ...equal('d.tier', tier),
    ...equal('d.served_by', servedBy),
    ...equal('d.assigned', assigned),
    ...equal('d.unit', unit),
    ...equal('s.label', first, false),
    ...more.map((label) => ({
      text: `exists (select 1 from ${tables.segments} o where o.label = ? and o.at = d.at and o.id = d.id)`,
      values: [label],
    })),
  ];
  return pageSql(`${tables.decisions} d${from}`, conditions, by, query.limit);
}

/** Other events of a page, the newest first, and one more. @throws UnderstudyError `INPUT_INVALID` for a cursor that is none */
export function eventsSql(tables: DecisionTables, given: EventQuery): Sql {
  const query = readQuery(given, EVENT_KINDS);
  const { types } = query;
  const isAboutDecisions = types?.some((type) => type === 'outcome' || type === 'shadow-compared') ?? true;
  const conditions: Sql[] = [
    ...conditionsOf(query, 'd'),
    ...(isAboutDecisions ? [] : [{ text: 'd.decision is null', values: [] }]),
    ...(types === undefined
      ? []
      : [{ text: types.length === 0 ? '1 = 0' : `d.type in (${types.map(() => '?').join(', ')})`, values: [...types] }]),
  ];
  return pageSql(`${tables.events} d`, conditions, 'd', query.limit);
}

/** What became known of a decision, the oldest first. */
export const aboutSql = ({ events }: DecisionTables, id: string): Sql => ({
  text: `select at, id, cast(body as text) as body from ${events} where decision = ? order by at, id`,
  values: [keyText(id)],
});

export const decisionSql = ({ decisions }: DecisionTables, id: string): Sql => ({
  text: `select at, id, cast(body as text) as body from ${decisions} where id = ?`,
  values: [keyText(id)],
});

/** A page of the rows that were found, of which one may be too many. */
export function pageOf<T extends UnderstudyEvent>(
  rows: readonly FoundRow[],
  read: (row: FoundRow) => T,
  limit = DEFAULT_LIMIT,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? { next: cursorOf(last) } : {};
  return { items: shown.map(read), ...next };
}

export const eventOf = ({ body }: FoundRow): UnderstudyEvent => JSON.parse(body) as UnderstudyEvent;
export const decisionOf = ({ body }: FoundRow): DecisionEvent => JSON.parse(body) as DecisionEvent;

function conditionsOf({ model, from, to, after }: Pick<DecisionQuery, 'model' | 'from' | 'to' | 'after'>, by: string): Sql[] {
  return [
    ...equal('d.model', model),
    ...(from === undefined ? [] : [{ text: `${by}.at >= ?`, values: [from] }]),
    ...(to === undefined ? [] : [{ text: `${by}.at < ?`, values: [to] }]),
    ...(after === undefined ? [] : [{ text: `(${by}.at, ${by}.id) < (?, ?)`, values: positionOf(after) }]),
  ];
}

const equal = (column: string, value: string | undefined, isPlain = true): Sql[] =>
  value === undefined ? [] : [{ text: `${column} = ?`, values: [isPlain ? keyText(value) : value] }];

function pageSql(from: string, conditions: readonly Sql[], by: string, limit = DEFAULT_LIMIT): Sql {
  const where = conditions.length === 0 ? '' : ` where ${conditions.map(({ text: condition }) => condition).join(' and ')}`;
  return {
    text: `select d.at, d.id, cast(d.body as text) as body from ${from}${where} order by ${by}.at desc, ${by}.id desc limit ?`,
    values: [...conditions.flatMap(({ values }) => values), limit + 1],
  };
}

const cursorOf = ({ at, id }: FoundRow): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

function positionOf(cursor: string): readonly [number, string] {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const [at, id] = Array.isArray(position) && position.length === 2 ? (position as unknown[]) : [];
    // A NUL would be the database's to refuse.
    if (Number.isFinite(at) && typeof id === 'string' && !id.includes('\0')) return [at as number, id];
  } catch {
    // Told below.
  }
  return refuse('after', 'expected `next` of the page before');
}

function readQuery<Q extends object>(given: Q, kinds: Kinds<Q>): Q {
  const { settings, problems } = checkOptions<Q, {}>(given, kinds, {});
  const all = new Problems();
  all.addAll('', problems);
  all.throwIfAny('INPUT_INVALID', 'The query');
  return settings;
}

function refuse(path: string, message: string): never {
  const problems = new Problems();
  problems.add(path, message);
  problems.throwIfAny('INPUT_INVALID', 'The query');
  throw new Error(message);
}
