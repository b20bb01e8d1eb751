import { expect, test } from 'vitest';
import { categoricalProfile } from '../../tests/support/statistics/categorical-profile.ts';
import { binLayout } from '../statistics/profiles/bin-layout.ts';
import { CountWindow } from './count-window.ts';

const add = (window: CountWindow, now: number): void => {
  const row = window.row(now);
  row[0] = (row[0] ?? 0) + 1;
};

test('a window of cases holds between 23 and 24 parts of them', () => {
  const window = new CountWindow(1, { cases: 240 });
  for (let at = 0; at < 1000; at++) {
    add(window, 0);
    const [count = 0] = window.totals(0);
    expect(count).toBe(at < 240 ? at + 1 : 231 + (at % 10));
  }
});

test('thirty fields of a hundred categories in ten segments and the whole take less than 4 MB', () => {
  const counters = 30 * binLayout(categoricalProfile(Array.from({ length: 100 }, (_, at) => at))).size;
  expect(11 * new CountWindow(counters, { ms: 86_400_000 }).byteLength).toBeLessThan(4_000_000);
});

test('a window of time forgets what is older, also when nobody counts; a clock that goes back loses nothing', () => {
  const window = new CountWindow(2, { ms: 24_000 });
  for (let at = 0; at < 24; at++) add(window, 1_800_000_000_000 + 1000 * at);
  add(window, 1_799_999_990_000);
  expect(window.totals(1_800_000_023_999)[0]).toBe(25);
  expect(window.totals(1_800_000_024_000)[0]).toBe(24);
  expect(window.totals(1_800_000_100_000)).toEqual(new Uint32Array(2));
});
