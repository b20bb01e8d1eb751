import { expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { addToFloor, type FloorEvidence, NO_FLOOR_EVIDENCE } from './floor-evidence.ts';

const options = { floor: 0.8 };

/** The case that raises the alarm of the e-detector, and of the rule "below 80 % on the last 1,000": Infinity without one. */
function run(
  accuracy: (at: number) => number,
  cases: number,
  random: () => number,
): { readonly alarm: number; readonly raw: number } {
  let state: FloorEvidence = NO_FLOOR_EVIDENCE;
  const last = new Uint8Array(1000);
  let [right, alarm, raw] = [0, Infinity, Infinity];
  for (let at = 0; at < cases && (alarm === Infinity || raw === Infinity); at++) {
    const score = Number(random() < accuracy(at));
    right += score - (last[at % 1000] ?? 0);
    last[at % 1000] = score;
    state = addToFloor(state, score, options);
    if (raw === Infinity && at >= 999 && right < 800) raw = at;
    if (alarm === Infinity && state.breached) alarm = at;
  }
  return { alarm, raw };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;

test('two points above the floor it stays silent, where the raw rule pauses nearly always', () => {
  const random = seededRandom(1);
  const runs = Array.from({ length: 60 }, () => run(() => 0.82, 20_000, random));
  expect(runs.filter(({ alarm }) => alarm < Infinity).length).toBeLessThanOrEqual(3);
  expect(runs.filter(({ raw }) => raw < Infinity).length).toBeGreaterThanOrEqual(57);
});

test('at the floor itself no more alarms than promised: 20,000/100,000', () => {
  const random = seededRandom(2);
  const runs = Array.from({ length: 60 }, () => run(() => 0.8, 20_000, random));
  // 12 may be expected of 60 at most, and 9 more by chance.
  expect(runs.filter(({ alarm }) => alarm < Infinity).length).toBeLessThanOrEqual(21);
});

test.each([
  ['a drop to 75 %', 1.3, 0.75],
  ['a drop to 60 %', 0.4, 0.6],
])('%s is found within %f times the delay of the raw rule', (_, most, accuracy) => {
  const random = seededRandom(3);
  const runs = Array.from({ length: 150 }, () => run((at) => (at < 2000 ? 0.9 : accuracy), 12_000, random));
  const delay = (of: (one: { alarm: number; raw: number }) => number): number => median(runs.map((one) => of(one) - 1999));
  expect(runs.every(({ alarm, raw }) => alarm >= 2000 && raw >= 2000)).toBe(true);
  expect(delay(({ alarm }) => alarm)).toBeLessThan(most * delay(({ raw }) => raw));
});

test('the alarm holds while the accuracy is low, and ends soon after it is high again, however long that took', () => {
  const random = seededRandom(4);
  const lengths: number[] = [];
  for (const low of [2000, 10_000]) {
    let state = NO_FLOOR_EVIDENCE;
    for (let at = 0; at < low; at++) state = addToFloor(state, Number(random() < 0.7), options);
    expect(state.breached).toBe(true);
    let cases = 0;
    while (state.breached) {
      state = addToFloor(state, Number(random() < 0.9), options);
      cases++;
    }
    lengths.push(cases);
  }
  for (const length of lengths) {
    expect(length).toBeGreaterThan(50);
    expect(length).toBeLessThan(800);
  }
});

test('a bounded score: a Brier ceiling of 0.2 holds at 0.2 and is found broken at 0.26', () => {
  const random = seededRandom(5);
  const alarms = (mean: number): number => {
    let count = 0;
    for (let each = 0; each < 30; each++) {
      let state = NO_FLOOR_EVIDENCE;
      // Squared errors between 0 and twice their mean.
      for (let at = 0; at < 5000 && !state.breached; at++) state = addToFloor(state, 1 - 2 * mean * random(), options);
      count += Number(state.breached);
    }
    return count;
  };
  expect(alarms(0.2)).toBeLessThanOrEqual(2);
  expect(alarms(0.26)).toBe(30);
});
