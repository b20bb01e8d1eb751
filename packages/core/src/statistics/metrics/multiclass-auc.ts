import { checkLength } from '../argument-checks.ts';
import { auc } from './auc.ts';

/** Areas under the ROC curve of a model with several classes, 0..1: null unless every class, and another, occurs. */
export interface MulticlassAuc {
  /** Plain mean over the classes, each against the rest. */
  readonly oneVersusRest: number | null;
  /** Plain mean over pairs of classes, each by its own score (D. Hand and R. Till, 2001): blind to how frequent they are. */
  readonly oneVersusOne: number | null;
}

const mean = (values: readonly (number | null)[]): number | null =>
  values.length === 0
    ? null
    : values.reduce((sum, value) => (sum === null || value === null ? null : sum + value / values.length), 0);

/**
 * @param scores by case, then by class
 * @param actual the index of the class of each case
 * @throws UnderstudyError `INPUT_INVALID` for a score that is not finite, `CONFIGURATION_INVALID` for lists of unequal length
 */
export function multiclassAuc(scores: readonly (readonly number[])[], actual: readonly number[]): MulticlassAuc {
  checkLength(actual.length, scores.length, 'actual');
  const classes = Array.from({ length: scores[0]?.length ?? 0 }, (_, index) => index);
  for (const [index, row] of scores.entries()) checkLength(row.length, classes.length, `scores[${index}]`);
  const area = (own: number, against: (other: number) => boolean): number | null => {
    const cases = actual.flatMap((label, index) => (label === own || against(label) ? [index] : []));
    return auc(
      cases.map((index) => scores[index]?.[own] ?? NaN),
      cases.map((index) => actual[index] === own),
    );
  };
  const pairs = classes.flatMap((a) => classes.flatMap((b) => (a === b ? [] : [area(a, (other) => other === b)])));
  return { oneVersusRest: mean(classes.map((own) => area(own, () => true))), oneVersusOne: mean(pairs) };
}
