import { contractView, type ContractSchemas } from '../contract/contract-view.ts';
import { callback, Problems, problemsError, readOptions, UNREADABLE } from '../errors/index.ts';
import type { InOf, OutOf, Schema } from '../types/index.ts';
import { contractProblems } from './contract-problems.ts';
import { isPlainObject } from './fixed-output.ts';
import { shown } from './read-conditions.ts';
import { guardedTable } from './read-table.ts';
import type { HitPolicy, RuleTable } from './rule-table.ts';

/** The version of the format that is written. */
const VERSION = 1;

/** A table without functions, as JSON. `combine` is code and is not part of it. */
export interface RulesJson {
  readonly v: 1;
  readonly name: string;
  readonly version: string;
  readonly hitPolicy?: HitPolicy;
  readonly rows: readonly {
    readonly id: string;
    readonly when: Readonly<Record<string, unknown>>;
    readonly then: unknown;
    readonly because?: string;
    readonly priority?: number;
  }[];
  readonly otherwise?: unknown;
}

/**
 * A table as plain data for a file, a database or an editor. {@link rulesFromJson} reads it back to an equal table.
 *
 * @throws UnderstudyError `RULES_INVALID`, naming every row with a function or with an output that JSON cannot hold.
 */
export function rulesToJson<I, O>(table: RuleTable<I, O>): RulesJson {
  const problems = new Problems();
  const { rows } = guardedTable(table, problems);
  for (const { path, id, when, then } of rows) {
    if (typeof when === 'function') problems.add(`${path}.when`, `a function cannot be written: use conditions (row ${id})`);
    if (typeof then === 'function') problems.add(`${path}.then`, `a function cannot be written: use a fixed output (row ${id})`);
    else if (!isJson(then.written)) problems.add(`${path}.then`, `JSON cannot hold this output (row ${id})`);
  }
  if (table.otherwise !== undefined) problems.expect(isJson(table.otherwise), 'otherwise', 'JSON cannot hold this output');
  problems.throwIfAny('RULES_INVALID', `the table ${table.name} as JSON`);
  const { combine: _, ...written } = table;
  return structuredClone({ v: VERSION, ...written }) as RulesJson;
}

/**
 * A table out of parsed JSON, checked against the contract that it is for: structure, field names, types of operands, labels
 * and outputs.
 *
 * @throws UnderstudyError `RULES_INVALID` with every problem, such as
 * `rows[2].when.worstRadius.gtee: unknown operator, did you mean gte?`, or for a format of another version.
 */
export function rulesFromJson<I extends Schema, O extends Schema>(
  json: unknown,
  contract: ContractSchemas<I, O>,
  code: { readonly combine?: (outputs: readonly InOf<O>[]) => InOf<O> } = {},
): RuleTable<OutOf<I>, InOf<O>> {
  const problems = new Problems();
  const { v, ...written } = copied(json);
  if (!isPlainObject(json)) problems.add('', `expected parsed JSON { v, name, version, rows }, got ${shown(json)}`);
  // Nothing else can be judged where the format is not known.
  else
    problems.expect(
      v === VERSION,
      'v',
      `expected ${VERSION}, the one format that this version of the library reads, got ${shown(v)}`,
    );
  problems.throwIfAny('RULES_INVALID', 'the table in JSON');
  const { combine } = readOptions('rulesFromJson', code, { combine: callback }, {});
  const table: unknown = combine === undefined ? written : { ...written, combine };
  const read = guardedTable(table, problems);
  const unsound = problems.list.map((problem) => problem.path);
  for (const { path, message } of contractProblems(read, contractView(contract))) {
    problems.expect(
      unsound.some((known) => path.startsWith(known)),
      path,
      message,
    );
  }
  problems.throwIfAny('RULES_INVALID', `the table ${read.name} in JSON`);
  return table as RuleTable<OutOf<I>, InOf<O>>;
}

/** What is no JSON, but an object with getters, may throw when it is read. */
function copied(json: unknown): Readonly<Record<string, unknown>> {
  try {
    return isPlainObject(json) ? { ...json } : {};
  } catch (error) {
    throw problemsError('RULES_INVALID', 'the table in JSON', [{ path: '', message: UNREADABLE }], error);
  }
}

/** Whether JSON gives `value` back as it is. */
function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  if (isPlainObject(value)) return Object.values(value).every(isJson);
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
