import { expect, test } from 'vitest';
import type { DecisionFact } from '../types/index.ts';
import { NO_SEGMENT, OTHER_SEGMENTS, segmentName, Segments } from './segments.ts';

const decision: DecisionFact = {
  id: '1',
  input: { band: '60+' },
  output: { p: 0.3 },
  tier: 'model',
  servedBy: 'v1',
  version: '1',
  durationMs: 1,
  at: 0,
  probability: 1,
};

test('a million names take the room of twenty and one', () => {
  const segments = new Segments(() => ({ n: 0 }));
  for (let index = 0; index < 1_000_000; index++) segments.of(`s${index}`).n++;
  const all = new Map(segments.entries());
  expect(all.size).toBe(21);
  expect(all.get('s0')?.n).toBe(1);
  expect(all.get(OTHER_SEGMENTS)?.n).toBe(999_980);
});

test('the segment of a decision; a function that throws or names none harms nothing', () => {
  expect(segmentName((input) => (input as { band: string }).band, decision)).toBe('60+');
  expect(segmentName(() => 7 as never, decision)).toBe('7');
  expect(segmentName(() => undefined as never, decision)).toBe(NO_SEGMENT);
  expect(
    segmentName(() => {
      throw new Error('broken');
    }, decision),
  ).toBe(NO_SEGMENT);
});
