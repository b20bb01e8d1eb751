import type { ConfusionTable } from './confusion-table.ts';
import { ratio } from './ratio.ts';

/** Precision, recall and F1, 0..1: null where undefined. */
export interface ClassMetrics {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** What a {@link ConfusionTable} says. */
export interface MulticlassMetrics {
  /** In cases, those of classes without room in the table included. */
  readonly count: number;
  /** Share of right predictions over all cases, 0..1: what micro-averaged precision, recall and F1 are too. */
  readonly accuracy: number | null;
  /** Cases of classes without room: in `count` and `accuracy`, in nothing else. */
  readonly overflow: number;
  /** By class, with `support`: how many cases of it there are. */
  readonly byClass: ReadonlyMap<string, ClassMetrics & { readonly support: number }>;
  /** Plain mean over all classes that were true or predicted; what is undefined for a class counts as 0. */
  readonly macro: ClassMetrics;
  /** Mean weighted by support; what is undefined for a class counts as 0. */
  readonly weighted: ClassMetrics;
  /** The R_K of J. Gorodkin (2004), −1..1; null where truth or prediction is constant. */
  readonly matthews: number | null;
}

const mean = (values: readonly (number | null)[]): number | null =>
  ratio(
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
    values.length,
  );

/**
 * Averages are those of scikit-learn's `precision_recall_fscore_support` with `zero_division=0`: a class that is never predicted has
 * precision 0 in them, one that is never true recall 0. By class such a value is null.
 */
export function multiclassMetrics(table: ConfusionTable): MulticlassMetrics {
  const matrix = table.matrix();
  const rows = matrix.map((row) => row.reduce((sum, cases) => sum + cases, 0));
  const columns = matrix.map((_, column) => matrix.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  const hits = matrix.map((row, index) => row[index] ?? 0);
  const known = rows.reduce((sum, cases) => sum + cases, 0);
  const right = hits.reduce((sum, cases) => sum + cases, 0);
  const { overflow } = table;
  const count = known + overflow.right + overflow.wrong;
  const classes = table.classes.map((label, index) => {
    const [hit = 0, support = 0, predicted = 0] = [hits[index], rows[index], columns[index]];
    return {
      label,
      support,
      precision: ratio(hit, predicted),
      recall: ratio(hit, support),
      f1: ratio(2 * hit, support + predicted),
    };
  });
  // A class without cases has no weight: what of it is undefined does not count.
  const weighted = (of: (one: ClassMetrics) => number | null): number | null =>
    ratio(
      classes.reduce((sum, one) => sum + one.support * (of(one) ?? 0), 0),
      known,
    );
  // Shares of the known cases: products of counts would leave the range of exact integers.
  const product = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, index) => sum + (value / known) * ((b[index] ?? 0) / known), 0);
  const spread = Math.sqrt(Math.max(1 - product(rows, rows), 0)) * Math.sqrt(Math.max(1 - product(columns, columns), 0));
  return {
    count,
    accuracy: ratio(right + overflow.right, count),
    overflow: overflow.right + overflow.wrong,
    byClass: new Map(classes.map(({ label, ...metrics }) => [label, metrics])),
    macro: {
      precision: mean(classes.map(({ precision }) => precision)),
      recall: mean(classes.map(({ recall }) => recall)),
      f1: mean(classes.map(({ f1 }) => f1)),
    },
    weighted: {
      precision: weighted(({ precision }) => precision),
      recall: weighted(({ recall }) => recall),
      f1: weighted(({ f1 }) => f1),
    },
    matthews: known === 0 ? null : ratio(right / known - product(rows, columns), spread),
  };
}
