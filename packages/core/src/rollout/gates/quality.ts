import { callback, checkOptions, type Kinds, required } from '../../errors/index.ts';
import type { Gate, ScoredDecision } from '../../types/index.ts';
import { pairedBoundedTest, pairedScoreTest } from '../pair-evidence.ts';
import {
  OUTCOME_GATE,
  type OutcomeGateOptions,
  outcomeGateBase,
  outcomeRelations,
  SCORE_GATE,
  type ScoreGateOptions,
  scoreRelations,
} from './gate-options.ts';
import { capped, testOfScores } from './score-test.ts';

export interface QualityOptions<I, O, T> extends OutcomeGateOptions, ScoreGateOptions {
  /** How good a decision was, given the truth: higher is better. */
  readonly score: (decision: ScoredDecision<NoInfer<I>, NoInfer<O>>, truth: NoInfer<T>) => number;
}

const QUALITY: Kinds<QualityOptions<unknown, unknown, unknown>> = { ...OUTCOME_GATE, ...SCORE_GATE, score: required(callback) };

/**
 * Compares how good decisions turned out once the truth is known (`recordOutcome(id, { truth })`): in shadow by pairs on the same
 * input, in a canary between the arms. Of each unit the first decision of a stage counts, and only what a model tier served.
 */
export function quality<I, O, T>(
  options: QualityOptions<I, O, T>,
): Gate<{ readonly input: I; readonly output: O; readonly truth: T }> {
  const { settings, problems } = checkOptions(
    options as QualityOptions<unknown, unknown, unknown> | undefined,
    QUALITY,
    {},
    (all) => [...scoreRelations(all), ...outcomeRelations(all)],
  );
  const { maxLoss, range, cap } = settings;
  const score: typeof settings.score = (decision, truth) => capped(settings.score(decision, truth), cap);
  const source = { kind: 'truth', score } as const;
  const width = (ends: readonly [number, number]): number => ends[1] - ends[0];
  const ends = cap ?? range;
  return {
    ...outcomeGateBase('quality', settings),
    problems,
    canary: { source, ...(range === undefined ? {} : { range }), test: () => testOfScores(settings, 'higher') },
    shadow: {
      source,
      // A range of differences.
      ...(range === undefined || problems.length > 0 ? {} : { range: [-width(range), width(range)] as const }),
      test: () => (ends === undefined ? pairedScoreTest(maxLoss) : pairedBoundedTest(maxLoss, width(ends))),
    },
  };
}
