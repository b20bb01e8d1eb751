import { checkOptions, type Kinds, problemsAt, text } from '../../errors/index.ts';
import type { Gate } from '../../types/index.ts';
import {
  OUTCOME_GATE,
  type OutcomeGateOptions,
  outcomeGateBase,
  outcomeRelations,
  SCORE_GATE,
  type ScoreGateOptions,
  scoreRelations,
} from './gate-options.ts';
import { testOfScores } from './score-test.ts';

export interface KpiOptions extends OutcomeGateOptions, ScoreGateOptions {}

const KPI: Kinds<KpiOptions> = { ...OUTCOME_GATE, ...SCORE_GATE };

/**
 * Compares a KPI of the contract, which says what is better; values come by `recordOutcome(id, { kpi })`. Of each unit the first
 * decision of a stage counts.
 */
export function kpi<const K extends string>(name: K, options: KpiOptions): Gate<{ readonly kpis: Readonly<Record<K, unknown>> }> {
  const { settings, problems } = checkOptions(options, KPI, {}, (all) => [...scoreRelations(all), ...outcomeRelations(all)]);
  const named = problemsAt('kpi', text, name);
  const { range } = settings;
  return {
    ...outcomeGateBase(`kpi:${named.length === 0 ? name : ''}`, settings),
    problems: [...named, ...problems],
    canary: {
      source: { kind: 'kpi', kpi: name },
      ...(range === undefined ? {} : { range }),
      test: (better) => testOfScores(settings, better),
    },
  };
}
