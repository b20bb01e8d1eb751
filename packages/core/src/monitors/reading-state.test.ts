import { expect, test } from 'vitest';
import type { MonitorReading, MonitorStatus } from '../types/index.ts';
import { nextReading, type ReadingState, UNREAD, worseStatus } from './reading-state.ts';

const rule = { confirmations: 3, recoveries: 2 };

/** The status after each of these readings, each on one more case. */
function statuses(said: readonly MonitorStatus[], n: (index: number) => number = (index) => index): MonitorStatus[] {
  let state: ReadingState = UNREAD;
  return said.map((status, index) => {
    const reading: MonitorReading = { measure: 'm', n: n(index), value: 1, interval: null, limit: 1, status, reason: '' };
    state = nextReading(state, reading, rule);
    return state.status;
  });
}

test('a breach needs its confirmations, and warns until then', () => {
  expect(statuses(['ok', 'breach', 'breach', 'breach'])).toEqual(['ok', 'warn', 'warn', 'breach']);
  expect(statuses(['breach', 'breach', 'ok', 'breach', 'breach'])).toEqual(['warn', 'warn', 'ok', 'warn', 'warn']);
});

test('readings of the same cases confirm nothing', () => {
  expect(statuses(['breach', 'breach', 'breach', 'breach'], () => 100)).toEqual(['warn', 'warn', 'warn', 'warn']);
});

test('a breach lasts until enough readings in a row are ok: warnings and silence do not end it', () => {
  const breach = ['breach', 'breach', 'breach'] as const;
  expect(statuses([...breach, 'ok', 'warn', 'ok', 'insufficient', 'ok', 'ok']).slice(2)).toEqual([
    'breach',
    'breach',
    'breach',
    'breach',
    'breach',
    'breach',
    'ok',
  ]);
});

test('the worst comes first', () => {
  expect((['ok', 'insufficient', 'breach', 'warn'] as const).toSorted(worseStatus)).toEqual([
    'breach',
    'warn',
    'ok',
    'insufficient',
  ]);
});
