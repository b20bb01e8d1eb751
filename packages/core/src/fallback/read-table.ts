import { didYouMean, Problems, problemsError } from '../errors/index.ts';
import type { Failure } from '../types/index.ts';
import type { FieldTest } from './field-test.ts';
import { type FixedOutput, fixedOutput, isPlainObject } from './fixed-output.ts';
import { readConditions, shown } from './read-conditions.ts';
import type { HitPolicy } from './rule-table.ts';

/** What any `RuleTable` is once its types are forgotten. */
export interface UntypedTable {
  readonly name: string;
  readonly version: string;
  readonly hitPolicy?: HitPolicy;
  readonly rows: readonly { readonly id: string; readonly when: unknown; readonly then: unknown }[];
  readonly otherwise?: unknown;
}

export type RowFunction = (input: unknown, failure: Failure) => unknown;

/** A row that has been read. */
export interface ReadRow {
  readonly id: string;
  /** Its place in the table as written. */
  readonly index: number;
  /** `rows[2]` */
  readonly path: string;
  readonly when: readonly FieldTest[] | RowFunction;
  readonly then: FixedOutput | RowFunction;
  readonly because: string | undefined;
  readonly priority: number;
}

/** A table whose structure is sound: unique ids, known operators, operands of the right kind. */
export interface ReadTable {
  readonly name: string;
  readonly version: string;
  readonly hitPolicy: HitPolicy;
  /** In the order in which they are asked. */
  readonly rows: readonly ReadRow[];
  readonly otherwise: FixedOutput | undefined;
  readonly combine: ((outputs: readonly unknown[]) => unknown) | undefined;
}

const HIT_POLICIES: readonly HitPolicy[] = ['first', 'unique', 'priority', 'collect'];
const TABLE_KEYS = ['name', 'version', 'hitPolicy', 'rows', 'otherwise', 'combine'];
const ROW_KEYS = ['id', 'when', 'then', 'because', 'priority'];

/** Reads a table and adds to `problems` all that is wrong with it. What comes back is sound if nothing is. */
function readTable(table: unknown, problems: Problems): ReadTable {
  if (!isPlainObject(table)) problems.add('table', `expected a table { name, version, rows }, got ${shown(table)}`);
  const written = isPlainObject(table) ? table : {};
  const { name, version, hitPolicy: policy = 'first', rows, otherwise, combine } = written;
  const hitPolicy = HIT_POLICIES.find((known) => known === policy) ?? 'first';
  if (written === table) {
    onlyKeys(written, TABLE_KEYS, '', problems);
    problems.expect(isText(name), 'name', `expected a name, got ${shown(name)}`);
    problems.expect(isText(version), 'version', `expected a text such as '1', got ${shown(version)}`);
    const known = `expected one of ${HIT_POLICIES.join(', ')}`;
    problems.expect(
      hitPolicy === policy,
      'hitPolicy',
      `${known}, got ${shown(policy)}${typeof policy === 'string' ? didYouMean(policy, HIT_POLICIES) : ''}`,
    );
    if (hitPolicy === 'collect')
      problems.expect(typeof combine === 'function', 'combine', 'collect needs a function (outputs) => output');
    else problems.expect(combine === undefined, 'combine', `is for hitPolicy collect, and this table's is ${hitPolicy}`);
    problems.expect(Array.isArray(rows), 'rows', `expected a list of rows, got ${shown(rows)}`);
  }
  const read = (Array.isArray(rows) ? rows : []).flatMap((row: unknown, index) => readRow(row, index, hitPolicy, problems));
  expectUnique(read, 'id', problems);
  if (hitPolicy === 'priority') {
    expectUnique(read, 'priority', problems);
    read.sort((a, b) => b.priority - a.priority);
  }
  return {
    name: isText(name) ? name : '(without a name)',
    version: typeof version === 'string' ? version : '',
    hitPolicy,
    rows: read,
    otherwise: otherwise === undefined ? undefined : readFixed(otherwise, 'otherwise', problems),
    combine: typeof combine === 'function' ? (combine as (outputs: readonly unknown[]) => unknown) : undefined,
  };
}

/** {@link readTable}, of a table that may throw when it is looked at, or use up the stack. @throws UnderstudyError `RULES_INVALID` */
export function guardedTable(table: unknown, problems: Problems): ReadTable {
  try {
    return readTable(table, problems);
  } catch (error) {
    const message =
      error instanceof RangeError ? 'is nested too deeply' : 'could not be read: something in it throws when it is looked at';
    throw problemsError('RULES_INVALID', 'the table', [{ path: 'table', message }]);
  }
}

/** Reads a table that must be sound. @throws UnderstudyError `RULES_INVALID` with every problem */
export function soundTable(table: unknown): ReadTable {
  const problems = new Problems();
  const read = guardedTable(table, problems);
  problems.throwIfAny('RULES_INVALID', `the table ${read.name}`);
  return read;
}

/** One row, or none where there is no row to read. */
function readRow(row: unknown, index: number, hitPolicy: HitPolicy, all: Problems): readonly ReadRow[] {
  const path = `rows[${index}]`;
  if (!isPlainObject(row)) {
    all.add(path, `expected a row { id, when, then }, got ${shown(row)}`);
    return [];
  }
  const { id, when, then, because, priority } = row;
  const problems = new Problems();
  onlyKeys(row, ROW_KEYS, `${path}.`, problems);
  problems.expect(isText(id), `${path}.id`, `expected a text that is unique in the table, got ${shown(id)}`);
  problems.expect(
    because === undefined || typeof because === 'string',
    `${path}.because`,
    `expected a text, got ${shown(because)}`,
  );
  const ranked = hitPolicy === 'priority';
  const expected = ranked
    ? 'expected a number, the higher goes first'
    : `is for hitPolicy priority, and this table's is ${hitPolicy}`;
  problems.expect(
    ranked ? Number.isFinite(priority) : priority === undefined,
    `${path}.priority`,
    `${expected}; got ${shown(priority)}`,
  );
  let conditions: ReadRow['when'] = [];
  if (typeof when === 'function') conditions = when as RowFunction;
  else if (isPlainObject(when)) conditions = readConditions(when, `${path}.when`, problems);
  else problems.add(`${path}.when`, `expected conditions or a function (input, failure) => boolean, got ${shown(when)}`);
  const output = typeof then === 'function' ? (then as RowFunction) : readFixed(then, `${path}.then`, problems);
  for (const problem of problems.list) all.add(problem.path, isText(id) ? `${problem.message} (row ${id})` : problem.message);
  return [
    {
      id: isText(id) ? id : '',
      index,
      path,
      when: conditions,
      then: output,
      because: typeof because === 'string' ? because : undefined,
      priority: typeof priority === 'number' ? priority : Number.NaN,
    },
  ];
}

function readFixed(output: unknown, path: string, problems: Problems): FixedOutput {
  if (output === undefined) problems.add(path, 'expected an output');
  const fixed = fixedOutput(output);
  problems.expect(
    fixed.trouble === undefined,
    path,
    `the output cannot be kept: ${fixed.trouble}; let a row compute it by a function`,
  );
  return fixed;
}

function onlyKeys(value: Readonly<Record<string, unknown>>, known: readonly string[], prefix: string, problems: Problems): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      problems.add(`${prefix}${key}`, `unknown property${didYouMean(key, known) || `: expected ${known.join(', ')}`}`);
  }
}

function expectUnique(rows: readonly ReadRow[], key: 'id' | 'priority', problems: Problems): void {
  const taken = new Map<string | number, ReadRow>();
  for (const row of rows) {
    const own = row[key];
    const other = taken.get(own);
    if (other === undefined) taken.set(own, row);
    // What is no id or no priority has been named already.
    else if (own !== '' && !Number.isNaN(own)) {
      problems.add(`${row.path}.${key}`, `${shown(own)} is already the ${key} of ${other.path}: each row needs its own`);
    }
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
