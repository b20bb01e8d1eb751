import type { CallFact, Gate } from '../../spec/index.ts';
import { boundedTest } from '../bounded-evidence.ts';
import { scoreTest } from '../score-evidence.ts';
import { type GateOptions, gateBase, optionProblems, scoreProblems } from './gate-options.ts';

export interface SpendOptions<I, O> extends GateOptions {
  /** What a call cost, in any unit: lower is better. `undefined`: this call does not count. `output` is undefined where nothing served. */
  readonly cost: (call: {
    readonly input: NoInfer<I>;
    readonly output: NoInfer<O> | undefined;
    readonly durationMs: number;
  }) => number | undefined;
  /** The mean cost of the challenger may be higher by less than this: over 0. */
  readonly maxLoss: number;
  /** The least and the largest cost. With it the test is exact at every sample size; without, it needs 400 units of each arm. */
  readonly range?: readonly [least: number, most: number];
}

/** Compares what calls cost. */
export function spend<I, O>(options: SpendOptions<I, O>): Gate<I, O, unknown, never> {
  const { maxLoss, range } = options;
  const measure = options.cost as (fact: CallFact) => number | undefined;
  return {
    ...gateBase('spend', options),
    problems: [
      ...scoreProblems(options),
      ...optionProblems([typeof measure === 'function', 'cost', 'a function ({ input, output }) => number', typeof measure]),
    ],
    canary: {
      source: { kind: 'call', measure },
      ...(range === undefined ? {} : { range }),
      test: () => (range === undefined ? scoreTest({ maxLoss, sign: -1 }) : boundedTest({ maxLoss, range, sign: -1 })),
    },
  };
}
