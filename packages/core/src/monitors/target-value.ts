import type { Problem } from '../errors/index.ts';
import type { DecisionFact, OutcomeFact } from '../types/index.ts';
import type { BuiltInContext, TargetView } from './monitor.ts';
import type { MonitorFailures } from './monitor-failures.ts';

/** Takes from a truth what the target is compared with. */
export type TruthReader<T> = (truth: T) => unknown;

/** A probability (of a truth: 0 or 1), a number, or a label as text. */
export type TargetValue = number | string;

/** Models that compute in 32 bits, or sum what they normalise, leave 0..1 by so much at most; beyond, it is no probability. */
const ROUNDING = 1e-5;

/** What a model tier predicted; `undefined` where another tier served, or where the field does not hold it. */
export function predictionOf({ tier, output }: DecisionFact, target: TargetView): TargetValue | undefined {
  if (tier !== 'model' && tier !== 'cache') return undefined;
  const value = fieldOf(output, target.field);
  if (target.kind === 'label') return labelOf(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  if (target.kind === 'number') return value;
  return value >= -ROUNDING && value <= 1 + ROUNDING ? Math.min(Math.max(value, 0), 1) : undefined;
}

/** What was true; `undefined` for a label of the wrong type. A function of the user's that throws makes the label invalid, and is counted. */
export function truthOf(
  truth: NonNullable<OutcomeFact['truth']>,
  target: TargetView,
  custom: TruthReader<unknown> | undefined,
  failures?: MonitorFailures,
): TargetValue | undefined {
  let value: unknown;
  try {
    value = custom === undefined ? fieldOf(truth.value, target.field) : custom(truth.value);
    if (custom !== undefined) failures?.settled('truthOf', value);
  } catch (error) {
    failures?.failed('truthOf', error);
    return undefined;
  }
  if (target.kind === 'label') return labelOf(value);
  if (target.kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  return value === 0 || value === 1 || typeof value === 'boolean' ? Number(value) : undefined;
}

/** Why the contract's target does not fit a monitor; nothing where it does. */
export function targetProblems(
  kind: string,
  { target }: Pick<BuiltInContext, 'target'>,
  kinds: readonly TargetView['kind'][],
): Problem[] {
  if (target !== undefined && kinds.includes(target.kind)) return [];
  const wanted = kinds.map((one) => `{ kind: '${one}', field }`).join(' or ');
  const got = target === undefined ? 'it has none' : `its kind is '${target.kind}'`;
  return [{ path: '', message: `${kind} needs target: ${wanted} in the contract: ${got}` }];
}

export function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

export function labelOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Whether it is a pair of finite numbers, the lower first. */
export function isRange(range: unknown): range is readonly [min: number, max: number] {
  return Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && Number(range[0]) < Number(range[1]);
}
