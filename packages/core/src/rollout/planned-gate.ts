import type { Gate } from '../types/index.ts';
import { drawNormal } from '../statistics/random-variates.ts';
import { agreement, type AgreementOptions } from './gates/agreement.ts';
import { errorRate, type ErrorRateOptions } from './gates/error-rate.ts';
import { kpi, type KpiOptions } from './gates/kpi.ts';
import { quality, type QualityOptions } from './gates/quality.ts';
import { slowCalls, type SlowCallsOptions } from './gates/slow-calls.ts';
import { spend, type SpendOptions } from './gates/spend.ts';

/** What bad events are expected to do. */
export interface PlannedEvents {
  /** Bad events per unit on the champion, strictly between 0 and 1. */
  readonly rate: number;
  /** How many times as frequent they are on a challenger that must be found: each over 1. @defaultValue [1.5, 3] */
  readonly worse?: readonly number[];
  /** How many times as frequent they are on a challenger that is better: each between 0 and 1. @defaultValue [] */
  readonly improved?: readonly number[];
}

/** What scores are expected to do. */
export interface PlannedScores {
  /** On the champion, in the unit of the score. */
  readonly mean: number;
  /** Standard deviation over units: over 0. */
  readonly sd: number;
  /** The standard deviation of the difference between challenger and champion on the same input, for a shadow stage. @defaultValue sd */
  readonly pairSd?: number;
  /** By how many times `maxLoss` the mean of a challenger that must be found is worse: each over 0. @defaultValue [1, 3] */
  readonly worse?: readonly number[];
  /** By how many times `maxLoss` the mean of a challenger that is better is better: each over 0. @defaultValue [] */
  readonly improved?: readonly number[];
}

/** When outcomes come. */
export interface PlannedOutcomes {
  /** How long an outcome takes to come, in milliseconds: until then its unit counts for nothing. @defaultValue 0 */
  readonly labelDelayMs?: number;
}

/** What agreement with the champion is expected to be. */
export interface PlannedAgreement {
  /** Share of inputs on which a good challenger agrees, strictly between 0 and 1. */
  readonly share: number;
  /** How many times as often as `minAgreement` allows a challenger that must be found disagrees: each over 1. @defaultValue [1.5, 3] */
  readonly worse?: readonly number[];
  /** How many times as often as at `share` a challenger that is better disagrees: each between 0 and 1. @defaultValue [] */
  readonly improved?: readonly number[];
}

/** The options of a gate as in the rollout, its `kind`, and what is known of its values: plain data. */
export type PlannedGate =
  | ({ readonly kind: 'errorRate' } & ErrorRateOptions & PlannedEvents)
  | ({ readonly kind: 'slowCalls' } & SlowCallsOptions & PlannedEvents)
  | ({ readonly kind: 'agreement' } & AgreementOptions & PlannedAgreement)
  | ({ readonly kind: 'quality' } & Omit<QualityOptions<unknown, unknown, unknown>, 'score'> & PlannedScores & PlannedOutcomes)
  | ({ readonly kind: 'spend' } & Omit<SpendOptions<unknown, unknown>, 'cost'> & PlannedScores)
  | ({
      readonly kind: 'kpi';
      /** As in the contract. */ readonly kpi: string;
      /** @defaultValue 'higher' */ readonly better?: 'higher' | 'lower';
    } & KpiOptions &
      PlannedScores &
      PlannedOutcomes);

/** Draws the values of one gate. */
export interface ValueSource {
  readonly gate: Gate<never>;
  readonly better: 'higher' | 'lower';
  /** The champion's rate or mean; of agreement, the share. */
  readonly figure: number;
  readonly worse: readonly number[];
  /** The figure of a challenger that is worse by `factor`. */
  readonly worsened: (factor: number) => number;
  readonly improved: readonly number[];
  /** The figure of a challenger that is better by `factor`. */
  readonly bettered: (factor: number) => number;
  readonly labelDelayMs: number;
  /** A unit's value under a rate or mean. */
  readonly draw: (figure: number, random: () => number) => number;
  /** A pair's value (challenger minus champion, higher is better; of agreement 1 or 0), of a challenger with this rate or mean. */
  readonly drawPair: (figure: number, random: () => number) => number;
}

/** The real gate with a source of values. The options must have been checked. */
export function valueSource(planned: PlannedGate): ValueSource {
  switch (planned.kind) {
    case 'errorRate': {
      const { kind: _, rate: _rate, worse: _worse, improved: _improved, ...options } = planned;
      return events(errorRate(options), planned);
    }
    case 'slowCalls': {
      const { kind: _, rate: _rate, worse: _worse, improved: _improved, ...options } = planned;
      return events(slowCalls(options), planned);
    }
    case 'agreement': {
      const { kind: _, share, worse = [1.5, 3], improved = [], ...options } = planned;
      const { minAgreement } = options;
      const draw = (figure: number, random: () => number): number => (random() < figure ? 1 : 0);
      const worsened = (factor: number): number => 1 - factor * (1 - minAgreement);
      return {
        gate: agreement(options),
        better: 'higher',
        figure: share,
        worse,
        worsened,
        improved,
        bettered: (factor: number) => 1 - factor * (1 - share),
        labelDelayMs: 0,
        draw,
        drawPair: draw,
      };
    }
    case 'quality': {
      const {
        kind: _,
        mean: _mean,
        sd: _sd,
        pairSd: _pairSd,
        worse: _worse,
        improved: _improved,
        labelDelayMs,
        ...options
      } = planned;
      return scores(quality({ ...options, score: () => 0 }), planned, 'higher', labelDelayMs);
    }
    case 'spend': {
      const { kind: _, mean: _mean, sd: _sd, pairSd: _pairSd, worse: _worse, improved: _improved, ...options } = planned;
      return scores(spend(options), planned, 'lower');
    }
    case 'kpi': {
      const { kind: _, kpi: name, better = 'higher', mean: _mean, sd: _sd, pairSd: _pairSd, ...rest } = planned;
      const { worse: _worse, improved: _improved, labelDelayMs, ...options } = rest;
      return scores(kpi(name, options), planned, better, labelDelayMs);
    }
  }
}

function events(gate: ValueSource['gate'], { rate, worse = [1.5, 3], improved = [] }: PlannedEvents): ValueSource {
  const draw = (figure: number, random: () => number): number => (random() < figure ? 1 : 0);
  const times = (factor: number): number => rate * factor;
  return {
    gate,
    better: 'lower',
    figure: rate,
    worse,
    worsened: times,
    improved,
    bettered: times,
    labelDelayMs: 0,
    draw,
    drawPair: () => 0,
  };
}

function scores(
  gate: ValueSource['gate'],
  planned: PlannedScores & { readonly maxLoss: number; readonly range?: readonly [min: number, max: number] },
  better: 'higher' | 'lower',
  labelDelayMs = 0,
): ValueSource {
  const { mean, sd, pairSd = sd, maxLoss, range, worse = [1, 3], improved = [] } = planned;
  const sign = better === 'higher' ? 1 : -1;
  const width = range === undefined ? Infinity : range[1] - range[0];
  return {
    gate,
    better,
    figure: mean,
    worse,
    worsened: (factor) => mean - sign * factor * maxLoss,
    improved,
    bettered: (factor) => mean + sign * factor * maxLoss,
    labelDelayMs,
    draw:
      range === undefined
        ? (figure, random) => figure + sd * drawNormal(random)
        : (figure, random) => drawOfTwo(figure, sd, range, random),
    drawPair: (figure, random) => {
      const difference = sign * (figure - mean);
      return range === undefined
        ? difference + pairSd * drawNormal(random)
        : drawOfTwo(difference, pairSd, [-width, width], random);
    },
  };
}

/** One of two values with this mean and, where the range allows it, this standard deviation: as even as the range allows. */
function drawOfTwo(mean: number, sd: number, [min, max]: readonly [number, number], random: () => number): number {
  const spread = Math.min(sd, Math.sqrt(Math.max((mean - min) * (max - mean), 0)));
  if (spread === 0) return mean;
  const above = Math.min(Math.max(spread, (spread * spread) / (mean - min)), max - mean);
  const below = (spread * spread) / above;
  return random() < below / (above + below) ? Math.min(mean + above, max) : Math.max(mean - below, min);
}
