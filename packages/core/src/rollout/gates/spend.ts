import { callback, checkOptions, type Kinds, required } from '../../errors/index.ts';
import type { CallFact, Gate } from '../../types/index.ts';
import { gateBase, SCORE_GATE, type ScoreGateOptions, scoreRelations } from './gate-options.ts';
import { testOfScores } from './score-test.ts';

export interface SpendOptions<I, O> extends ScoreGateOptions {
  /** What a call cost, in any unit: lower is better. `undefined`: this call does not count. `output` is undefined where nothing served. */
  readonly cost: (call: {
    readonly input: NoInfer<I>;
    readonly output: NoInfer<O> | undefined;
    readonly durationMs: number;
  }) => number | undefined;
}

const SPEND: Kinds<SpendOptions<unknown, unknown>> = { ...SCORE_GATE, cost: required(callback) };

/** Compares what calls cost. */
export function spend<I, O>(options: SpendOptions<I, O>): Gate<{ readonly input: I; readonly output: O }> {
  const { settings, problems } = checkOptions(options as SpendOptions<unknown, unknown> | undefined, SPEND, {}, scoreRelations);
  const { range } = settings;
  return {
    ...gateBase('spend', settings),
    problems,
    canary: {
      source: { kind: 'call', measure: (fact: CallFact) => settings.cost(fact) },
      ...(range === undefined ? {} : { range }),
      test: () => testOfScores(settings, 'lower'),
    },
  };
}
