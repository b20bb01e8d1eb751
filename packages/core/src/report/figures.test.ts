import { expect, test } from 'vitest';
import { duration, eValue, figure, listed, percent } from './figures.ts';

const plain = (text: string): string => text.replaceAll('\u00A0', ' ');

test('figures have three digits, and what is no number has a sign', () => {
  expect([0.74219, 12_300.4, 0, -0.00042, 3e-7, null, NaN, Infinity, 1e20].map(figure)).toEqual([
    '0.742',
    '12,300',
    '0',
    '-0.00042',
    '3.0e-7',
    '–',
    '–',
    '–',
    '1.0e+20',
  ]);
});

test('a share that is short of everything never reads as 100 %, and a small one never as 0 %', () => {
  expect([1, 0.99999, 0.9999999, 0.9731, 0.00004, 0.00000004, 0, null].map(percent).map(plain)).toEqual([
    '100 %',
    '99.999 %',
    '> 99.999 %',
    '97.3 %',
    '0.004 %',
    '< 0.001 %',
    '0 %',
    '–',
  ]);
});

test('durations, e-values and lists', () => {
  expect([0.42, 850, 3200, 270_000, 43_200_000, 9 * 86_400_000, null].map(duration).map(plain)).toEqual([
    '0.42 ms',
    '850 ms',
    '3.2 s',
    '4.5 min',
    '12 h',
    '9 d',
    '–',
  ]);
  expect([0, Math.log(20), 2000, -2000, null].map(eValue)).toEqual(['1', '20', '10^869', '10^-869', '–']);
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c', 'd', 'e']].map(listed)).toEqual(['', 'a', 'a and b', 'a, b, c and 2 others']);
});
