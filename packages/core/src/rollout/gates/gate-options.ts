import {
  finite,
  type Kind,
  kind,
  type Kinds,
  msOr0,
  msOrNever,
  over,
  type Relation,
  required,
  text,
} from '../../errors/index.ts';
import { rolloutRunner } from '../rollout-runner.ts';

/** What every statistical gate takes. */
export interface GateOptions {
  /** Names it in status and events; two gates of one kind need two names. @defaultValue its kind */
  readonly name?: string;
  /** Its part of alpha, relative to the weights of the other gates. @defaultValue 1 */
  readonly weight?: number;
  /**
   * Evidence older than this is stale, in milliseconds: the rollout does not advance on it.
   * @defaultValue 3600000; for outcomes a day, or twice their maturity
   */
  readonly staleAfterMs?: number;
}

export const GATE: Kinds<GateOptions> = { name: text, weight: over(0), staleAfterMs: msOrNever };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What gates on calls and pairs have in common. */
export function gateBase(
  kindOfGate: string,
  { name = kindOfGate, weight = 1, staleAfterMs = HOUR }: GateOptions,
): { readonly name: string; readonly weight: number; readonly staleAfterMs: number; readonly '~runner': unknown } {
  return { name, weight, staleAfterMs, '~runner': rolloutRunner };
}

/** What gates on scores, KPIs and costs take. */
export interface ScoreGateOptions extends GateOptions {
  /** The margin: the challenger's mean may be worse by less than this, in units of the score. Over 0. */
  readonly maxLoss: number;
  /**
   * The least and the largest value. With it the test holds at every sample size. Without it the test needs 400 units of each arm, and more
   * if a few units make up most of the spread. Values outside are invalid.
   */
  readonly range?: readonly [min: number, max: number];
  /**
   * Instead of `range`, for values with a heavy tail: those outside count as its nearest end, and the means of the capped values are
   * compared.
   */
  readonly cap?: readonly [min: number, max: number];
}

const ENDS: Kind = kind(
  (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] < value[1],
  '[min, max] with min under max',
);

export const SCORE_GATE: Kinds<ScoreGateOptions> = { ...GATE, maxLoss: required(over(0)), range: ENDS, cap: ENDS };

/** What must hold between the options of a gate on scores. */
export function scoreRelations({ maxLoss, range, cap }: ScoreGateOptions): readonly Relation[] {
  const ends = cap ?? range;
  return [
    [range === undefined || cap === undefined, 'cap', 'either range or cap'],
    [
      ends === undefined || maxLoss < ends[1] - ends[0],
      'maxLoss',
      `less than the width of the ${cap === undefined ? 'range' : 'cap'}`,
    ],
  ];
}

export interface OutcomeGateOptions extends GateOptions {
  /**
   * How long outcomes take, in milliseconds: a decision is scored when this has passed since, and an outcome that comes later does not
   * count. Set it if bad outcomes come at another time than good ones. Give the gate another name when you change it in a running rollout:
   * its evidence begins anew.
   * @defaultValue 0: at once, however late
   */
  readonly maturityMs?: number;
  /**
   * For outcomes that never say "no", such as a purchase: the value of a unit whose outcome has not come when `maturityMs` is over.
   * @defaultValue such units do not count, and many of them on one arm hold the rollout
   */
  readonly missingAs?: number;
}

export const OUTCOME_GATE: Kinds<OutcomeGateOptions> = { ...GATE, maturityMs: msOr0, missingAs: finite };

/** What must hold between the options of a gate on outcomes. */
export function outcomeRelations({
  maturityMs = 0,
  missingAs,
  range,
}: OutcomeGateOptions & Partial<ScoreGateOptions>): readonly Relation[] {
  const isInside = missingAs === undefined || range === undefined || (missingAs >= range[0] && missingAs <= range[1]);
  return [
    [missingAs === undefined || maturityMs > 0, 'missingAs', 'maturityMs beside it: until then an outcome may still come'],
    [isInside, 'missingAs', 'a value within the range'],
  ];
}

export function outcomeGateBase(
  kindOfGate: string,
  options: OutcomeGateOptions,
): ReturnType<typeof gateBase> & { readonly maturityMs: number; readonly missingAs?: number } {
  const { maturityMs = 0, missingAs, staleAfterMs = Math.max(DAY, 2 * maturityMs) } = options;
  const base = { ...gateBase(kindOfGate, { ...options, staleAfterMs }), maturityMs };
  return missingAs === undefined ? base : { ...base, missingAs };
}
