import { describe, expect, it } from 'vitest';
import type { MonitorReading } from '../types/index.ts';
import { amount, finite, monitorStatus, names, plainReading, pointOf, readingKey, severity, text, textOrNull } from './plain.ts';

it.each([
  [0.5, 0.5, 0.5],
  [-0, -0, -0],
  [Number.NaN, null, 0],
  [Infinity, null, 0],
  ['7', null, 0],
  [undefined, null, 0],
  [null, null, 0],
])('the number of %s is %s, as an amount %s', (value, number, sum) => {
  expect([finite(value), amount(value)]).toEqual([number, sum]);
});

describe('texts', () => {
  it('are cut to 400 characters, and what is none is empty or null', () => {
    expect(text('x'.repeat(400))).toBe('x'.repeat(400));
    expect(text('x'.repeat(401))).toBe(`${'x'.repeat(399)}…`);
    expect([text(7), text(undefined), textOrNull('a'), textOrNull(7)]).toEqual(['', '', 'a', null]);
  });

  it('of a list are the first 50', () => {
    const list = Array.from({ length: 60 }, (_, index) => `n${index}`);
    expect(names(list)).toEqual(list.slice(0, 50));
    expect([names('abc'), names([1, 'a'])]).toEqual([[], ['', 'a']]);
  });
});

it('statuses stand in order, the worst first; what is none knows too little', () => {
  expect((['breach', 'warn', 'ok', 'insufficient'] as const).map(severity)).toEqual([0, 1, 2, 3]);
  expect([monitorStatus('warn'), monitorStatus('fine'), monitorStatus(undefined)]).toEqual([
    'warn',
    'insufficient',
    'insufficient',
  ]);
});

describe('a reading', () => {
  const READING: MonitorReading = {
    measure: 'psi',
    field: 'age',
    n: 500,
    value: 0.3,
    interval: [0.2, 0.4],
    limit: 0.2,
    status: 'breach',
    reason: 'moved',
  };

  it('is kept as it is, with null for what it does not say', () => {
    expect(plainReading(READING)).toEqual({ ...READING, segment: null });
  });

  it.each([[null], [[0.2]], [[0.2, Number.NaN]], [[Infinity, 1]], ['0.2, 0.4']])('has no interval in %j', (interval) => {
    expect(plainReading({ ...READING, interval: interval as never }).interval).toBeNull();
  });

  it('is a point of its series', () => {
    const { n, value, interval, limit, status } = plainReading(READING);
    expect(pointOf(7, plainReading(READING))).toEqual({ at: 7, n, value, interval, limit, status });
  });

  it('is told from others by measure, field and segment, whatever these hold', () => {
    const keys = [
      ['a', 'b', null],
      ['a', null, 'b'],
      ['a","b', null, null],
      ['a', 'b,null', null],
    ].map(([measure = '', field = null, segment = null]) => readingKey({ measure: measure ?? '', field, segment }));
    expect(new Set(keys).size).toBe(keys.length);
  });
});
