import type { Problems } from '../errors/index.ts';
import type { Gate } from '../spec/index.ts';

export interface RolloutShadowOptions {
  /** Share of units that are also given to the challenger, 0–1. @defaultValue 1 */
  readonly sampleRate?: number;
  /** Pairs before the first canary, at least. @defaultValue 500 */
  readonly minimumPairs?: number;
}

/** How a challenger comes to serve: automatically, on evidence. */
export interface RolloutOptions<I, O, T, V extends string, K extends string> {
  readonly challenger: V;
  /** Runs the challenger beside the champion first. @defaultValue no shadow stage: the first canary comes at once */
  readonly shadow?: RolloutShadowOptions;
  /** Shares of traffic in percent, each larger than the one before: at most 12. @defaultValue [5, 25, 50] */
  readonly canaryPercent?: readonly number[];
  /** Share that the old champion keeps after the last canary, in percent, so that harm can still be proven. @defaultValue 2 */
  readonly holdbackPercent?: number;
  /** Every stage lasts at least this long, in milliseconds. @defaultValue 3600000 */
  readonly bakeMs?: number;
  /** After this time without a decision a stage is inconclusive, in milliseconds. @defaultValue 1209600000 (14 days) */
  readonly maxBakeMs?: number;
  /** A version that was rolled back waits at least this long, in milliseconds. @defaultValue 86400000 (a day) */
  readonly cooldownMs?: number;
  /** Units of the challenger that each canary stage needs at least. @defaultValue 100 */
  readonly minimumUnits?: number;
  /** What must be proven: `errorRate()`, `slowCalls()`, `quality()`, `agreement()`, `kpi()`, `spend()`, `sampleRatio()`, `gate()`. */
  readonly gates: readonly Gate<I, O, T, K>[];
  /** Probability of a false roll-back, over the whole rollout, all gates and all looks. @defaultValue 0.05 */
  readonly alpha?: number;
  /** `manual`: a person approves each stage, once everything else is proven. @defaultValue 'automatic' */
  readonly approval?: 'automatic' | 'manual';
  /** What a stage that stays without a decision comes to. @defaultValue 'hold' */
  readonly onInconclusive?: 'hold' | 'roll-back';
}

/** A gate with its types erased. */
export type AnyGate = Gate<unknown, unknown, unknown, string>;

/** The options with every default in place. */
export interface RolloutPlan {
  readonly challenger: string;
  /** `challenger@version over champion@version`. */
  readonly pair: string;
  readonly minimumPairs: number | undefined;
  /** Of 10,000, ascending: the canary stages, then the share of a promoted challenger. */
  readonly weights: readonly number[];
  readonly bakeMs: number;
  readonly maxBakeMs: number;
  readonly cooldownMs: number;
  readonly minimumUnits: number;
  readonly gates: readonly AnyGate[];
  readonly alpha: number;
  readonly approval: 'automatic' | 'manual';
  readonly onInconclusive: 'hold' | 'roll-back';
}

type AnyRolloutOptions = RolloutOptions<unknown, unknown, unknown, string, string>;

const HOUR = 3_600_000;
const CANARY_PERCENT: readonly number[] = [5, 25, 50];
const MOST_STAGES = 12;

/** The plan of valid options. */
export function rolloutPlan(options: AnyRolloutOptions, pair: string): RolloutPlan {
  const { canaryPercent = CANARY_PERCENT, holdbackPercent = 2, bakeMs = HOUR } = options;
  return {
    challenger: options.challenger,
    pair,
    minimumPairs: options.shadow === undefined ? undefined : (options.shadow.minimumPairs ?? 500),
    weights: [...canaryPercent, 100 - holdbackPercent].map((percent) => Math.round(percent * 100)),
    bakeMs,
    maxBakeMs: options.maxBakeMs ?? Math.max(14 * 24 * HOUR, 2 * bakeMs),
    cooldownMs: options.cooldownMs ?? 24 * HOUR,
    minimumUnits: options.minimumUnits ?? 100,
    gates: options.gates,
    alpha: options.alpha ?? 0.05,
    approval: options.approval ?? 'automatic',
    onInconclusive: options.onInconclusive ?? 'hold',
  };
}

/** What surrounds a rollout, as far as its options depend on it. */
export interface RolloutSurroundings {
  readonly variants: readonly string[];
  readonly champion: string;
  readonly kpis: readonly string[];
  /** Why the store cannot keep a rollout; `undefined` where it can. */
  readonly storeProblem: string | undefined;
  /** Whether outcomes of other processes can be trusted: ids are sealed with a key, or there are no other processes. */
  readonly trustsOutcomes: boolean;
}

/** Adds everything that is wrong with the options of a rollout. */
export function checkRollout(options: unknown, surroundings: RolloutSurroundings, problems: Problems): void {
  const path = 'options.rollout';
  if (!problems.expect(isObject(options), path, 'expected options, such as { challenger, gates }') || !isObject(options)) return;
  const given = options as AnyRolloutOptions;
  const { variants, champion, storeProblem } = surroundings;
  const known = problems.expect(
    variants.includes(given.challenger),
    `${path}.challenger`,
    `expected one of the variants ${variants.join(', ')}, got ${JSON.stringify(given.challenger)}`,
  );
  if (known)
    problems.expect(
      given.challenger !== champion,
      `${path}.challenger`,
      `expected another variant than the champion ${champion}`,
    );
  if (storeProblem !== undefined) problems.add(path, storeProblem);
  checkStages(given, path, problems);
  checkNumbers(given, path, problems);
  checkGates(given, surroundings, path, problems);
}

function checkStages(options: AnyRolloutOptions, path: string, problems: Problems): void {
  const { canaryPercent = CANARY_PERCENT, holdbackPercent = 2 } = options;
  const within = (percent: unknown, least: number): boolean =>
    typeof percent === 'number' &&
    percent >= least &&
    percent <= 100 &&
    Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-9;
  problems.expect(
    within(holdbackPercent, 0) && holdbackPercent < 100,
    `${path}.holdbackPercent`,
    `expected a percentage from 0 to under 100, in steps of 0.01, got ${String(holdbackPercent)}`,
  );
  if (!Array.isArray(canaryPercent) || canaryPercent.length === 0 || canaryPercent.length > MOST_STAGES) {
    problems.add(`${path}.canaryPercent`, `expected 1 to ${MOST_STAGES} percentages, such as [5, 25, 50]`);
    return;
  }
  let before = 0;
  for (const [index, percent] of canaryPercent.entries()) {
    const fits = within(percent, 0.01) && percent > before && percent < 100;
    const expected = `expected a percentage over ${before} and under 100, in steps of 0.01, got ${String(percent)}`;
    problems.expect(fits, `${path}.canaryPercent[${index}]`, expected);
    if (fits) before = percent;
  }
  problems.expect(
    before <= 100 - holdbackPercent,
    `${path}.holdbackPercent`,
    `the last canary stage (${before} %) and the holdback (${holdbackPercent} %) are over 100 % together`,
  );
}

function checkNumbers(options: AnyRolloutOptions, path: string, problems: Problems): void {
  const atLeast = (value: unknown, least: number, name: string, unit: string): void => {
    const fits = value === undefined || (typeof value === 'number' && value >= least && Number.isFinite(value));
    problems.expect(fits, `${path}.${name}`, `expected ${unit} of at least ${least}, got ${String(value)}`);
  };
  atLeast(options.bakeMs, 0, 'bakeMs', 'milliseconds');
  atLeast(options.cooldownMs, 0, 'cooldownMs', 'milliseconds');
  atLeast(options.minimumUnits, 1, 'minimumUnits', 'units');
  atLeast(options.maxBakeMs, Math.max(1, options.bakeMs ?? HOUR), 'maxBakeMs', 'milliseconds');
  const { shadow = {}, alpha = 0.05, approval = 'automatic', onInconclusive = 'hold' } = options;
  if (
    problems.expect(
      isObject(shadow),
      `${path}.shadow`,
      `expected options, such as { minimumPairs: 500 }, got ${JSON.stringify(shadow)}`,
    )
  ) {
    const { sampleRate = 1 } = shadow;
    atLeast(shadow.minimumPairs, 1, 'shadow.minimumPairs', 'pairs');
    problems.expect(
      isNumber(sampleRate) && sampleRate > 0 && sampleRate <= 1,
      `${path}.shadow.sampleRate`,
      `expected a fraction over 0 and at most 1, got ${String(sampleRate)}`,
    );
  }
  problems.expect(
    isNumber(alpha) && alpha > 0 && alpha < 0.5,
    `${path}.alpha`,
    `expected a probability over 0 and under 0.5, got ${String(alpha)}`,
  );
  problems.expect(
    approval === 'automatic' || approval === 'manual',
    `${path}.approval`,
    `expected 'automatic' or 'manual', got ${JSON.stringify(approval)}`,
  );
  problems.expect(
    onInconclusive === 'hold' || onInconclusive === 'roll-back',
    `${path}.onInconclusive`,
    `expected 'hold' or 'roll-back', got ${JSON.stringify(onInconclusive)}`,
  );
}

function checkGates(options: AnyRolloutOptions, around: RolloutSurroundings, path: string, problems: Problems): void {
  const { gates } = options;
  if (!Array.isArray(gates)) {
    problems.add(`${path}.gates`, 'expected a list of gates, such as [errorRate({ maxRatio: 1.5 })]');
    return;
  }
  const names = new Set<string>();
  let proves = false;
  for (const [index, gate] of (gates as readonly AnyGate[]).entries()) {
    const at = `${path}.gates[${index}]`;
    const isGate = isObject(gate) && typeof gate.name === 'string' && Array.isArray(gate.problems);
    if (!problems.expect(isGate, at, 'expected a gate: errorRate(), quality(), gate(), …')) continue;
    for (const problem of gate.problems) problems.add(`${at}.${problem.path}`, problem.message);
    problems.expect(!names.has(gate.name), at, `expected one gate named ${gate.name} only: give the other a name of its own`);
    names.add(gate.name);
    problems.expect(
      isNumber(gate.weight) && gate.weight > 0 && gate.weight < Infinity,
      `${at}.weight`,
      `expected a number over 0, got ${gate.weight}`,
    );
    // Evidence is kept under `stage|gate|counter`, and the units of a stage as a gate of that name.
    problems.expect(
      gate.name !== 'units' && !gate.name.includes('|'),
      at,
      `expected a name without "|", and other than "units", got ${JSON.stringify(gate.name)}`,
    );
    const { maturityMs = 0, staleAfterMs = Infinity } = gate;
    problems.expect(
      isNumber(maturityMs) && maturityMs >= 0 && maturityMs < Infinity,
      `${at}.maturityMs`,
      `expected milliseconds of at least 0, got ${maturityMs}`,
    );
    problems.expect(
      isNumber(staleAfterMs) && staleAfterMs > 0,
      `${at}.staleAfterMs`,
      `expected milliseconds over 0, got ${staleAfterMs}`,
    );
    proves ||= gate.canary !== undefined || gate.check !== undefined;
    const sources = [gate.canary?.source, gate.shadow?.source];
    for (const source of sources) {
      if (source?.kind === 'kpi') {
        problems.expect(
          around.kpis.includes(source.kpi),
          at,
          `expected one of the contract's KPIs${around.kpis.length === 0 ? ', of which it has none' : ` ${around.kpis.join(', ')}`}, got ${JSON.stringify(source.kpi)}`,
        );
      }
    }
    problems.expect(
      around.trustsOutcomes || !sources.some((source) => source?.kind === 'kpi' || source?.kind === 'truth'),
      at,
      'has no data source that can be trusted: outcomes come by decision ids, which anybody can make without a key. Give createUnderstudy a signer: hmacSigner(key) of @understudy/node/signing',
    );
    problems.expect(
      gate.canary !== undefined || gate.shadow === undefined || options.shadow !== undefined,
      at,
      'compares shadow pairs, and the rollout has no shadow stage: say shadow: { minimumPairs }',
    );
  }
  problems.expect(
    proves,
    `${path}.gates`,
    'expected a gate that decides about canary stages, such as errorRate({ maxRatio: 1.5 })',
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
