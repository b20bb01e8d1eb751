import { didYouMean, type Problem } from '../errors/index.ts';
import type { ContractView, FieldView } from '../types/index.ts';
import { inputField } from './contract-fields.ts';
import type { FieldTest, Operation } from './field-test.ts';
import type { FixedOutput } from './fixed-output.ts';
import { shown } from './read-conditions.ts';
import type { ReadRow, ReadTable } from './read-table.ts';
import type { Scalar } from './rule-table.ts';

/** A problem of a row, or of `otherwise`. */
export interface TableProblem extends Problem {
  readonly row: string | undefined;
  readonly part: 'when' | 'then' | 'otherwise';
}

/** Where a table does not fit its contract: unknown fields, operands of another type, outputs that the contract refuses. */
export function contractProblems(table: ReadTable, contract: ContractView): readonly TableProblem[] {
  const problems: TableProblem[] = [];
  const checkOutput = (output: FixedOutput, at: string, row?: ReadRow): void => {
    for (const { path, message } of contract.checkOutput(output.read())) {
      const joined = path === '' || path.startsWith('[') ? at + path : `${at}.${path}`;
      const text = `the output contract says: ${message}`;
      if (row === undefined) problems.push({ path: joined, message: text, row, part: 'otherwise' });
      else problems.push({ path: joined, message: `${text} (row ${row.id})`, row: row.id, part: 'then' });
    }
  };
  // In the order of the table as written.
  for (const row of table.rows.toSorted((a, b) => a.index - b.index)) {
    for (const test of typeof row.when === 'function' ? [] : row.when) {
      for (const [path, message] of testProblems(test, contract)) {
        problems.push({ path: `${row.path}.when.${path}`, message: `${message} (row ${row.id})`, row: row.id, part: 'when' });
      }
    }
    if (typeof row.then !== 'function') checkOutput(row.then, `${row.path}.then`, row);
  }
  if (table.otherwise !== undefined) checkOutput(table.otherwise, 'otherwise');
  return problems;
}

function testProblems(
  { path, operations }: FieldTest,
  contract: ContractView,
): readonly (readonly [path: string, message: string])[] {
  const field = inputField(contract, path);
  if (field === undefined) {
    const known = (contract.input ?? []).map((listed) => listed.path);
    const suggestion = didYouMean(path, known) || `: its fields are ${known.join(', ')}`;
    return [[path, `${contract.name} has no input field of this name${suggestion}`]];
  }
  if (field.keys !== undefined)
    return [[path, 'the field has a dot in a key, which a condition takes for a step into an object: use a function']];
  return operations.flatMap((operation) => {
    const message = operationProblem(operation, field);
    return message === undefined ? [] : [[`${path}.${operation.operator}`, message] as const];
  });
}

const ORDERING = new Set(['gt', 'gte', 'lt', 'lte', 'between']);

function operationProblem({ operator, operand }: Operation, { type, values }: FieldView): string | undefined {
  if (type === 'unknown' || operator === 'exists') return undefined;
  if (type === 'array' || type === 'object' || type === 'date' || type === 'bigint') {
    return `the field is of type ${type}, which only exists can test: use a function for the rest`;
  }
  const numeric = type === 'number' || type === 'integer' || values?.every((value) => typeof value === 'number') === true;
  if (ORDERING.has(operator)) return numeric ? undefined : `compares numbers, and the field is of type ${type}`;
  const operands = (Array.isArray(operand) ? operand : [operand]) as readonly Scalar[];
  if (values !== undefined) {
    const stranger = operands.find((value) => !values.some((known) => known === value));
    if (stranger === undefined) return undefined;
    return `${shown(stranger)} is no value of the field${didYouMean(String(stranger), values.map(String)) || `: expected ${values.join(', ')}`}`;
  }
  const wanted = numeric ? 'number' : type;
  const stranger = operands.find((value) => typeof value !== wanted);
  return stranger === undefined ? undefined : `expected a ${wanted}, got ${shown(stranger)}`;
}
