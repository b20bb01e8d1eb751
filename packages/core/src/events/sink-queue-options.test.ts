import { expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { checkedOptions } from './sink-queue-options.ts';

it('has the defaults that are documented, and keeps what is given', () => {
  expect(checkedOptions({})).toEqual({
    maxEvents: 10_000,
    maxBytes: 8_388_608,
    batchSize: 500,
    flushMs: 1000,
    attempts: 5,
    backoffMs: 500,
  });
  const least = { maxEvents: 1, maxBytes: 1, batchSize: 1, flushMs: 0, attempts: 1, backoffMs: 0.5 };
  expect(checkedOptions(least)).toEqual(least);
});

it('tells all that is wrong at once', () => {
  const wrong = { maxEvents: 0, maxBytes: 1.5, batchSize: Number.NaN, attempts: -1, flushMs: -1, backoffMs: Infinity };
  try {
    checkedOptions(wrong);
    expect.unreachable();
  } catch (error) {
    if (!UnderstudyError.is(error, 'CONFIGURATION_INVALID')) throw error;
    expect(error.details.problems?.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'sinkQueue.maxEvents: expected a whole number of at least 1, got 0',
      'sinkQueue.maxBytes: expected a whole number of at least 1, got 1.5',
      'sinkQueue.batchSize: expected a whole number of at least 1, got NaN',
      'sinkQueue.attempts: expected a whole number of at least 1, got -1',
      'sinkQueue.flushMs: expected milliseconds of at least 0, got -1',
      'sinkQueue.backoffMs: expected milliseconds of at least 0, got Infinity',
    ]);
  }
});
