import { boundedTest } from '../bounded-evidence.ts';
import { scoreTest } from '../score-evidence.ts';
import type { AnyModelGate } from './error-rate.ts';
import { type OutcomeGateOptions, outcomeGateBase, scoreProblems } from './gate-options.ts';

export interface KpiOptions extends OutcomeGateOptions {
  /** The mean of the challenger may be worse by less than this, in the KPI's unit: over 0. */
  readonly maxLoss: number;
  /** The least and the largest value. With it (and without `maturityMs`) the test is exact at every sample size; else it needs 400 units of each arm. */
  readonly range?: readonly [least: number, most: number];
}

/** Compares a KPI of the contract, which says what is better; values come by `recordOutcome(id, { kpi })`. */
export function kpi<const K extends string>(name: K, options: KpiOptions): AnyModelGate<K> {
  const { maxLoss, range, maturityMs = 0 } = options;
  return {
    ...outcomeGateBase(`kpi:${name}`, options),
    problems: scoreProblems(options),
    canary: {
      source: { kind: 'kpi', kpi: name },
      ...(range === undefined ? {} : { range }),
      test: (better) => {
        const sign = better === 'higher' ? 1 : -1;
        // Bets in order of arrival are no fair bets where that order depends on the outcome.
        return range === undefined || maturityMs > 0 ? scoreTest({ maxLoss, sign }) : boundedTest({ maxLoss, range, sign });
      },
    },
  };
}
