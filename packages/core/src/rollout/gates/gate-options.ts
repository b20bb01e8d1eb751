import { optionProblems, type Problem } from '../../errors/index.ts';
import { rolloutEngine } from '../rollout-engine.ts';

/** What every statistical gate takes. */
export interface GateOptions {
  /** Names it in status and events; two gates of one kind need two names. @defaultValue its kind */
  readonly name?: string;
  /** Its part of alpha against the parts of the other gates. @defaultValue 1 */
  readonly weight?: number;
  /** Evidence older than this is stale: nothing advances on it, in milliseconds. @defaultValue 3600000; for outcomes a day, or twice their maturity */
  readonly staleAfterMs?: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What gates on calls and pairs have in common. */
export function gateBase(
  kind: string,
  { name = kind, weight = 1, staleAfterMs = HOUR }: GateOptions,
): { readonly name: string; readonly weight: number; readonly staleAfterMs: number; readonly '~engine': unknown } {
  return { name, weight, staleAfterMs, '~engine': rolloutEngine };
}

export interface OutcomeGateOptions extends GateOptions {
  /**
   * How long outcomes take, in milliseconds: a decision is scored when this has passed since, and an outcome that comes later
   * does not count. Say it where bad outcomes come at another time than good ones. Give the gate another name when you change it
   * in a running rollout: its evidence begins anew. @defaultValue 0: at once, however late
   */
  readonly maturityMs?: number;
}

export function outcomeGateBase(
  kind: string,
  options: OutcomeGateOptions,
): ReturnType<typeof gateBase> & { readonly maturityMs: number } {
  const { maturityMs = 0, staleAfterMs = Math.max(DAY, 2 * maturityMs) } = options;
  return { ...gateBase(kind, { ...options, staleAfterMs }), maturityMs };
}

/** Checks what a score or KPI gate takes. */
export function scoreProblems({
  maxLoss,
  range,
}: {
  readonly maxLoss: number;
  readonly range?: readonly [number, number];
}): Problem[] {
  const [least, most] = Array.isArray(range) ? range : [0, range === undefined ? 1 : Number.NaN];
  const fits = Number.isFinite(least) && Number.isFinite(most) && least < most;
  return optionProblems(
    [maxLoss > 0 && maxLoss < Infinity, 'maxLoss', 'a number over 0, in units of the score', maxLoss],
    [fits, 'range', '[least, most] with least under most', JSON.stringify(range)],
    [range === undefined || !fits || maxLoss < most - least, 'maxLoss', 'less than the width of the range', maxLoss],
  );
}

export { optionProblems };
