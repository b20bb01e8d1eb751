import { Problems } from '../errors/index.ts';
import { didYouMean } from '../errors/index.ts';
import { type PlannedGate, type ValueSource, valueSource } from './planned-gate.ts';
import { checkRollout, type RolloutOptions, type RolloutPlan, rolloutPlan } from './rollout-options.ts';

export interface PlannedTraffic {
  /** Units that arrive in an hour: over 0. */
  readonly unitsPerHour: number;
  /** Share of them that has been seen before in this rollout, 0 to under 1: a unit counts once a stage. @defaultValue 0 */
  readonly returning?: number;
}

type AnyRollout = RolloutOptions<unknown, unknown, unknown, string, string>;

/** A rollout and what is expected of it: plain data, with the names and defaults of a rollout's own options. */
export interface PlanOptions extends Pick<
  AnyRollout,
  'shadow' | 'canaryPercent' | 'holdbackPercent' | 'bakeMs' | 'maxBakeMs' | 'minimumUnits' | 'alpha'
> {
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
  readonly traffic: Required<PlannedTraffic>;
  /** Share of units that are given to the shadow, 0–1. */
  readonly shadowRate: number;
  readonly runs: number;
  readonly seed: number;
}

type Field = 'number' | 'number?' | 'text' | 'text?' | 'numbers?' | 'range?' | 'list' | 'object' | 'object?';
type Fields = Readonly<Record<string, Field>>;

const GATE: Fields = { kind: 'text', name: 'text?', weight: 'number?', staleAfterMs: 'number?', worse: 'numbers?' };
const EVENTS: Fields = { ...GATE, maxRatio: 'number', expectedRate: 'number?', negligibleRate: 'number?', rate: 'number' };
const COSTS: Fields = { ...GATE, maxLoss: 'number', range: 'range?', mean: 'number', sd: 'number' };
const OUTCOMES: Fields = { ...COSTS, maturityMs: 'number?' };
const KINDS: Readonly<Record<PlannedGate['kind'], Fields>> = {
  errorRate: EVENTS,
  slowCalls: { ...EVENTS, overMs: 'number' },
  agreement: { ...GATE, minimum: 'number', share: 'number' },
  quality: { ...OUTCOMES, pairSd: 'number?' },
  spend: COSTS,
  kpi: { ...OUTCOMES, kpi: 'text', better: 'text?' },
};
const OPTIONS: Fields = {
  gates: 'list',
  traffic: 'object',
  shadow: 'object?',
  canaryPercent: 'numbers?',
  holdbackPercent: 'number?',
  bakeMs: 'number?',
  maxBakeMs: 'number?',
  minimumUnits: 'number?',
  alpha: 'number?',
  runs: 'number?',
  seed: 'number?',
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const EXPECTED: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, words: string]>> = {
  number: [isNumber, 'a finite number'],
  text: [(value) => typeof value === 'string' && value !== '', 'a text that is not empty'],
  numbers: [(value) => Array.isArray(value) && value.every(isNumber), 'a list of finite numbers'],
  range: [(value) => Array.isArray(value) && value.length === 2 && value.every(isNumber), '[least, most]'],
  list: [Array.isArray, 'a list'],
  object: [isObject, 'an object'],
};

/** Whether every field is known and of its kind; adds a problem for each that is not. */
function checkFields(value: object, fields: Fields, path: string, problems: Problems): boolean {
  const before = problems.list.length;
  for (const name of Object.keys(value)) {
    const known = Object.keys(fields);
    problems.expect(
      name in fields,
      path + name,
      `is no field of a plan${didYouMean(name, known)}: known are ${known.join(', ')}`,
    );
  }
  for (const [name, kind] of Object.entries(fields)) {
    const given = (value as Readonly<Record<string, unknown>>)[name];
    if (given === undefined && kind.endsWith('?')) continue;
    const [fits, words] = EXPECTED[kind.replace('?', '')] ?? [isObject, ''];
    problems.expect(
      fits(given),
      path + name,
      `expected ${words}, got ${given === undefined ? 'nothing' : JSON.stringify(given)}`,
    );
  }
  return problems.list.length === before;
}

/**
 * Checks everything at once.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with each field that is wrong
 */
export function checkPlan(options: unknown): Simulation {
  const problems = new Problems();
  const simulation = isObject(options) ? read(options, problems) : undefined;
  problems.expect(isObject(options), '', 'expected an object, such as { gates, traffic }');
  problems.throwIfAny('CONFIGURATION_INVALID', 'The plan of a rollout');
  // Without a problem there is one.
  return simulation as Simulation;
}

function read(options: object, problems: Problems): Simulation | undefined {
  const fit = checkFields(options, OPTIONS, '', problems);
  const wanted = options as PlanOptions;
  const traffic = isObject(wanted.traffic) ? readTraffic(wanted.traffic, problems) : undefined;
  const { shadow, runs = 400, seed = 1 } = wanted;
  const shadowFits =
    !isObject(shadow) || checkFields(shadow, { sampleRate: 'number?', minimumPairs: 'number?' }, 'shadow.', problems);
  const given: readonly unknown[] = Array.isArray(wanted.gates) ? wanted.gates : [];
  const sources = given.flatMap((gate, index) => readGate(gate, `gates[${index}]`, problems));
  const isCount = Number.isInteger(runs) && runs >= 10 && runs <= 100_000;
  if (isNumber(runs)) problems.expect(isCount, 'runs', `expected an integer from 10 to 100000, got ${runs}`);
  if (isNumber(seed)) problems.expect(Number.isSafeInteger(seed), 'seed', `expected an integer, got ${seed}`);
  if (!fit || !shadowFits || traffic === undefined || sources.length < given.length) return undefined;

  const asRollout = { ...wanted, challenger: 'challenger', gates: sources.map(({ gate }) => gate) };
  const found = new Problems();
  const kpis = sources.flatMap(({ gate }) => (gate.canary?.source.kind === 'kpi' ? [gate.canary.source.kpi] : []));
  const variants = ['champion', 'challenger'];
  checkRollout(asRollout, { variants, champion: 'champion', kpis, storeProblem: undefined, trustsOutcomes: true }, found);
  for (const { path, message } of found.list) problems.add(path.replace('options.rollout.', ''), message);
  const shadowRate = asRollout.shadow?.sampleRate ?? 1;
  return { plan: rolloutPlan(asRollout, 'challenger over champion'), sources, traffic, shadowRate, runs, seed };
}

function readTraffic(traffic: PlannedTraffic, problems: Problems): Required<PlannedTraffic> | undefined {
  if (!checkFields(traffic, { unitsPerHour: 'number', returning: 'number?' }, 'traffic.', problems)) return undefined;
  const { unitsPerHour, returning = 0 } = traffic;
  problems.expect(unitsPerHour > 0, 'traffic.unitsPerHour', `expected a number over 0, got ${unitsPerHour}`);
  problems.expect(
    returning >= 0 && returning < 1,
    'traffic.returning',
    `expected a fraction from 0 to under 1, got ${returning}`,
  );
  return { unitsPerHour, returning };
}

function readGate(gate: unknown, path: string, problems: Problems): ValueSource[] {
  const kinds = Object.keys(KINDS);
  const kind: unknown = isObject(gate) && 'kind' in gate ? gate.kind : undefined;
  const isKnown = typeof kind === 'string' && kinds.includes(kind);
  const meant = typeof kind === 'string' ? didYouMean(kind, kinds) : '';
  const got = kind === undefined ? 'nothing' : JSON.stringify(kind);
  problems.expect(isKnown, `${path}.kind`, `expected one of ${kinds.join(', ')}, got ${got}${meant}`);
  if (!isKnown || !isObject(gate)) return [];
  if (!checkFields(gate, KINDS[kind as PlannedGate['kind']], `${path}.`, problems)) return [];
  const planned = gate as PlannedGate;
  const source = valueSource(planned);
  checkFigures(planned, source, path, problems);
  return [source];
}

function checkFigures(planned: PlannedGate, source: ValueSource, path: string, problems: Problems): void {
  const over0 = (value: number | undefined, name: string): void => {
    if (value !== undefined) problems.expect(value > 0, `${path}.${name}`, `expected a number over 0, got ${value}`);
  };
  const isScore = 'mean' in planned;
  if (isScore) {
    over0(planned.sd, 'sd');
    over0(planned.pairSd, 'pairSd');
  }
  if (planned.kind === 'kpi') {
    const { better = 'higher' } = planned;
    problems.expect(
      better === 'higher' || better === 'lower',
      `${path}.better`,
      `expected 'higher' or 'lower', got ${JSON.stringify(better)}`,
    );
  }
  const [least, most] = isScore ? (planned.range ?? [-Infinity, Infinity]) : [0, 1];
  const figureName = isScore ? 'mean' : planned.kind === 'agreement' ? 'share' : 'rate';
  const inside = (figure: number): boolean => figure > least && figure < most;
  if (
    !problems.expect(
      inside(source.figure),
      `${path}.${figureName}`,
      `expected a number between ${least} and ${most}, got ${source.figure}`,
    )
  )
    return;
  const above = isScore ? 0 : 1;
  for (const [index, factor] of source.worse.entries()) {
    const place = `${path}.worse[${index}]`;
    if (!problems.expect(factor > above, place, `expected a number over ${above}, got ${factor}`)) continue;
    const figure = source.worsened(factor);
    problems.expect(
      inside(figure),
      place,
      `a challenger that is ${factor} times worse would have a ${figureName} of ${Number(figure.toPrecision(3))}, beyond ${figure <= least ? least : most}: give smaller factors in ${path}.worse`,
    );
  }
}
