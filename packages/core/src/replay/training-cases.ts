import { callback, finite, type Kinds, kind, list, readOptions, readProperty } from '../errors/index.ts';
import { isSource, readRow, type ReplayRow, type ReplayRows, sourceOf } from './replay-row.ts';

/** A case that people have reviewed: what `labels()` of a review queue gives. */
export interface ReviewedCase {
  readonly decisionId: string;
  readonly input: unknown;
  readonly output?: unknown;
  readonly label: unknown;
  readonly agrees: boolean;
  readonly by: readonly string[];
  readonly at: number;
  /** The probability with which it was chosen for review, over 0, at most 1. */
  readonly probability: number;
}

/** A case for the training of the next model. */
export interface TrainingCase {
  /** The id of the decision. */
  readonly id: string;
  readonly input: unknown;
  /** What is right. */
  readonly label: unknown;
  readonly labelledBy: 'review' | 'truth';
  /** What was served, where it is known, and by which variant and version. */
  readonly output?: unknown;
  readonly servedBy?: string;
  readonly version?: string;
  /** The probability with which this case came to have a label; 1 for truths. */
  readonly propensity: number;
  /** 1 / propensity: with it, the cases stand for all decisions. */
  readonly weight: number;
  /** Who reviewed it, and when, in milliseconds since the Unix epoch. */
  readonly by?: readonly string[];
  readonly at?: number;
}

export interface TrainingCasesOptions {
  /** Queues of reviews: `reviewQueue(…)`. @defaultValue none */
  readonly reviews?: readonly { readonly labels: () => AsyncIterable<ReviewedCase> }[];
  /** Logged decisions with their truths. @defaultValue none */
  readonly rows?: ReplayRows<unknown, unknown, unknown>;
  /** The probability with which the truth of a decision becomes known, where it is not 1: over 0, at most 1. */
  readonly truthPropensity?: (row: ReplayRow) => number;
  /** Largest weight of a case, over 0. @defaultValue no bound */
  readonly maxWeight?: number;
}

const KINDS: Kinds<TrainingCasesOptions> = {
  reviews: list(kind((value) => typeof readProperty(value, 'labels') === 'function', 'a queue of reviews, with labels()')),
  rows: kind((value) => typeof value === 'object' && value !== null, 'rows, as replay() takes them'),
  truthPropensity: callback,
  maxWeight: kind((value) => finite(value) === undefined && Number(value) > 0, 'a number over 0'),
};

/**
 * Cases whose label is known, reviewed ones first; one that was reviewed is not told again where the log has it, too. Rows that hold no decision are left out. What the cases were chosen by is in their propensity: a case that was
 * reviewed with a probability of 0.1 stands for ten. Ids of reviewed decisions are kept in memory.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, `INPUT_INVALID` for a propensity that is none
 */
export async function* trainingCases(options: TrainingCasesOptions): AsyncGenerator<TrainingCase> {
  const {
    reviews = [],
    rows,
    truthPropensity,
    maxWeight = Infinity,
  } = readOptions<TrainingCasesOptions, {}>('trainingCases', options, KINDS, {});
  const seen = new Set<string>();
  const weighted = (propensity: number): { readonly propensity: number; readonly weight: number } => ({
    propensity,
    weight: Math.min(1 / propensity, maxWeight),
  });
  for (const queue of reviews) {
    for await (const { decisionId, input, output, label, by, at, probability } of queue.labels()) {
      if (seen.has(decisionId)) continue;
      seen.add(decisionId);
      const served = output === undefined ? {} : { output };
      yield { id: decisionId, input, label, labelledBy: 'review', ...served, ...weighted(propensityOf(probability)), by, at };
    }
  }
  if (rows === undefined) return;
  const source = isSource(rows) ? rows : sourceOf(rows);
  let number = 0;
  for await (const { rows: batch } of source.batches(undefined)) {
    for (const given of batch) {
      number++;
      const read = readRow(given, number);
      if ('problem' in read || read.row.truth === undefined) continue;
      const { row, id } = read;
      const { input, truth: label, output, servedBy, version } = row;
      if (seen.has(id)) continue;
      yield {
        id,
        input,
        label,
        labelledBy: 'truth',
        ...(output === undefined ? {} : { output }),
        ...(servedBy === undefined ? {} : { servedBy }),
        ...(version === undefined ? {} : { version }),
        ...weighted(propensityOf(truthPropensity?.(row) ?? 1)),
      };
    }
  }
}

function propensityOf(value: unknown): number {
  const { propensity } = readOptions(
    'trainingCases',
    { propensity: value },
    { propensity: kind((one) => typeof one === 'number' && one > 0 && one <= 1, 'a probability over 0, at most 1') },
    {},
  );
  return propensity as number;
}
