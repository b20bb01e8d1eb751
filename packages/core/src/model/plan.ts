import type { Executor } from '../policies/executor.ts';
import type { Reuse } from '../policies/reuse.ts';
import type { Assignment } from '../routing/assignment.ts';
import { type ExposurePart, nameHash } from '../routing/decision-id.ts';
import type {
  AdapterPredictor,
  BatchMachine,
  CircuitMachine,
  Call,
  FailureKind,
  FilteredEntry,
  Tier,
  TierKind,
} from '../types/index.ts';
import type { ServedBy } from './decision.ts';
import type { Effects } from './model-options.ts';
import type { VariantStreamOptions } from './stream-contract.ts';

/** A variant at run time. */
export interface Variant {
  readonly name: string;
  readonly version: string;
  /** A drill puts another one in its place for a while. */
  predictor: AdapterPredictor;
  readonly effects: Effects;
  readonly stream: VariantStreamOptions | undefined;
  readonly executor: Executor;
  readonly circuit: CircuitMachine | undefined;
  readonly batch: BatchMachine | undefined;
  /** Answers calls with what others were answered; `undefined` where no policy says so. */
  readonly reuse: Reuse | undefined;
  readonly servedBy: ServedBy<string>;
  /** Stands for name and version in ids. */
  readonly hash: number;
  served: number;
  failures: number;
}

/** A fallback tier at run time. */
export interface FixedTier {
  readonly tier: Tier<unknown, unknown>;
  readonly servedBy: ServedBy<string>;
  readonly hash: number;
  served: number;
  abstained: number;
}

/** An entry of `fallback` at run time. */
export interface FallbackTier {
  readonly tier: Variant | FixedTier;
  readonly serves?: ((kind: FailureKind) => boolean) | undefined;
}

/** One step of a plan: what is tried, and everything about a decision that it serves that is known beforehand. */
export interface Step {
  readonly variant: Variant | undefined;
  readonly fixed: FixedTier | undefined;
  readonly name: string;
  readonly tier: TierKind;
  readonly servedBy: ServedBy<string>;
  readonly exposure: ExposurePart;
  /** Which failures it is for; `undefined`: all of them. */
  readonly serves: ((kind: FailureKind) => boolean) | undefined;
  readonly isLast: boolean;
  /** Whether another variant comes after it. */
  readonly hasAlternative: boolean;
  /** The same where the variant's cache serves; `undefined` where it has none. */
  readonly cached: Step | undefined;
}

/** The tiers of one assignment, in order. There are few assignments, so plans are made once and kept. */
export interface Plan {
  readonly assignment: Assignment;
  readonly steps: readonly Step[];
  /** The sentence on a decision that the assigned variant served at once. */
  readonly reason: string;
}

/** Whether an entry of `fallback` is for some failures alone. */
export const isFiltered = <E>(entry: E | FilteredEntry<E>): entry is FilteredEntry<E> =>
  typeof entry === 'object' && entry !== null && 'serves' in entry;

/** Calls a variant's predictor, in a batch where it has one. */
export const askVariant = ({ batch, predictor }: Variant, input: unknown, attempt: Call): unknown =>
  batch === undefined ? predictor(input, attempt) : batch.add(predictor, input, attempt);

export type ExposureOf = (
  assignedHash: number,
  servedHash: number,
  tier: TierKind,
  stage: number,
  probability: number,
  atRisk: boolean,
) => ExposurePart;

export function variantHash(name: string, version: string): number {
  return nameHash(`${name}@${version}`);
}

const REASONS: Readonly<Record<Assignment['reason'], (variant: string) => string>> = {
  champion: (variant) => `${variant} is the champion.`,
  split: (variant) => `The split assigned ${variant}.`,
  rollout: (variant) => `The rollout assigned ${variant}.`,
  assign: (variant) => `The option assign chose ${variant}.`,
  force: (variant) => `The caller forced ${variant}.`,
  pin: (variant) => `An operator pinned ${variant}.`,
};

/** The assigned variant first, then the fallback tiers in their order, without repeating it. */
export function makePlan(
  assignment: Assignment,
  assigned: Variant,
  fallback: readonly FallbackTier[],
  exposureOf: ExposureOf,
): Plan {
  const { stage, probability, cell } = assignment;
  const tried: readonly FallbackTier[] = [{ tier: assigned }, ...fallback.filter(({ tier }) => tier !== assigned)];
  const steps = tried.map(({ tier, serves }, index): Step => {
    const later = tried.slice(index + 1);
    const isVariant = 'predictor' in tier;
    const kind = isVariant ? 'model' : tier.tier.kind;
    const stepOf = (by: TierKind, servedBy: ServedBy<string>, cached: Step | undefined): Step => ({
      variant: isVariant ? tier : undefined,
      fixed: isVariant ? undefined : tier,
      name: isVariant ? tier.name : tier.tier.name,
      tier: by,
      servedBy,
      exposure: exposureOf(assigned.hash, tier.hash, by, stage, probability, cell !== undefined),
      serves,
      isLast: later.length === 0,
      hasAlternative: later.some((other) => 'predictor' in other.tier),
      cached,
    });
    if (!isVariant || tier.reuse === undefined) return stepOf(kind, tier.servedBy, undefined);
    const fromCache = Object.freeze({ tier: 'cache', variant: tier.name, version: tier.version } as const);
    return stepOf(kind, tier.servedBy, stepOf('cache', fromCache, undefined));
  });
  return { assignment, steps, reason: REASONS[assignment.reason](assigned.name) };
}
