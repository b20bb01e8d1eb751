import { calibration } from '../../packages/core/src/monitors/calibration-monitor.ts';
import { drift } from '../../packages/core/src/monitors/drift.ts';
import { errorStream } from '../../packages/core/src/monitors/error-stream.ts';
import { fairness } from '../../packages/core/src/monitors/fairness-monitor.ts';
import { liveMetric } from '../../packages/core/src/monitors/live-metric.ts';
import type { AnyMonitor, TargetView } from '../../packages/core/src/monitors/monitor.ts';
import { ProfileBuilder } from '../../packages/core/src/monitors/profile/profile-builder.ts';
import { normalQuantile } from '../../packages/core/src/statistics/normal.ts';
import { drawNormal } from '../../packages/core/src/statistics/random-variates.ts';
import { type DrivenCase, DrivenMonitor, PROBABILITY } from '../../packages/core/tests/support/driven-monitor.ts';

type Random = () => number;
/** The case at which a rule alarms; Infinity: never. */
export type RawRule = (next: DrivenCase) => boolean;

/** A stream with a known truth, a monitor with its defaults, and the rule that teams write by hand. */
export interface MonitorScenario {
  readonly monitor: string;
  readonly situation: string;
  /** Whether a breach would be false, and may come in `level` of the runs at most; or is due, and must come in `level` at least. */
  readonly claim: 'at most' | 'at least';
  readonly level: number;
  /** The case from which on it is due; 0 where it is false. */
  readonly from: number;
  readonly cases: number;
  readonly runs: number;
  /** Cases between two judgements. @defaultValue 20 */
  readonly judgedEvery?: number;
  /** The name of the raw rule, and the rule. */
  readonly raw: { readonly name: string; readonly rule: () => RawRule } | undefined;
  readonly start: () => AnyMonitor;
  readonly next: (random: Random) => (at: number) => DrivenCase;
}

export interface MeasuredMonitor {
  /** Shares of the runs with an alarm (after `from`, where one is due; before it counts as missed). */
  readonly ours: number;
  readonly raw: number | undefined;
  /** Median cases from `from` to the alarm, of those that came. */
  readonly delay: number;
  readonly rawDelay: number;
}

const CASES = 20_000;
const JUDGED_EVERY = 20;
const TARGET: TargetView = PROBABILITY;

/** Runs both on the same streams. */
export function measureMonitor(
  { start, next, raw, from, cases, judgedEvery = JUDGED_EVERY }: MonitorScenario,
  runs: number,
  random: Random,
): MeasuredMonitor {
  const [alarms, rawAlarms]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const monitor = new DrivenMonitor(start(), TARGET, run + 1);
    const rule = raw?.rule();
    const draw = next(random);
    let [ours, theirs] = [Infinity, rule === undefined ? -1 : Infinity];
    for (let at = 0; at < cases && (ours === Infinity || theirs === Infinity); at++) {
      const one = draw(at);
      if (ours === Infinity) {
        monitor.add(one);
        if (at % judgedEvery === judgedEvery - 1 && monitor.judge() === 'breach') ours = at;
      }
      if (theirs === Infinity && rule?.(one) === true) theirs = at;
    }
    alarms.push(ours);
    rawAlarms.push(theirs);
  }
  const due = (at: number): boolean => at >= from && at < Infinity;
  const share = (all: readonly number[]): number => all.filter(due).length / runs;
  const delay = (all: readonly number[]): number => {
    const found = all.filter(due).toSorted((a, b) => a - b);
    return (found[found.length >> 1] ?? NaN) - from;
  };
  return {
    ours: share(alarms),
    raw: raw === undefined ? undefined : share(rawAlarms),
    delay: delay(alarms),
    rawDelay: delay(rawAlarms),
  };
}

/** A truth and a prediction that is right with this probability. */
const graded =
  (accuracy: (at: number) => number) =>
  (random: Random) =>
  (at: number): DrivenCase => {
    const truth = random() < 0.5;
    const right = random() < accuracy(at);
    return { output: { p: truth === right ? 0.9 : 0.1 }, truth: { p: truth } };
  };
const isRight = ({ output, truth }: DrivenCase): boolean => (output as { p: number }).p >= 0.5 === (truth as { p: boolean }).p;

/** "Accuracy under 80 % on the last 1,000", at every case. */
const lastThousand = (): RawRule => {
  const last = new Uint8Array(1000);
  let [right, at] = [0, 0];
  return (next) => {
    const hit = Number(isRight(next));
    right += hit - (last[at % 1000] ?? 0);
    last[at++ % 1000] = hit;
    return at >= 1000 && right < 800;
  };
};
const accuracyRule = { name: 'accuracy < 80 % on the last 1,000, at every case', rule: lastThousand };
const accuracy = (): AnyMonitor => liveMetric({ metric: 'accuracy', breachBelow: 0.8 });

/** Group a is selected with one probability, group b with another. */
const selected =
  (a: number, b: (at: number) => number) =>
  (random: Random) =>
  (at: number): DrivenCase => {
    const group = random() < 0.5 ? 'a' : 'b';
    return { input: group, output: { p: random() < (group === 'a' ? a : b(at)) ? 0.9 : 0.1 } };
  };
const fourFifths = (): RawRule => {
  const last: { readonly group: unknown; readonly positive: boolean }[] = [];
  return ({ input, output }) => {
    last.push({ group: input, positive: (output as { p: number }).p >= 0.5 });
    if (last.length > 1000) last.shift();
    if (last.length < 1000 || last.length % 10 !== 0) return false;
    const rate = (group: string): number => {
      const own = last.filter((one) => one.group === group);
      return own.filter(({ positive }) => positive).length / own.length;
    };
    const [a, b] = [rate('a'), rate('b')];
    return Math.min(a, b) / Math.max(a, b) < 0.8;
  };
};
const fairnessRule = { name: 'four fifths on the last 1,000', rule: fourFifths };
const fair = (): AnyMonitor => fairness({ groupBy: (input) => String(input) });

/** Probabilities whose log-odds are `times` too far out. */
const confident = (times: number) => (random: Random) => (): DrivenCase => {
  const odds = drawNormal(random);
  const truth = random() < 1 / (1 + Math.exp(-odds));
  return { output: { p: 1 / (1 + Math.exp(-times * odds)) }, truth: { p: truth } };
};
/** ECE of 10 bins over 0.05, in blocks of 100. */
const eceOfHundred = (): RawRule => {
  let block: { readonly p: number; readonly hit: number }[] = [];
  return ({ output, truth }) => {
    block.push({ p: (output as { p: number }).p, hit: Number((truth as { p: boolean }).p) });
    if (block.length < 100) return false;
    let error = 0;
    for (let bin = 0; bin < 10; bin++) {
      const own = block.filter(({ p }) => Math.min(9, Math.floor(10 * p)) === bin);
      error += Math.abs(own.reduce((sum, { p, hit }) => sum + p - hit, 0)) / block.length;
    }
    block = [];
    return error > 0.05;
  };
};
const eceRule = { name: 'ECE > 0.05 on 100', rule: eceOfHundred };

const FIELDS = Array.from({ length: 30 }, (_, index) => `f${index}`);
const rowOf = (random: Random, shift: number): Record<string, number> =>
  Object.fromEntries(FIELDS.map((field, index) => [field, drawNormal(random) + (index === 0 ? shift : 0)]));

/** 30 independent fields; the first one shifts. */
const shifted =
  (by: (at: number) => number) =>
  (random: Random) =>
  (at: number): DrivenCase => ({
    input: rowOf(random, by(at)),
    output: { p: 0.5 },
  });

/** PSI > 0.1 of any field over ten bins, in blocks of 250 against the deciles of a normal distribution. */
const psiOfBlocks = (): RawRule => {
  const edges = Array.from({ length: 9 }, (_, index) => normalQuantile((index + 1) / 10));
  let counts = FIELDS.map(() => new Float64Array(10));
  let n = 0;
  return ({ input }) => {
    for (const [index, field] of FIELDS.entries()) {
      const value = Number(Reflect.get(input as object, field));
      const bin = edges.filter((edge) => value >= edge).length;
      const own = counts[index];
      if (own !== undefined) own[bin] = (own[bin] ?? 0) + 1;
    }
    if (++n < 50) return false;
    const psi = counts.map((own) =>
      own.reduce((sum, count) => sum + (Math.max(count, 1e-4) / n - 0.1) * Math.log(Math.max(count, 1e-4) / n / 0.1), 0),
    );
    [counts, n] = [FIELDS.map(() => new Float64Array(10)), 0];
    return psi.some((one) => one > 0.1);
  };
};
const psiRule = { name: 'PSI > 0.1 of some field on 50', rule: psiOfBlocks };

/** Scores between 0.50 and 0.60, of which those of positives lie higher: by 1.09 standard deviations for an area of 0.78. */
const narrow =
  (apart: (at: number) => number) =>
  (random: Random) =>
  (at: number): DrivenCase => {
    const truth = random() < 0.5;
    const odds = drawNormal(random) + (truth ? apart(at) : 0);
    return { output: { p: 0.5 + 0.1 / (1 + Math.exp(-odds)) }, truth: { p: truth } };
  };
const auc = (): AnyMonitor => liveMetric({ metric: 'auc', breachBelow: 0.7 });

/** A field of two categories, of which a third one comes up. */
const cities =
  (share: (at: number) => number) =>
  (random: Random) =>
  (at: number): DrivenCase => ({
    input: { ...rowOf(random, 0), city: random() < share(at) ? 'new' : random() < 0.6 ? 'a' : 'b' },
    output: { p: 0.5 },
  });

/** What every scenario of drift compares with: 10,000 rows of the same fields. */
export function monitorScenarios(random: Random): readonly MonitorScenario[] {
  const views = FIELDS.map((path) => ({ path, type: 'number', optional: false, nullable: false }) as const);
  const builder = new ProfileBuilder({ contract: 'm', input: views, output: [] }, {});
  for (let row = 0; row < 10_000; row++) builder.add(rowOf(random, 0), undefined);
  const reference = builder.build();
  const city = { path: 'city', type: 'string', optional: false, nullable: false } as const;
  const withCity = new ProfileBuilder({ contract: 'm', input: [...views, city], output: [] }, {});
  const drawCity = cities(() => 0)(random);
  for (let row = 0; row < 10_000; row++) withCity.add(drawCity(row).input, undefined);
  const cityReference = withCity.build();
  // A window of a day, as by default: far more than these cases.
  const longDrifting = (): AnyMonitor => drift({ reference: cityReference, output: false });
  const drifting = (): AnyMonitor => drift({ reference, output: false, window: { cases: 5000 } });
  const shared = { cases: CASES, from: 0 } as const;
  const none = { ...shared, claim: 'at most', level: 0.05 } as const;
  const due = { ...shared, claim: 'at least', level: 0.99, from: 2000 } as const;
  const after =
    (from: number, before: number, then: number) =>
    (at: number): number =>
      at < from ? before : then;
  return [
    {
      ...none,
      level: 0.2,
      monitor: 'liveMetric',
      situation: 'accuracy exactly at its floor of 80 %',
      runs: 60,
      raw: accuracyRule,
      start: accuracy,
      next: graded(() => 0.8),
    },
    {
      ...none,
      monitor: 'liveMetric',
      situation: 'accuracy 2 points above its floor',
      runs: 60,
      raw: accuracyRule,
      start: accuracy,
      next: graded(() => 0.82),
    },
    {
      ...due,
      monitor: 'liveMetric',
      situation: 'accuracy falls from 90 to 75 %',
      runs: 60,
      raw: accuracyRule,
      start: accuracy,
      next: graded(after(2000, 0.9, 0.75)),
    },
    {
      ...none,
      monitor: 'errorStream',
      situation: 'no change, 10 % errors',
      runs: 40,
      raw: undefined,
      start: () => errorStream({}),
      next: graded(() => 0.9),
    },
    {
      ...due,
      level: 0.95,
      monitor: 'errorStream',
      situation: 'errors rise from 10 to 25 %',
      runs: 40,
      raw: accuracyRule,
      start: () => errorStream({}),
      next: graded(after(2000, 0.9, 0.75)),
    },
    {
      ...none,
      monitor: 'calibration',
      situation: 'perfectly calibrated',
      runs: 20,
      raw: eceRule,
      start: () => calibration(),
      next: confident(1),
    },
    {
      ...due,
      from: 0,
      monitor: 'calibration',
      situation: 'log-odds 1.7 times too far out',
      runs: 20,
      raw: eceRule,
      start: () => calibration(),
      next: confident(1.7),
    },
    {
      ...none,
      level: 0.1,
      monitor: 'fairness',
      situation: 'both groups selected at 30 %',
      runs: 40,
      raw: fairnessRule,
      start: fair,
      next: selected(0.3, () => 0.3),
    },
    {
      ...due,
      level: 0.95,
      monitor: 'fairness',
      situation: 'one group falls from 30 to 18 %',
      runs: 20,
      raw: fairnessRule,
      start: fair,
      next: selected(0.3, after(2000, 0.3, 0.18)),
    },
    {
      ...none,
      monitor: 'drift',
      situation: 'no change, 30 fields',
      runs: 8,
      judgedEvery: 200,
      raw: psiRule,
      start: drifting,
      next: shifted(() => 0),
    },
    {
      ...due,
      level: 0.95,
      monitor: 'drift',
      situation: 'one of 30 fields shifts by 0.5 σ',
      runs: 8,
      judgedEvery: 200,
      raw: psiRule,
      start: drifting,
      next: shifted(after(2000, 0, 0.5)),
    },
    {
      ...none,
      monitor: 'drift',
      situation: 'no change, 31 fields, looked at every 20 cases',
      cases: 10_000,
      runs: 4,
      raw: undefined,
      start: longDrifting,
      next: cities(() => 0),
    },
    {
      ...due,
      level: 0.95,
      monitor: 'drift',
      situation: 'one of 30 fields shifts by 0.3 σ, found within 3,000 cases',
      cases: 5000,
      runs: 8,
      raw: undefined,
      start: () => drift({ reference, output: false }),
      next: shifted(after(2000, 0, 0.3)),
    },
    {
      ...due,
      level: 0.95,
      monitor: 'drift',
      situation: 'a new category at 1 %, found within 3,000 cases',
      cases: 5000,
      runs: 8,
      raw: undefined,
      start: longDrifting,
      next: cities(after(2000, 0, 0.01)),
    },
    {
      ...none,
      monitor: 'liveMetric',
      situation: 'AUC 0.78 of scores between 0.50 and 0.60, floor 0.70',
      runs: 20,
      raw: undefined,
      start: auc,
      next: narrow(() => 1.09),
    },
    {
      ...due,
      level: 0.95,
      monitor: 'liveMetric',
      situation: 'AUC of such scores falls from 0.78 to 0.60',
      runs: 20,
      raw: undefined,
      start: auc,
      next: narrow(after(2000, 1.09, 0.36)),
    },
  ];
}
