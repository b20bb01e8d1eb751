import { expect, it } from 'vitest';
import { isWindow } from './option-kinds.ts';

it.each([{ ms: 24 }, { ms: 3_600_000 }, { cases: 24 }, { cases: 100.5 }])('%j is a window', (window) => {
  expect(isWindow(window)).toBe(true);
});

it.each([
  null,
  undefined,
  1000,
  '1h',
  {},
  { ms: 23 },
  { cases: 0 },
  { ms: Infinity },
  { cases: '100' },
  { ms: 1000, cases: 100 },
])('%j is none', (window) => {
  expect(isWindow(window)).toBe(false);
});
