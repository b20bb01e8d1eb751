import { callback, checkOptions, type Kinds, oneOf } from '../../errors/index.ts';
import type { CallFact, CallUsage, Gate } from '../../types/index.ts';
import { usedAmount, type UsageMeasure } from '../../usage/index.ts';
import { gateBase, SCORE_GATE, type ScoreGateOptions, scoreRelations } from './gate-options.ts';
import { testOfScores } from './score-test.ts';

export interface SpendOptions<I, O> extends ScoreGateOptions {
  /**
   * What a call cost, in any unit: lower is better. `undefined`: this call does not count. `output` is undefined where nothing served.
   * @defaultValue what the call reported, by `of`; a call that reported nothing does not count
   */
  readonly cost?: (call: {
    readonly input: NoInfer<I>;
    readonly output: NoInfer<O> | undefined;
    readonly durationMs: number;
    readonly usage?: CallUsage | undefined;
  }) => number | undefined;
  /**
   * What is compared of a call's usage where there is no `cost`: its money in US dollars, or its tokens. Usage without a known price is an
   * invalid value, and many of them hold the rollout.
   * @defaultValue 'cost'
   */
  readonly of?: UsageMeasure;
}

const SPEND: Kinds<SpendOptions<unknown, unknown>> = { ...SCORE_GATE, cost: callback, of: oneOf('cost', 'tokens') };

/** Compares what calls cost: by a function of yours, or by the usage that predictors report. */
export function spend<I, O>(options: SpendOptions<I, O>): Gate<{ readonly input: I; readonly output: O }> {
  const { settings, problems } = checkOptions(options as SpendOptions<unknown, unknown> | undefined, SPEND, {}, (all) => [
    ...scoreRelations(all),
    [all.cost === undefined || all.of === undefined, 'of', 'either cost or of'],
  ]);
  const { range, of = 'cost', cost = ({ usage }: CallFact) => usedAmount(usage, of) } = settings;
  return {
    ...gateBase('spend', settings),
    problems,
    canary: {
      source: { kind: 'call', measure: (fact: CallFact) => cost(fact) },
      ...(range === undefined ? {} : { range }),
      test: () => testOfScores(settings, 'lower'),
    },
  };
}
