import { type BinaryTable, checkTable } from './binary-table.ts';
import { ratio } from './ratio.ts';

/** What a {@link BinaryTable} says. Each is null where its denominator is 0; nothing is ever NaN. */
export interface BinaryMetrics {
  /** In cases. */
  readonly count: number;
  /** Share of right predictions, 0..1. */
  readonly accuracy: number | null;
  /** Share of the predicted positives that are positive, 0..1; null where none is predicted. */
  readonly precision: number | null;
  /** Share of the positives that are predicted, 0..1; null where there is none. */
  readonly recall: number | null;
  /** 2 TP/(2 TP + FP + FN), 0..1; null where no case is, or is predicted, positive. */
  readonly f1: number | null;
  /** Share of the negatives that are predicted, 0..1; null where there is none. */
  readonly specificity: number | null;
  /** Mean of recall and specificity, 0..1; null unless both classes occur. */
  readonly balancedAccuracy: number | null;
  /** Correlation of prediction and truth (B. W. Matthews, 1975), −1..1; null where either is constant. */
  readonly matthews: number | null;
}

/** @throws UnderstudyError `INPUT_INVALID` for a cell that is no count */
export function binaryMetrics(table: BinaryTable): BinaryMetrics {
  checkTable(table);
  const { truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = table;
  const recall = ratio(tp, tp + fn);
  const specificity = ratio(tn, tn + fp);
  // Square roots one by one: the product of four large counts leaves the range of exact integers.
  const spread = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
  return {
    count: tp + fp + fn + tn,
    accuracy: ratio(tp + tn, tp + fp + fn + tn),
    precision: ratio(tp, tp + fp),
    recall,
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    specificity,
    balancedAccuracy: recall === null || specificity === null ? null : (recall + specificity) / 2,
    matthews: ratio(tp * tn - fp * fn, spread),
  };
}
