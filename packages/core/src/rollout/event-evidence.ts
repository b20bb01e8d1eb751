import type { Counters, EvidenceCell, EvidenceTest, Proof, Tally } from '../types/index.ts';
import type { BoundedMoments } from '../statistics/bounded-difference.ts';
import type { EventCounts } from '../statistics/event-counts.ts';
import { logEquallyGoodE, logHarmE } from '../statistics/event-race.ts';
import { logMeanExp } from '../statistics/log-mean-exp.ts';
import { logShareE } from '../statistics/share-evidence.ts';
import { logWorseE } from './bounded-evidence.ts';
import { sumOf } from './sum-of.ts';

/**
 * From this bad rate on the good units add power to the event race. It is compared with what was known before the rollout: a switch
 * that looks at the rollout's own data is no e-value.
 */
const FREQUENT_RATE = 0.15;

export interface EventTestOptions {
  readonly maxRatio: number;
  /** Bad events per unit, as known before the rollout. */
  readonly expectedRate: number;
  /** A rate that is harmless whatever the ratio; 0: none is. */
  readonly negligibleRate: number;
}

/**
 * Tests that a bad event is not more frequent on the challenger: the event race, with a test of the difference beside it where events
 * are frequent, which learns from the good units too, and a test of the challenger's rate alone where they are so rare that no ratio
 * can be proven.
 */
export function eventTest(options: EventTestOptions): EvidenceTest {
  return { tally: () => new EventTally(), prove: (cells, alpha) => prove(cells, alpha, options) };
}

class EventTally implements Tally {
  #champion = 0;
  #challenger = 0;
  #championBad = 0;
  #challengerBad = 0;

  add(value: number, onChallenger: boolean): void {
    if (onChallenger) {
      this.#challenger++;
      this.#challengerBad += value;
    } else {
      this.#champion++;
      this.#championBad += value;
    }
  }

  counters(): Counters {
    return { n0: this.#champion, n1: this.#challenger, e0: this.#championBad, e1: this.#challengerBad };
  }
}

function prove(cells: readonly EvidenceCell[], alpha: number, options: EventTestOptions): Proof {
  const { maxRatio, expectedRate, negligibleRate } = options;
  const counts: EventCounts = cells.map(({ probability, counters: { e0 = 0, e1 = 0 } }) => ({
    probability,
    champion: e0,
    challenger: e1,
  }));
  const [champion, challenger, bad0, bad1] = [sumOf(cells, 'n0'), sumOf(cells, 'n1'), sumOf(cells, 'e0'), sumOf(cells, 'e1')];
  const race = logHarmE(counts);
  const within = logEquallyGoodE(counts, maxRatio);
  return {
    logHarm: expectedRate >= FREQUENT_RATE ? logMeanExp([race, logMoreFrequentE(cells)]) : race,
    // To be worse means a larger ratio and a rate that matters: evidence against either will do, and so will its mean.
    logProof: negligibleRate > 0 ? logMeanExp([within, logShareE(challenger - bad1, bad1, 1 - negligibleRate)]) : within,
    champion,
    challenger,
    estimate: bad0 > 0 && challenger > 0 ? bad1 / challenger / (bad0 / champion) : null,
    bound: upperRatio(counts, alpha),
    shows: `${told(bad1, challenger)} of the challenger against ${told(bad0, champion)} of the champion`,
  };
}

/** ln of the e-value against "bad events are not more frequent on the challenger", from all units. */
function logMoreFrequentE(cells: readonly EvidenceCell[]): number {
  /** 1 for a good unit. */
  const good = (units: number, bad: number): BoundedMoments => {
    const rate = units === 0 ? 0 : bad / units;
    const squares = bad * (1 - rate);
    return {
      count: units,
      mean: 1 - rate,
      squares,
      cubes: squares * (2 * rate - 1),
      quartics: squares * (1 - 3 * rate * (1 - rate)),
    };
  };
  return logWorseE(
    cells.map(({ probability, counters: { n0 = 0, n1 = 0, e0 = 0, e1 = 0 } }) => ({
      probability,
      champion: good(n0, e0),
      challenger: good(n1, e1),
    })),
  );
}

const told = (bad: number, units: number): string =>
  `${bad === 0 ? 'no' : bad} bad ${bad === 1 ? 'event' : 'events'} in ${units} units`;

const LARGEST_RATIO = 1000;

/** The smallest ratio of rates that is refuted with all that are larger: by bisection, to 0.1 %. `null` where none is. */
function upperRatio(counts: EventCounts, alpha: number): number | null {
  const refuted = (ratio: number): boolean => logEquallyGoodE(counts, ratio) >= -Math.log(alpha);
  if (!refuted(LARGEST_RATIO)) return null;
  let [low, high] = [1, LARGEST_RATIO];
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (refuted(middle)) high = middle;
    else low = middle;
  }
  return high;
}
