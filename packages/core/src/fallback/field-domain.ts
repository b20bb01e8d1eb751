import { type Runs, runsWhere } from './box.ts';
import type { ContractView, FieldView } from '../types/index.ts';
import { ancestorsOf, inputField } from './contract-fields.ts';
import { type FieldTest, valueTest } from './field-test.ts';
import { describeNumbers, type NumberCell, numberCells, roundest } from './number-cells.ts';

/** All that a field may hold, cut into cells which no row tells apart. */
export interface FieldDomain {
  readonly path: string;
  /** One value of each cell: numbers ascending, then other values, then `undefined` where the field may be missing. */
  readonly samples: readonly unknown[];
  /** The cells of numbers. */
  readonly numbers: readonly NumberCell[];
  /** The cell of what no row mentions, of a missing field; -1 where there is none. */
  readonly other: number;
  readonly missing: number;
}

/** The domain of a field, given the tests that all rows make of it. */
export function fieldDomain(path: string, tests: readonly FieldTest[], contract: ContractView): FieldDomain {
  const field = inputField(contract, path);
  // A field that the contract does not have never arrives.
  if (field === undefined) return { path, samples: [undefined], numbers: [], other: -1, missing: 0 };
  const mentioned = tests.flatMap(({ allowed = [], denied = [] }) => [...allowed, ...denied]);
  const numeric =
    field.type === 'number' ||
    field.type === 'integer' ||
    (field.type === 'unknown' &&
      tests.some((test) => test.range !== undefined || mentioned.some((value) => typeof value === 'number')));
  const numbers = numeric ? numberCells(field, tests) : [];
  const samples: unknown[] = numbers.map(roundest);
  samples.push(...discreteValues(field, new Set(mentioned)));
  let other = -1;
  if (field.type === 'string' || field.type === 'unknown') other = samples.push(freshText(mentioned)) - 1;
  const mayBeMissing = [...ancestorsOf(contract.input ?? [], path), field].some(({ optional, nullable }) => optional || nullable);
  const missing = mayBeMissing ? samples.push(undefined) - 1 : -1;
  return { path, samples, numbers, other, missing };
}

function discreteValues({ type, values }: FieldView, mentioned: ReadonlySet<unknown>): readonly unknown[] {
  switch (type) {
    case 'enum':
      return values ?? [];
    case 'boolean':
      return [true, false];
    case 'string':
      return [...mentioned].filter((value) => typeof value === 'string');
    case 'unknown':
      return [...mentioned].filter((value) => typeof value !== 'number');
    case 'array':
      return [[]];
    case 'object':
      return [{}];
    case 'date':
      return [new Date(0)];
    case 'bigint':
      return [0n];
    default:
      return [];
  }
}

function freshText(mentioned: readonly unknown[]): string {
  let text = 'other';
  while (mentioned.includes(text)) text += '-';
  return text;
}

/** The cells where all `tests` pass. */
export function runsOf({ numbers, samples }: FieldDomain, tests: readonly FieldTest[]): Runs {
  const [only] = tests;
  if (tests.length === 1 && only?.range !== undefined && only.allowed === undefined && only.denied === undefined) {
    const [low, high] = only.range;
    const from = firstIndex(numbers, (cell) => cell.high >= low);
    const to = firstIndex(numbers, (cell) => cell.low > high);
    return from < to ? [from, to] : [];
  }
  const passes = tests.map(valueTest);
  return runsWhere(samples.length, (cell) => passes.every((test) => test(samples[cell])));
}

/** Binary search for the first item that is `late`, where all that follow are. */
function firstIndex<T>(items: readonly T[], late: (item: T) => boolean): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (late(items[middle] as T)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Cells in words: `worstRadius ≥ 16.8 and < 20`, `note is missing`, `region is "north" or anything else`. */
export function describeRuns({ path, samples, numbers, other, missing }: FieldDomain, runs: Runs): string {
  const parts: string[] = [];
  const all = { low: numbers[0]?.low ?? 0, high: numbers.at(-1)?.high ?? 0 };
  for (let index = 0; index < runs.length; index += 2) {
    const [from = 0, to = 0] = [runs[index], runs[index + 1]];
    const [low, high] = [numbers[from]?.low, numbers[Math.min(to, numbers.length) - 1]?.high];
    if (low !== undefined && high !== undefined) parts.push(describeNumbers({ low, high }, all) || 'is a number');
    for (let cell = Math.max(from, numbers.length); cell < to; cell++) {
      if (cell === missing) parts.push('is missing');
      else parts.push(cell === other ? 'is anything else' : describeValue(samples[cell]));
    }
  }
  const shown = parts.length > MAX_PARTS ? [...parts.slice(0, MAX_PARTS), `${parts.length - MAX_PARTS} more`] : parts;
  return `${path} ${shown.join(' or ')}`;
}

/** An enum may have hundreds of values: a message names the first ones. */
const MAX_PARTS = 6;

const describeValue = (value: unknown): string =>
  typeof value === 'object' || typeof value === 'bigint' ? 'is there' : `is ${JSON.stringify(value)}`;
