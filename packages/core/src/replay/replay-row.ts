import { errorText, finite } from '../errors/index.ts';
import type { TierKind } from '../types/index.ts';

/** A logged decision. Only `input` must be there: the more a row says, the more a replay tells. */
export interface ReplayRow<I = unknown, O = unknown, T = unknown> {
  /** @defaultValue the number of the row */
  readonly id?: string;
  readonly input: I;
  /** What was served, after its contract. Without it nothing is compared. */
  readonly output?: O;
  /** Whom it was about. Decisions of one unit depend on each other: without it intervals are too narrow where units come again. */
  readonly unit?: string;
  /** The variant or tier that served, its version and its kind. */
  readonly servedBy?: string;
  readonly version?: string;
  readonly tier?: TierKind;
  /** The probability with which this output was chosen, over 0, at most 1: for the off-policy estimate. */
  readonly probability?: number;
  /** What the outcome was worth, in any unit: for the off-policy estimate. */
  readonly reward?: number;
  readonly truth?: T;
  /** What the decision cost, in millionths of a US dollar. */
  readonly costMicroUsd?: number;
}

/** What stands where a row should be. */
export interface UnreadableRow {
  readonly problem: string;
}

/** Where a source goes on: what it says after a batch is given to it again. */
export type ReplayCursor = string | number;

/** Some rows, and where the source goes on after them. */
export interface ReplayBatch<I = unknown, O = unknown, T = unknown> {
  readonly rows: readonly (ReplayRow<I, O, T> | UnreadableRow)[];
  readonly cursor: ReplayCursor;
  /** How much of the log has been read, 0–1, where the source knows. */
  readonly part?: number;
}

/** A log that can be read from any place on. */
export interface ReplaySource<I = unknown, O = unknown, T = unknown> {
  /** @param after the cursor of the last batch that is done; `undefined`: from the start */
  readonly batches: (after: ReplayCursor | undefined) => AsyncIterable<ReplayBatch<I, O, T>>;
}

export type ReplayRows<I, O, T> =
  | ReplaySource<I, O, T>
  | AsyncIterable<ReplayRow<I, O, T> | UnreadableRow>
  | Iterable<ReplayRow<I, O, T> | UnreadableRow>;

const BATCH = 500;

export const isSource = (rows: object): rows is ReplaySource =>
  'batches' in rows && typeof (rows as Partial<ReplaySource>).batches === 'function';

/** Rows that come one by one, as a source: one that goes on reads the first ones again, and leaves them out. */
export const sourceOf = (rows: AsyncIterable<ReplayRow | UnreadableRow> | Iterable<ReplayRow | UnreadableRow>): ReplaySource => ({
  batches: async function* (after) {
    const skipped = typeof after === 'number' ? after : 0;
    let [read, batch]: [number, (ReplayRow | UnreadableRow)[]] = [0, []];
    for await (const row of packed(rows)) {
      read++;
      if (read <= skipped) continue;
      batch.push(row.row);
      if (batch.length < BATCH) continue;
      yield { rows: batch, cursor: read };
      batch = [];
    }
    if (batch.length > 0) yield { rows: batch, cursor: read };
  },
});

/** Rows in boxes: what is awaited is asked for its `then`, and a row of the user's may throw at that. */
async function* packed<T>(rows: AsyncIterable<T> | Iterable<T>): AsyncGenerator<{ readonly row: T }> {
  if (Symbol.asyncIterator in rows) for await (const row of rows) yield { row };
  else for (const row of rows) yield { row };
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFinite = (value: unknown): boolean => finite(value) === undefined;

/** What each field of a row must be, in words. */
const FIELDS: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, expected: string]>> = {
  id: [isText, 'a text'],
  unit: [isText, 'a text'],
  servedBy: [isText, 'a text'],
  version: [isText, 'a text'],
  tier: [isText, 'a text'],
  probability: [(value) => typeof value === 'number' && value > 0 && value <= 1, 'a number over 0, at most 1'],
  reward: [isFinite, 'a finite number'],
  costMicroUsd: [isFinite, 'a finite number'],
};

/** A row of the user's, each field read once; or what is wrong with it. @param number of the row, from 1 on */
export function readRow(given: unknown, number: number): { readonly row: ReplayRow; readonly id: string } | UnreadableRow {
  try {
    if (typeof given !== 'object' || given === null) return { problem: 'expected a row: { input, … }' };
    const problem: unknown = Reflect.get(given, 'problem');
    const input: unknown = Reflect.get(given, 'input');
    if (typeof problem === 'string' && input === undefined) return { problem };
    if (input === undefined) return { problem: 'has no input' };
    const row: Record<string, unknown> = { input, output: Reflect.get(given, 'output'), truth: Reflect.get(given, 'truth') };
    for (const [name, [fits, expected]] of Object.entries(FIELDS)) {
      const value: unknown = Reflect.get(given, name);
      if (value === undefined || value === null) continue;
      if (!fits(value)) return { problem: `${name}: expected ${expected}` };
      row[name] = value;
    }
    return { row: row as unknown as ReplayRow, id: typeof row['id'] === 'string' ? row['id'] : String(number) };
  } catch (error) {
    return { problem: `could not be read: ${errorText(error, 200)}` };
  }
}
