import { expect, test } from 'vitest';
import { outcomePart } from './outcome-part.ts';

test('a truth may be anything, also undefined; the decision that came along is not passed on', () => {
  expect(outcomePart({ truth: undefined }, 5)).toEqual({ at: 5, truth: { value: undefined } });
  expect(outcomePart({ truth: { p: 1 }, decision: { input: 1, output: 2 } }, 5)).toEqual({
    at: 5,
    truth: { value: { p: 1 } },
  });
});

test('the other kinds of outcomes as they are', () => {
  expect(outcomePart({ kpi: { a: 3 } }, 5)).toEqual({ at: 5, kpi: { a: 3 } });
  expect(outcomePart({ feedback: { agree: false } }, 5)).toEqual({ at: 5, feedback: { agree: false } });
  const override = { output: { p: 0 }, by: 'ana', reason: 'seen', blind: true };
  expect(outcomePart({ override }, 5)).toEqual({ at: 5, override });
});
