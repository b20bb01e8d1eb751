import { checkCount, checkFinite, checkLength, checkOption, checkPositive } from '../argument-checks.ts';

/** The model: one output for each row, of the same length as the row that is explained. */
export type RowValues = (rows: readonly (readonly number[])[]) => readonly number[] | Promise<readonly number[]>;

export interface ShapleyOptions {
  /** Rows that the model may be given at most. @defaultValue 100_000 */
  readonly evaluations?: number;
  /** Rows of one call of the model. @defaultValue 1000 */
  readonly batch?: number;
  /** Stops the work between two calls of the model. */
  readonly signal?: AbortSignal;
}

/** What a prediction owes to each feature. */
export interface ShapleyValues {
  /** Mean prediction over the background. */
  readonly base: number;
  /** The prediction that is explained: base + Σ contributions. */
  readonly value: number;
  /** By feature, in the unit of the prediction. */
  readonly contributions: readonly number[];
  /** Rows that the model was given. */
  readonly evaluations: number;
}

/** Which features take part: those of the row; the others come from the background. */
export type Coalition = readonly boolean[];

/** The features in which some row of the background differs: no other can contribute anything. */
export function varyingFeatures(row: readonly number[], background: readonly (readonly number[])[]): number[] {
  checkPositive(row.length, 'row.length');
  checkPositive(background.length, 'background.length');
  for (const [index, other] of background.entries()) checkLength(other.length, row.length, `background[${index}]`);
  return row.flatMap((value, index) => (background.some((other) => !Object.is(other[index], value)) ? [index] : []));
}

/** The options with their defaults. Throws `CONFIGURATION_INVALID` unless `rows` may be evaluated, and a batch holds one. */
export function budgetFor(
  rows: number,
  { evaluations = 100_000, batch = 1000, ...rest }: ShapleyOptions,
): ShapleyOptions & { readonly evaluations: number; readonly batch: number } {
  checkOption(batch, 0, Infinity, 'batch');
  checkCount(batch, 'batch');
  checkOption(evaluations, rows - 1, Infinity, 'evaluations');
  return { evaluations, batch, ...rest };
}

/**
 * The mean prediction of each coalition, over the background.
 *
 * @param varying see {@link varyingFeatures}: what the places of a coalition mean
 */
export async function coalitionValues(
  model: RowValues,
  row: readonly number[],
  background: readonly (readonly number[])[],
  varying: readonly number[],
  coalitions: readonly Coalition[],
  { batch, signal }: ReturnType<typeof budgetFor>,
): Promise<number[]> {
  const sums = coalitions.map(() => 0);
  const total = coalitions.length * background.length;
  for (let start = 0; start < total; start += batch) {
    signal?.throwIfAborted();
    const places = Array.from({ length: Math.min(batch, total - start) }, (_, offset) => {
      const at = start + offset;
      return { coalition: Math.floor(at / background.length), other: at % background.length };
    });
    const rows = places.map(({ coalition, other }) => {
      const mixed = [...(background[other] ?? [])];
      for (const [place, feature] of varying.entries()) {
        if (coalitions[coalition]?.[place] === true) mixed[feature] = row[feature] ?? NaN;
      }
      return mixed;
    });
    const values = await model(rows);
    checkLength(values.length, rows.length, 'values');
    for (const [index, { coalition }] of places.entries()) {
      const value = values[index] ?? NaN;
      checkFinite(value, `values[${index}]`);
      sums[coalition] = (sums[coalition] ?? 0) + value;
    }
  }
  signal?.throwIfAborted();
  return sums.map((sum) => sum / background.length);
}

/** Puts the contributions of the varying features into their places; the others have none. */
export function inPlace(contributions: readonly number[], varying: readonly number[], features: number): number[] {
  const all = Array.from({ length: features }, () => 0);
  for (const [place, feature] of varying.entries()) all[feature] = contributions[place] ?? 0;
  return all;
}
