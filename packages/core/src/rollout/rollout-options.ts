import {
  checkOptions,
  count,
  isRecord,
  type Kind,
  kind,
  type Kinds,
  list,
  ms,
  msOr0,
  msOrNever,
  oneOf,
  options as optionsOf,
  over,
  type Problems,
  problemsAt,
  required,
  share,
  told,
} from '../errors/index.ts';
import { TOTAL_WEIGHT } from '../routing/bucketing.ts';
import type { ContractReads, Counters, Gate, ReplayEvidence } from '../types/index.ts';

export interface RolloutShadowOptions {
  /** Share of units that are also given to the challenger, 0–1. @defaultValue 1 */
  readonly sampleRate?: number;
  /** Pairs before the first canary, at least. @defaultValue 500 */
  readonly minPairs?: number;
  /**
   * What a replay of logged decisions found of these two versions: its pairs count as pairs of the shadow stage, which still lasts `bakeMs`.
   * `evidence` of the result of `replay()` of `@understudy/core/replay`. @defaultValue none
   */
  readonly replay?: ReplayEvidence;
}

/** How a challenger takes the champion's place, automatically and on evidence. */
export interface RolloutOptions<I, O, T, V extends string, K extends string> {
  readonly challenger: V;
  /** Runs the challenger beside the champion first. @defaultValue no shadow stage: the first canary comes at once */
  readonly shadow?: RolloutShadowOptions;
  /** Shares of traffic of the canary stages, each larger than the one before, in steps of 0.0001: at most 12. @defaultValue [0.05, 0.25, 0.5] */
  readonly canaryShares?: readonly number[];
  /** Share that the old champion keeps after the last canary, so that harm can still be proven: from 0 to under 1. @defaultValue 0.02 */
  readonly holdbackShare?: number;
  /** Every stage lasts at least this long, in milliseconds. @defaultValue 3600000 */
  readonly bakeMs?: number;
  /** A stage without a decision after this time is inconclusive, in milliseconds. @defaultValue 1209600000 (14 days) */
  readonly maxBakeMs?: number;
  /** A version that was rolled back waits at least this long, in milliseconds. @defaultValue 86400000 (a day) */
  readonly cooldownMs?: number;
  /** Units of the challenger that each canary stage needs at least. @defaultValue 100 */
  readonly minUnits?: number;
  /** What must be proven: `errorRate()`, `slowCalls()`, `quality()`, `agreement()`, `kpi()`, `spend()`, `sampleRatio()`, `gate()`. */
  readonly gates: readonly Gate<ContractReads<I, O, T, K>>[];
  /** Probability of a false roll-back, over the whole rollout, all gates and all looks. @defaultValue 0.05 */
  readonly alpha?: number;
  /** `manual`: a person approves each stage, once everything else is proven. @defaultValue 'automatic' */
  readonly approval?: 'automatic' | 'manual';
  /** What happens to an inconclusive stage. @defaultValue 'hold' */
  readonly onInconclusive?: 'hold' | 'roll-back';
}

/** A gate with its types erased. */
export type AnyGate = Gate<never>;

/** The options with every default in place. */
export interface RolloutPlan {
  readonly challenger: string;
  /** `challenger@version over champion@version`. */
  readonly pair: string;
  readonly minPairs: number | undefined;
  /** What was counted of logged decisions; nothing without a replay. */
  readonly replayed: Counters | undefined;
  /** Shares of 10,000, ascending: the canary stages, then the share of a promoted challenger. */
  readonly weights: readonly number[];
  readonly bakeMs: number;
  readonly maxBakeMs: number;
  readonly cooldownMs: number;
  readonly minUnits: number;
  readonly gates: readonly AnyGate[];
  readonly alpha: number;
  readonly approval: 'automatic' | 'manual';
  readonly onInconclusive: 'hold' | 'roll-back';
}

/** The options with their types erased. */
type AnyRolloutOptions = Omit<RolloutOptions<unknown, unknown, unknown, string, never>, 'gates'> & {
  readonly gates: readonly AnyGate[];
};

const HOUR = 3_600_000;
const CANARY_SHARES: readonly number[] = [0.05, 0.25, 0.5];
const HOLDBACK_SHARE = 0.02;
const MAX_STAGES = 12;

/** The plan of valid options. */
export function rolloutPlan(options: AnyRolloutOptions, pair: string): RolloutPlan {
  const { canaryShares = CANARY_SHARES, holdbackShare = HOLDBACK_SHARE, bakeMs = HOUR } = options;
  return {
    challenger: options.challenger,
    pair,
    minPairs: options.shadow === undefined ? undefined : (options.shadow.minPairs ?? 500),
    replayed: options.shadow?.replay?.counters,
    weights: [...canaryShares, 1 - holdbackShare].map(weightOf),
    bakeMs,
    maxBakeMs: options.maxBakeMs ?? Math.max(14 * 24 * HOUR, 2 * bakeMs),
    cooldownMs: options.cooldownMs ?? 24 * HOUR,
    minUnits: options.minUnits ?? 100,
    gates: options.gates,
    alpha: options.alpha ?? 0.05,
    approval: options.approval ?? 'automatic',
    onInconclusive: options.onInconclusive ?? 'hold',
  };
}

/** What surrounds a rollout, as far as its options depend on it. */
export interface RolloutContext {
  readonly variants: readonly string[];
  readonly champion: string;
  readonly kpis: readonly string[];
  /** Why the store cannot keep a rollout; `undefined` where it can. */
  readonly storeProblem: string | undefined;
  /** Whether outcomes of other processes can be trusted: ids are sealed with a key, or there are no other processes. */
  readonly trustsOutcomes: boolean;
  /** The model, and the two versions that are compared. @defaultValue replays of any are taken */
  readonly release?: { readonly model: string; readonly pair: () => string | undefined };
}

const TRAFFIC_SHARE: Kind = kind(isTrafficShare, 'a fraction from 0 to under 1, in steps of 0.0001');
const SHADOW: Kinds<RolloutShadowOptions> = {
  sampleRate: share,
  minPairs: count,
  replay: kind(isReplayEvidence, 'the evidence of a replay: (await replay(…)).evidence'),
};

/** Counters of shadow alone: a replay says nothing about units that were assigned. */
function isReplayEvidence(value: unknown): value is ReplayEvidence {
  if (!isRecord(value) || value['format'] !== 1 || typeof value['pair'] !== 'string') return false;
  const { counters } = value;
  return (
    isRecord(counters) &&
    Object.entries(counters).every(
      ([name, count]) => /^(0\||@)/.test(name) && typeof count === 'number' && Number.isFinite(count),
    )
  );
}

const weightOf = (part: number): number => Math.round(part * TOTAL_WEIGHT);

/** Whether it is a whole number of weights. */
function isTrafficShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 1 && Math.abs(value * TOTAL_WEIGHT - weightOf(value)) < 1e-9;
}

/** Adds everything that is wrong with the options of a rollout. */
export function checkRollout(options: unknown, context: RolloutContext, problems: Problems): void {
  const path = 'options.rollout';
  if (!problems.expect(isRecord(options), path, `expected options, such as { challenger, gates }, got ${told(options)}`)) return;
  const { variants, champion, storeProblem } = context;
  const kinds: Kinds<AnyRolloutOptions> = {
    challenger: required(oneOf(...variants)),
    shadow: optionsOf(SHADOW),
    canaryShares: stages,
    holdbackShare: TRAFFIC_SHARE,
    bakeMs: msOr0,
    maxBakeMs: ms,
    cooldownMs: msOr0,
    minUnits: count,
    gates: required(list(kind(isGate, 'a gate: errorRate(), quality(), gate(), …'))),
    alpha: kind((value) => typeof value === 'number' && value > 0 && value < 0.5, 'a probability over 0 and under 0.5'),
    approval: oneOf('automatic', 'manual'),
    onInconclusive: oneOf('hold', 'roll-back'),
  };
  const defaults = { bakeMs: HOUR, holdbackShare: HOLDBACK_SHARE, canaryShares: CANARY_SHARES };
  const read = checkOptions(options as AnyRolloutOptions | undefined, kinds, defaults, (all) => {
    const last = all.canaryShares.at(-1) ?? 0;
    return [
      [all.challenger !== champion, 'challenger', `another variant than the champion ${champion}`],
      [all.maxBakeMs === undefined || all.maxBakeMs >= all.bakeMs, 'maxBakeMs', `milliseconds of at least bakeMs, ${all.bakeMs}`],
      [
        weightOf(last) + weightOf(all.holdbackShare) <= TOTAL_WEIGHT,
        'holdbackShare',
        `at most ${(TOTAL_WEIGHT - weightOf(last)) / TOTAL_WEIGHT}: the last canary stage (${last}) and the holdback are over 1 together`,
      ],
    ];
  });
  problems.addAll(path, read.problems);
  if (storeProblem !== undefined) problems.add(path, storeProblem);
  const replay = read.problems.length === 0 ? read.settings.shadow?.replay : undefined;
  const { model, pair } = context.release ?? {};
  if (replay !== undefined && pair !== undefined)
    problems.expect(
      replay.model === model && replay.pair === pair(),
      `${path}.shadow.replay`,
      `expected a replay of ${told(model)}, ${told(pair())}, got one of ${told(replay.model)}, ${told(replay.pair)}: replay these two versions`,
    );
  const { gates, shadow } = read.settings;
  if (Array.isArray(gates)) checkGates(gates, shadow !== undefined, context, path, problems);
}

/** Shares that grow. */
function stages(value: unknown): ReturnType<Kind> {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_STAGES)
    return `1 to ${MAX_STAGES} fractions, such as [0.05, 0.25, 0.5]`;
  let before = 0;
  return value.flatMap((part: unknown, index) => {
    const fits = isTrafficShare(part) && part > before;
    const expected = `a fraction over ${before} and under 1, in steps of 0.0001`;
    if (fits) before = part;
    return problemsAt(
      `[${index}]`,
      kind(() => fits, expected),
      part,
    );
  });
}

function isGate(value: unknown): value is AnyGate {
  return isRecord(value) && typeof value['name'] === 'string' && Array.isArray(value['problems']);
}

/** A gate of one's own may have any of these wrong; the built-in ones have told of them. */
const GATE: Partial<Kinds<AnyGate>> = { weight: over(0), maturityMs: msOr0, staleAfterMs: msOrNever };

function checkGates(
  gates: readonly unknown[],
  hasShadow: boolean,
  context: RolloutContext,
  path: string,
  problems: Problems,
): void {
  const names = new Set<string>();
  let proves = false;
  for (const [index, gate] of gates.entries()) {
    const at = `${path}.gates[${index}]`;
    // It was told of already.
    if (!isGate(gate)) continue;
    problems.addAll(at, gate.problems);
    problems.expect(!names.has(gate.name), at, `expected one gate named ${gate.name} only: give the other a name of its own`);
    names.add(gate.name);
    for (const [name, fits] of Object.entries(GATE)) {
      const value: unknown = Reflect.get(gate, name);
      if (value === undefined || gate.problems.some((problem) => problem.path === name)) continue;
      problems.addAll(at, problemsAt(name, fits, value));
    }
    // Evidence is kept under `stage|gate|counter`, and the units of a stage as a gate of that name.
    problems.expect(
      gate.name !== 'units' && !gate.name.includes('|'),
      at,
      `expected a name without "|", and other than "units", got ${told(gate.name)}`,
    );
    proves ||= gate.canary !== undefined || gate.check !== undefined;
    const sources = [gate.canary?.source, gate.shadow?.source];
    for (const source of sources) {
      if (source?.kind === 'kpi') {
        problems.expect(
          context.kpis.includes(source.kpi),
          at,
          `expected one of the contract's KPIs${context.kpis.length === 0 ? ', of which it has none' : ` ${context.kpis.join(', ')}`}, got ${told(source.kpi)}`,
        );
      }
    }
    problems.expect(
      context.trustsOutcomes || !sources.some((source) => source?.kind === 'kpi' || source?.kind === 'truth'),
      at,
      'has no data source that can be trusted: outcomes come by decision ids, which anybody can make without a key. Give createUnderstudy a signer: hmacSigner(key) of @understudy/node/signing',
    );
    problems.expect(
      gate.canary !== undefined || gate.shadow === undefined || hasShadow,
      at,
      'compares shadow pairs, and the rollout has no shadow stage: say shadow: { minPairs }',
    );
  }
  problems.expect(
    proves,
    `${path}.gates`,
    'expected a gate that decides about canary stages, such as errorRate({ maxRatio: 1.5 })',
  );
}
