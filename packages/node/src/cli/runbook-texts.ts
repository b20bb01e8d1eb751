import type * as monitors from '@understudy/core/monitors';
import type * as rollout from '@understudy/core/rollout';

/** What a runbook says of a kind of monitor or gate. */
export interface RunbookText {
  readonly means: string;
  /** What to look at first, most useful first. */
  readonly look: readonly string[];
}

type Made<M, Part extends string> = {
  [K in keyof M]: M[K] extends (...options: never) => infer R ? (R extends Readonly<Record<Part, unknown>> ? K : never) : never;
}[keyof M];

/** Every factory of a monitor: a new one without a text here is no program that compiles. */
export type MonitorFactory = Made<typeof monitors, 'confirmations'>;
/** Every factory of a gate. */
export type GateFactory = Made<typeof rollout, 'weight'>;

export const MONITOR_TEXTS: Readonly<Record<MonitorFactory, RunbookText>> = {
  attributions: {
    means: 'What the model bases its predictions on has changed, though its inputs may look the same.',
    look: [
      'Fields whose share of the explanation has moved',
      'Changes in the pipeline that feeds them',
      'The newest release of the model',
    ],
  },
  calibration: {
    means: 'Probabilities are not what they say: of predictions of 0.8, clearly more or fewer than 80 % come true.',
    look: ['Whether the share of positive cases has changed', 'Segments that are off alone', 'A recalibration on fresh outcomes'],
  },
  dataQuality: {
    means:
      'Inputs break what the reference knows: missing values, unseen categories, numbers out of range, inputs that break the contract.',
    look: [
      'The fields that the readings name',
      'Releases of what produces them, units and encodings',
      'Invalid inputs in status().calls',
    ],
  },
  drift: {
    means:
      'Inputs or outputs are distributed differently than in the reference. Drift alone does not prove that predictions are worse.',
    look: [
      'The fields with the largest statistic',
      'Whether a monitor of quality says the same',
      'Season, campaigns, a new customer, a changed pipeline',
    ],
  },
  errorStream: {
    means: 'Errors against the truth have become more frequent or larger, judged case by case.',
    look: [
      'When it began, and what was released then',
      'Whether the truth itself is recorded rightly',
      'Drift of the inputs at that time',
    ],
  },
  estimatedPerformance: {
    means: 'Quality, estimated from the confidence of predictions before the truth is known, has fallen.',
    look: [
      'Drift monitors: the estimate follows the inputs',
      'Calibration: the estimate is as good as the probabilities',
      'The real metric as soon as truth comes in',
    ],
  },
  fairness: {
    means: 'Groups are treated differently by more than the limit.',
    look: [
      'Which groups, and how many cases each has',
      'Whether inputs of one group have drifted',
      'Whom the decisions concern: ask who answers for them',
    ],
  },
  kpiValue: {
    means: 'A KPI of the business is out of its bounds.',
    look: [
      'Whether the KPI moved for calls that no model served, too',
      'Changes outside of the model: prices, traffic, forms',
      'The delay until KPI values arrive',
    ],
  },
  liveMetric: {
    means: 'Quality against the truth is below its floor.',
    look: [
      'How many outcomes are known, and how late they come',
      'Drift and data quality of the same time',
      'Segments that are below the floor alone',
    ],
  },
  monitor: {
    means: 'A condition of your own is not met.',
    look: ['Its readings', 'Whoever wrote it: say here what it means by its name'],
  },
  overrides: {
    means: 'People correct the model more often than they may need to, or hardly ever: both can be a sign.',
    look: ['Reasons of overrides in events', 'Whether few people make most of them', 'Blind reviews, which are counted apart'],
  },
  serviceLevel: {
    means: 'The error budget of availability or latency burns too fast.',
    look: ['Circuits and failed attempts by error', 'Latency of each variant', 'What the endpoint says of itself'],
  },
  spendBudget: {
    means: 'More money or tokens are spent than planned.',
    look: [
      'Which variant spends it',
      'Tokens of a call: longer inputs, longer answers, retries',
      'Cache, limits and the budget policy',
    ],
  },
  trafficProfile: {
    means: 'It judges nothing: it keeps a profile of the traffic, for the next reference.',
    look: ['The profile that it holds', 'The drift monitor that compares with the reference'],
  },
};

export const GATE_TEXTS: Readonly<Record<GateFactory, RunbookText>> = {
  agreement: {
    means: 'How often the challenger says what the champion says.',
    look: ['Pairs that disagree', 'Whether they ought to agree at all'],
  },
  errorRate: {
    means: 'Whether calls of the challenger fail more often.',
    look: ['Failed attempts of the challenger by error', 'Its circuit'],
  },
  gate: { means: 'A condition of your own.', look: ['What its check answered last', 'Whoever wrote it'] },
  kpi: {
    means: 'Whether a KPI is worse with the challenger.',
    look: ['KPI values of both sides', 'How many outcomes are still to come'],
  },
  quality: {
    means: 'Whether predictions of the challenger are worse against the truth.',
    look: ['Truths that are known', 'Segments'],
  },
  sampleRatio: {
    means: 'Whether both sides get the shares that they should: if not, the comparison is worth nothing.',
    look: ['Units that change between calls', 'Calls that are lost on one side alone', 'Bots and retries of clients'],
  },
  slowCalls: {
    means: 'Whether the challenger is slow more often.',
    look: ['Latency of both variants', 'Where the time goes: queue, network, model'],
  },
  spend: { means: 'Whether the challenger costs more.', look: ['Tokens and prices of both variants', 'Retries'] },
};

/** What an action of a breach has done, and how to undo it. `control` is `model.control`. */
export const ACTION_TEXTS = {
  pause: {
    did: 'Model tiers are paused: rules and fixed outputs serve.',
    undo: "await model.control.resume({ by, reason: 'why it is safe again' });",
  },
  isolate: {
    did: 'Variants are isolated: they serve nothing.',
    undo: "await model.control.readmit('VARIANT', { by, reason: 'why it is safe again' });",
  },
  'roll-back': {
    did: 'The rollout was rolled back: the champion serves.',
    undo: "await model.control.rollout.resume({ by, reason: 'what has changed' });",
  },
} as const;
