import type { EvidenceTest, GateMeasure } from '../../../src/types/index.ts';
import { EvidenceBook } from '../../../src/rollout/evidence-book.ts';
import { eventTest } from '../../../src/rollout/event-evidence.ts';
import { mergeEvidence } from '../../../src/rollout/merged-evidence.ts';
import { scoreTest } from '../../../src/rollout/score-evidence.ts';
import type { Alarms, Scenario } from './scenario.ts';

const SECOND = 1000;
const UNITS = 3000;
const LOOKS = 40;
const WINDOW = 600 * SECOND;

/** When labels come after their decision, in seconds. */
interface Delays {
  readonly good: readonly [least: number, most: number];
  readonly badOnChampion: readonly [least: number, most: number];
  readonly badOnChallenger: readonly [least: number, most: number];
}

const SAME: Delays = { good: [0, 60], badOnChampion: [300, 600], badOnChallenger: [300, 600] };
/** A challenger whose errors are noticed sooner: without a window it looks worse for as long as the rollout runs. */
const SOONER: Delays = { good: [0, 60], badOnChampion: [540, 600], badOnChallenger: [0, 60] };
const LATER: Delays = { good: [0, 60], badOnChampion: [0, 60], badOnChallenger: [540, 600] };

interface Setting {
  readonly test: EvidenceTest;
  readonly rate: number;
  /** 1 where the value counts bad events, 0 where it is a score. */
  readonly bad: 0 | 1;
  readonly probability: number;
  readonly delays: Delays;
  readonly maturityMs: number;
}

/** One unit a second; two instances count the labels, which come when they come, and their counters are merged at each look. */
function delayed({ test, rate, bad, probability, delays, maturityMs }: Setting): (random: () => number) => Alarms {
  const source = { kind: 'kpi', kpi: 'k' } as const;
  const measure: GateMeasure = { source, test: () => test };
  const gate = { gate: 'k', measure, better: 'lower', maturityMs } as const;
  const rules = new Map([['k', { maturityMs, shadow: undefined, canary: test }]]);
  return (random) => {
    const between = ([least, most]: readonly [number, number]): number => (least + (most - least) * random()) * SECOND;
    const labels = Array.from({ length: UNITS }, (_, unit) => {
      const onChallenger = random() < probability;
      const isBad = random() < rate;
      const at = unit * SECOND;
      const wait = between(isBad ? (onChallenger ? delays.badOnChallenger : delays.badOnChampion) : delays.good);
      return { at, arrives: at + wait, onChallenger, value: isBad ? bad : 1 - bad };
    });
    labels.sort((a, b) => a.arrives - b.arrives);
    const books = [new EvidenceBook(), new EvidenceBook()];
    const ends = UNITS * SECOND + 2.5 * WINDOW;
    let next = 0;
    for (let look = 1; look <= LOOKS; look++) {
      const now = (look * ends) / LOOKS;
      for (; (labels[next]?.arrives ?? Infinity) <= now; next++) {
        const label = labels[next];
        if (label === undefined) break;
        books[next % 2]?.stage(1).entry(gate).add(label.value, label.onChallenger, probability, label.at);
      }
      const parts = books.map((book, index) => ({
        instance: String(index),
        sequence: look,
        counters: book.counters(now),
      }));
      const counters = mergeEvidence(parts, rules, now).counters(1, 'k');
      if (test.prove([{ probability, counters }], 0.05).logHarm >= Math.log(20)) return { ours: next };
    }
    return { ours: null };
  };
}

const race = eventTest({ maxRatio: 1.5, expectedRate: 0, negligibleRate: 0 });
/** What `quality` and `kpi` test by under a window, with a range or without. */
const score = scoreTest({ maxLoss: 0.05, sign: 1 });
const FALSE_ROLL_BACK = { alarm: 'rolled back', claim: 'at most', level: 0.05, runs: 250 } as const;
const events = { test: race, rate: 0.05, bad: 1, probability: 0.25 } as const;
const unbounded = { test: scoreTest({ maxLoss: 0.05, sign: 1 }), rate: 0.3, bad: 0, probability: 0.25 } as const;
const kpi = { test: score, rate: 0.3, bad: 0, probability: 0.25 } as const;

export const delayedScenarios: readonly Scenario[] = [
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: bad labels come later than good ones, no window, bad rate 5 %',
    run: delayed({ ...events, delays: SAME, maturityMs: 0 }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: the same with a maturity window',
    run: delayed({ ...events, delays: SAME, maturityMs: WINDOW }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: "equal: the champion's bad labels come 9 minutes later than the challenger's; window",
    run: delayed({ ...events, delays: SOONER, maturityMs: WINDOW }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: the same, score of mean 0.7',
    run: delayed({ ...kpi, delays: SOONER, maturityMs: WINDOW }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: 'equal: the same, score without bounds',
    run: delayed({ ...unbounded, delays: SOONER, maturityMs: WINDOW }),
  },
  {
    ...FALSE_ROLL_BACK,
    name: "equal: score, the challenger's bad labels come 9 minutes later than the champion's; window",
    run: delayed({ ...kpi, delays: LATER, maturityMs: WINDOW }),
  },
];

/** What a window is for: not a claim of ours, a warning. */
export const withoutWindow: Scenario = {
  ...FALSE_ROLL_BACK,
  name: "equal: the champion's bad labels come 9 minutes later than the challenger's; no window",
  run: delayed({ ...events, delays: SOONER, maturityMs: 0 }),
};
