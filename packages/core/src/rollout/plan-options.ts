import {
  anything,
  checkOptions,
  finite,
  kind,
  type Kinds,
  list,
  msOr0,
  oneOf,
  options,
  over,
  type Problem,
  Problems,
  problemsAt,
  readProperty,
  required,
  text,
  whole,
} from '../errors/index.ts';
import { type PlannedGate, type ValueSource, valueSource } from './planned-gate.ts';
import {
  checkRollout,
  type RolloutOptions,
  type RolloutPlan,
  rolloutPlan,
  type RolloutShadowOptions,
} from './rollout-options.ts';

export interface PlannedTraffic {
  /** Units that arrive in an hour: over 0. */
  readonly unitsPerHour: number;
  /** Share of them that has been seen before in this rollout, 0 to under 1: a unit counts once a stage. @defaultValue 0 */
  readonly returning?: number;
  /**
   * How many units there are, if you know it; in place of `returning`. Each arrival is one of them, so most have been seen after a while.
   * @defaultValue no end of new ones
   */
  readonly population?: number;
}

type AnyRollout = RolloutOptions<unknown, unknown, unknown, string, string>;

/** A rollout and what is expected of it: plain data, with the names and defaults of a rollout's own options. */
export interface PlanOptions extends Pick<
  AnyRollout,
  'canaryShares' | 'holdbackShare' | 'bakeMs' | 'maxBakeMs' | 'minUnits' | 'alpha'
> {
  readonly shadow?: Pick<RolloutShadowOptions, 'sampleRate' | 'minPairs'>;
  readonly gates: readonly PlannedGate[];
  readonly traffic: PlannedTraffic;
  /** Rollouts that are simulated for each answer, 10 to 100,000. @defaultValue 400 */
  readonly runs?: number;
  /** An integer: the same seed gives the same forecast. @defaultValue 1 */
  readonly seed?: number;
}

/** What is simulated. */
export interface Simulation {
  readonly plan: RolloutPlan;
  readonly sources: readonly ValueSource[];
  readonly traffic: { readonly unitsPerHour: number; readonly returning: number; readonly population: number };
  /** Share of units that are given to the shadow, 0–1. */
  readonly shadowRate: number;
  readonly runs: number;
  readonly seed: number;
}

type Fields = Kinds<Readonly<Record<string, unknown>>>;

const range = kind(
  (value) => Array.isArray(value) && value.length === 2 && value.every((end) => Number.isFinite(end)),
  '[min, max]',
);
const GATE: Fields = {
  kind: required(text),
  name: text,
  weight: finite,
  staleAfterMs: finite,
  worse: list(finite),
  improved: list(finite),
};
const EVENTS: Fields = {
  ...GATE,
  maxRatio: required(finite),
  expectedRate: finite,
  negligibleRate: finite,
  rate: required(finite),
};
const COSTS: Fields = { ...GATE, maxLoss: required(finite), range, cap: range, mean: required(finite), sd: required(over(0)) };
const OUTCOMES: Fields = { ...COSTS, maturityMs: finite, missingAs: finite, labelDelayMs: msOr0 };
const GATES: Readonly<Record<PlannedGate['kind'], Fields>> = {
  errorRate: EVENTS,
  slowCalls: { ...EVENTS, overMs: required(finite), of: text },
  agreement: { ...GATE, minAgreement: required(finite), share: required(finite) },
  quality: { ...OUTCOMES, pairSd: over(0) },
  spend: { ...COSTS, of: text },
  kpi: { ...OUTCOMES, kpi: required(text), better: oneOf('higher', 'lower') },
};
const gateKind = oneOf(...Object.keys(GATES));

const TRAFFIC: Kinds<PlannedTraffic> = {
  unitsPerHour: required(over(0)),
  returning: kind((value) => typeof value === 'number' && value >= 0 && value < 1, 'a fraction from 0 to under 1'),
  population: whole(1, 10_000_000),
};
function traffic(value: unknown): readonly Problem[] {
  const { settings, problems } = checkOptions<PlannedTraffic, {}>(value as PlannedTraffic, TRAFFIC, {});
  if (settings.population === undefined || settings.returning === undefined) return problems;
  const message = 'expected either returning or population: of a known population so many return as it comes';
  return [...problems, { path: 'returning', message }];
}

/** What a rollout checks by itself need only be of its type here. */
const OPTIONS: Kinds<PlanOptions> = {
  gates: required(list(anything)),
  traffic: required(traffic),
  shadow: options<NonNullable<PlanOptions['shadow']>>({ sampleRate: finite, minPairs: finite }),
  canaryShares: list(finite),
  holdbackShare: finite,
  bakeMs: finite,
  maxBakeMs: finite,
  minUnits: finite,
  alpha: finite,
  runs: whole(10, 100_000),
  seed: kind(Number.isSafeInteger, 'an integer'),
};
const DEFAULTS = { runs: 400, seed: 1 } as const;

/**
 * Checks everything at once.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with each field that is wrong
 */
export function checkPlan(given: unknown): Simulation {
  const problems = new Problems();
  const simulation = read(given, problems);
  problems.throwIfAny('CONFIGURATION_INVALID', 'The plan of a rollout');
  // Without a problem there is one.
  return simulation as Simulation;
}

function read(given: unknown, problems: Problems): Simulation | undefined {
  const { settings, problems: found } = checkOptions<PlanOptions, typeof DEFAULTS>(given as PlanOptions, OPTIONS, DEFAULTS);
  problems.addAll('', found);
  const gates: readonly unknown[] = Array.isArray(settings.gates) ? settings.gates : [];
  const sources = gates.flatMap((gate, index) => readGate(gate, `gates[${index}]`, problems));
  if (found.length > 0 || sources.length < gates.length) return undefined;

  const { traffic: arrivals, runs, seed, ...rest } = settings;
  const asRollout = { ...rest, challenger: 'challenger', gates: sources.map(({ gate }) => gate) };
  const refused = new Problems();
  const kpis = sources.flatMap(({ gate }) => (gate.canary?.source.kind === 'kpi' ? [gate.canary.source.kpi] : []));
  const variants = ['champion', 'challenger'];
  checkRollout(asRollout, { variants, champion: 'champion', kpis, storeProblem: undefined, trustsOutcomes: true }, refused);
  for (const { path, message } of refused.list) problems.add(path.replace('options.rollout.', ''), message);
  return {
    plan: rolloutPlan(asRollout, 'challenger over champion'),
    sources,
    traffic: { returning: 0, population: Infinity, ...arrivals },
    shadowRate: asRollout.shadow?.sampleRate ?? 1,
    runs,
    seed,
  };
}

function readGate(gate: unknown, path: string, problems: Problems): ValueSource[] {
  const given: unknown = readProperty(gate, 'kind');
  const found = problemsAt('kind', gateKind, given);
  problems.addAll(path, found);
  if (found.length > 0) return [];
  const { problems: wrong } = checkOptions(gate as Readonly<Record<string, unknown>>, GATES[given as PlannedGate['kind']], {});
  problems.addAll(path, wrong);
  if (wrong.length > 0) return [];
  const planned = gate as PlannedGate;
  const source = valueSource(planned);
  checkFigures(planned, source, path, problems);
  return [source];
}

function checkFigures(planned: PlannedGate, source: ValueSource, path: string, problems: Problems): void {
  const isScore = 'mean' in planned;
  const { labelDelayMs } = source;
  const { maturityMs = Infinity } = source.gate;
  problems.expect(
    maturityMs === 0 || labelDelayMs <= maturityMs,
    `${path}.labelDelayMs`,
    `expected at most maturityMs, ${maturityMs}: an outcome that comes later does not count`,
  );
  const [min, max] = isScore ? (planned.range ?? [-Infinity, Infinity]) : [0, 1];
  const figureName = isScore ? 'mean' : planned.kind === 'agreement' ? 'share' : 'rate';
  const inside = (figure: number): boolean => figure > min && figure < max;
  if (
    !problems.expect(
      inside(source.figure),
      `${path}.${figureName}`,
      `expected a number between ${min} and ${max}, got ${source.figure}`,
    )
  )
    return;
  for (const [index, factor] of source.improved.entries()) {
    const place = `${path}.improved[${index}]`;
    const fits = isScore ? factor > 0 : factor > 0 && factor < 1;
    if (!problems.expect(fits, place, `expected a number over 0${isScore ? '' : ' and under 1'}, got ${factor}`)) continue;
    const figure = source.bettered(factor);
    problems.expect(
      figure >= min && figure <= max,
      place,
      `a challenger that is as much better would have a ${figureName} of ${Number(figure.toPrecision(3))}, beyond ${figure < min ? min : max}`,
    );
  }
  const above = isScore ? 0 : 1;
  for (const [index, factor] of source.worse.entries()) {
    const place = `${path}.worse[${index}]`;
    if (!problems.expect(factor > above, place, `expected a number over ${above}, got ${factor}`)) continue;
    const figure = source.worsened(factor);
    problems.expect(
      inside(figure),
      place,
      `a challenger that is ${factor} times worse would have a ${figureName} of ${Number(figure.toPrecision(3))}, beyond ${figure <= min ? min : max}: give smaller factors in ${path}.worse`,
    );
  }
}
