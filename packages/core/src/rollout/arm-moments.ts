import type { Counters, Tally } from '../types/index.ts';
import {
  addToRunningMoments,
  mergeRunningMoments,
  NO_RUNNING_MOMENTS,
  type RunningMoments,
} from '../statistics/sketches/moments.ts';

const ARMS = ['0', '1'] as const;
type Arm = (typeof ARMS)[number] | '';

/** Counts the values of both arms by their moments, which tell the same in whatever instances they were counted. */
export class ArmTally implements Tally {
  readonly #valueOf: (raw: number) => number;
  #champion = NO_RUNNING_MOMENTS;
  #challenger = NO_RUNNING_MOMENTS;

  /** @param valueOf turns values so that higher is better */
  constructor(valueOf: (raw: number) => number) {
    this.#valueOf = valueOf;
  }

  add(raw: number, onChallenger: boolean): void {
    const value = this.#valueOf(raw);
    if (onChallenger) this.#challenger = addToRunningMoments(this.#challenger, value);
    else this.#champion = addToRunningMoments(this.#champion, value);
  }

  counters(): Counters {
    return { ...told(this.#champion, '0'), ...told(this.#challenger, '1') };
  }
}

/** Counts paired differences, challenger minus champion. */
export class PairTally implements Tally {
  readonly #valueOf: (raw: number) => number;
  #pairs = NO_RUNNING_MOMENTS;

  constructor(valueOf: (raw: number) => number) {
    this.#valueOf = valueOf;
  }

  add(raw: number): void {
    this.#pairs = addToRunningMoments(this.#pairs, this.#valueOf(raw));
  }

  counters(): Counters {
    return told(this.#pairs, '');
  }
}

const nameOf = (arm: Arm): string => (arm === '' ? 'pairs' : `n${arm}`);

function told({ count, mean, squares, cubes, quartics }: RunningMoments, arm: Arm): Counters {
  if (count === 0) return {};
  return {
    [nameOf(arm)]: count,
    [`mean${arm}`]: mean,
    [`squares${arm}`]: squares,
    [`cubes${arm}`]: cubes,
    [`quartics${arm}`]: quartics,
  };
}

/** The moments of one arm, or of pairs; nothing where the counters are of another format. */
export function momentsOf(counters: Counters, arm: Arm): RunningMoments {
  const [count = 0, mean] = [counters[nameOf(arm)], counters[`mean${arm}`]];
  if (mean === undefined || count === 0) return NO_RUNNING_MOMENTS;
  const power = (name: string): number => counters[`${name}${arm}`] ?? 0;
  return {
    ...NO_RUNNING_MOMENTS,
    count,
    mean,
    squares: power('squares'),
    cubes: power('cubes'),
    quartics: power('quartics'),
  };
}

/** Merges counters of arms, or of pairs. */
export function mergeArms(parts: readonly Counters[]): Counters {
  const merged = (arm: Arm): Counters =>
    told(parts.map((part) => momentsOf(part, arm)).reduce(mergeRunningMoments, NO_RUNNING_MOMENTS), arm);
  return { ...merged('0'), ...merged('1'), ...merged('') };
}
