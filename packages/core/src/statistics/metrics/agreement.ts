import { checkAlpha, checkCount, checkLength } from '../argument-checks.ts';
import { normalQuantile } from '../normal.ts';

export interface AgreementOptions {
  /**
   * How much a disagreement costs: the same always, or by the distance of ordered classes, or by its square.
   * @defaultValue 'none'
   */
  readonly weights?: 'none' | 'linear' | 'quadratic';
  /** The interval covers with about 1 − alpha. @defaultValue 0.05 */
  readonly alpha?: number;
}

/** How far two raters, such as the model and a human, agree. */
export interface Agreement {
  /** In cases. */
  readonly count: number;
  /** Share of cases in which both say the same (weighted: partly the same), 0..1. */
  readonly agreement: number;
  /**
   * Cohen's kappa: the agreement beyond chance as a share of what is possible, −1..1. Null where both raters always say the same
   * one thing: then chance explains everything.
   */
  readonly kappa: number | null;
  /** Bounds of kappa for one look, by the normal approximation: for 50 cases or more. Null with kappa. */
  readonly interval: { readonly lower: number; readonly upper: number } | null;
}

const WEIGHTS = {
  none: (distance: number): number => Number(distance === 0),
  linear: (distance: number, most: number): number => 1 - distance / most,
  quadratic: (distance: number, most: number): number => 1 - (distance / most) ** 2,
};

/**
 * Agreement of two raters (J. Cohen, 1960, weighted 1968), with the large-sample error of J. Fleiss, J. Cohen and B. Everitt
 * (1969). Null without a case.
 *
 * @param matrix cases by the class of one (rows) and of the other (columns): square, and in their order if weighted
 * @throws UnderstudyError `INPUT_INVALID` for a cell that is no count, `CONFIGURATION_INVALID` if the matrix is not square or for
 * alpha
 */
export function cohensKappa(
  matrix: readonly (readonly number[])[],
  { weights = 'none', alpha = 0.05 }: AgreementOptions = {},
): Agreement | null {
  checkAlpha(alpha);
  for (const [index, row] of matrix.entries()) {
    checkLength(row.length, matrix.length, `matrix[${index}]`);
    for (const [column, cases] of row.entries()) checkCount(cases, `matrix[${index}][${column}]`);
  }
  const count = matrix.reduce((sum, row) => row.reduce((inner, cases) => inner + cases, sum), 0);
  if (count === 0) return null;
  const weight = (a: number, b: number): number => WEIGHTS[weights](Math.abs(a - b), Math.max(matrix.length - 1, 1));
  const rows = matrix.map((row) => row.reduce((sum, cases) => sum + cases / count, 0));
  const columns = matrix.map((_, column) => matrix.reduce((sum, row) => sum + (row[column] ?? 0) / count, 0));
  const total = (of: (row: number, column: number) => number): number =>
    rows.reduce((sum, _, row) => columns.reduce((inner, _column, column) => inner + of(row, column), sum), 0);
  const observed = total((a, b) => (weight(a, b) * (matrix[a]?.[b] ?? 0)) / count);
  // Both always say the same one thing: by counts, as the sums of shares may miss 1 by rounding.
  if (matrix.some((row, index) => row[index] === count)) return { count, agreement: observed, kappa: null, interval: null };
  const chance = total((a, b) => weight(a, b) * (rows[a] ?? 0) * (columns[b] ?? 0));
  const kappa = (observed - chance) / (1 - chance);
  const meanOfRow = rows.map((_, a) => columns.reduce((sum, share, b) => sum + share * weight(a, b), 0));
  const meanOfColumn = columns.map((_, b) => rows.reduce((sum, share, a) => sum + share * weight(a, b), 0));
  const squares = total((a, b) => {
    const deviation = weight(a, b) * (1 - chance) - ((meanOfRow[a] ?? 0) + (meanOfColumn[b] ?? 0)) * (1 - observed);
    return ((matrix[a]?.[b] ?? 0) / count) * deviation ** 2;
  });
  const variance = (squares - (observed * chance - 2 * chance + observed) ** 2) / (count * (1 - chance) ** 4);
  const half = -normalQuantile(alpha / 2) * Math.sqrt(Math.max(variance, 0));
  return {
    count,
    agreement: observed,
    kappa,
    interval: { lower: Math.max(kappa - half, -1), upper: Math.min(kappa + half, 1) },
  };
}
