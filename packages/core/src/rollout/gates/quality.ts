import type { Gate, ScoredDecision } from '../../spec/index.ts';
import { boundedTest } from '../bounded-evidence.ts';
import { pairedBoundedTest, pairedScoreTest } from '../pair-evidence.ts';
import { scoreTest } from '../score-evidence.ts';
import { type OutcomeGateOptions, optionProblems, outcomeGateBase, scoreProblems } from './gate-options.ts';

export interface QualityOptions<I, O, T> extends OutcomeGateOptions {
  /** How good a decision was, given the truth: higher is better. */
  readonly score: (decision: ScoredDecision<NoInfer<I>, NoInfer<O>>, truth: NoInfer<T>) => number;
  /** The mean score of the challenger may be lower by less than this, in units of the score: over 0. */
  readonly maxLoss: number;
  /** The least and the largest score. With it (and without `maturityMs`) the test is exact at every sample size; else it needs 400 units of each arm. */
  readonly range?: readonly [least: number, most: number];
}

/**
 * Compares how good decisions turned out once the truth is known (`recordOutcome(id, { truth })`): in shadow by pairs on the same
 * input, in a canary between the arms. Only what a model tier served is scored.
 */
export function quality<I, O, T>(options: QualityOptions<I, O, T>): Gate<I, O, T, never> {
  const { maxLoss, range, maturityMs = 0 } = options;
  // Bets in order of arrival are no fair bets where that order depends on the outcome.
  const bets = maturityMs > 0 ? undefined : range;
  const score = options.score as (decision: ScoredDecision<unknown, unknown>, truth: unknown) => number;
  const source = { kind: 'truth', score } as const;
  return {
    ...outcomeGateBase('quality', options),
    problems: [
      ...scoreProblems(options),
      ...optionProblems([typeof score === 'function', 'score', 'a function (decision, truth) => number', typeof score]),
    ],
    canary: {
      source,
      ...(range === undefined ? {} : { range }),
      test: () => (bets === undefined ? scoreTest({ maxLoss, sign: 1 }) : boundedTest({ maxLoss, range: bets, sign: 1 })),
    },
    shadow: {
      source,
      // Of differences.
      ...(range === undefined ? {} : { range: [range[0] - range[1], range[1] - range[0]] }),
      test: () => (bets === undefined ? pairedScoreTest(maxLoss) : pairedBoundedTest(maxLoss, bets[1] - bets[0])),
    },
  };
}
