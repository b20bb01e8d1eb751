import { didYouMean, type Problems } from '../errors/index.ts';
import { type FieldTest, fieldTest, type Operation, type Operator, OPERATORS } from './field-test.ts';
import { isPlainObject } from './fixed-output.ts';

/**
 * Reads declarative conditions. An object inside a field is a nested field; anything else is the operand of an operator, so
 * a field may bear the name of an operator. Problems get paths such as `rows[2].when.worstRadius.gtee`.
 */
export function readConditions(when: Readonly<Record<string, unknown>>, path: string, problems: Problems): readonly FieldTest[] {
  const tests: FieldTest[] = [];
  const readField = (conditions: Readonly<Record<string, unknown>>, at: string, segments: readonly string[]): void => {
    const operations: Operation[] = [];
    const entries = Object.entries(conditions);
    problems.expect(entries.length > 0, at, `expected an operator (${OPERATORS.join(', ')})`);
    for (const [key, value] of entries) {
      if (isPlainObject(value)) readField(value, `${at}.${key}`, nested(segments, key, `${at}.${key}`, problems));
      else if (!isOperator(key)) problems.add(`${at}.${key}`, unknownOperator(key));
      else {
        const wrong = operandProblem(key, value);
        if (problems.expect(wrong === undefined, `${at}.${key}`, wrong ?? ''))
          operations.push({ operator: key, operand: Array.isArray(value) ? [...value] : value });
      }
    }
    const absent = operations.some(({ operator, operand }) => operator === 'exists' && operand === false);
    problems.expect(
      !absent || entries.length === 1,
      at,
      'exists: false holds where the field is missing, and then nothing else can hold',
    );
    if (operations.length > 0) tests.push(fieldTest(segments, operations));
  };
  for (const [field, value] of Object.entries(when)) {
    const at = `${path}.${field}`;
    const isConditions = problems.expect(isPlainObject(value), at, `expected operators, such as { eq: ${shown(value)} }`);
    if (isConditions) readField(value as Readonly<Record<string, unknown>>, at, nested([], field, at, problems));
  }
  return tests;
}

function nested(segments: readonly string[], name: string, at: string, problems: Problems): readonly string[] {
  const all = [...segments, ...name.split('.')];
  problems.expect(
    !all.includes('') && !all.includes('__proto__'),
    at,
    'expected the name of a field, or names with a dot between them',
  );
  return all;
}

const isOperator = (key: string): key is Operator => OPERATORS.some((operator) => operator === key);

function unknownOperator(key: string): string {
  const suggestion = didYouMean(key, OPERATORS);
  return `unknown operator${suggestion === '' ? `: expected one of ${OPERATORS.join(', ')}, or an object for a nested field` : suggestion}`;
}

/** What is wrong with the operand of `operator`, if something is. */
function operandProblem(operator: Operator, operand: unknown): string | undefined {
  switch (operator) {
    case 'exists':
      return typeof operand === 'boolean' ? undefined : `expected true or false, got ${shown(operand)}`;
    case 'eq':
    case 'ne':
      return scalarProblem(operand);
    case 'in':
    case 'notIn': {
      if (!Array.isArray(operand) || operand.length === 0)
        return `expected a list with at least one value, got ${shown(operand)}`;
      return operand.map(scalarProblem).find((problem) => problem !== undefined);
    }
    case 'between': {
      if (!Array.isArray(operand) || operand.length !== 2 || !operand.every(isNumber))
        return `expected two numbers, got ${shown(operand)}`;
      const [low, high] = operand as [number, number];
      return low <= high ? undefined : `the bounds are reversed: write [${high}, ${low}]`;
    }
    default:
      return isNumber(operand) ? undefined : `compares numbers: expected a finite number, got ${shown(operand)}`;
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function scalarProblem(value: unknown): string | undefined {
  if (value === null || value === undefined) return 'nothing equals a missing value: write { exists: false }';
  if (typeof value === 'string' || typeof value === 'boolean' || isNumber(value)) return undefined;
  return `expected a string, a finite number or a boolean, got ${shown(value)}`;
}

/** A value for a message, short. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
