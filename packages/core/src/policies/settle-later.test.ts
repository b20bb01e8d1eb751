import { expect, test } from 'vitest';
import { isPromise, rejectLater } from './settle-later.ts';

test('a thenable is a promise', () => {
  expect([Promise.resolve(), { then: () => undefined }].map(isPromise)).toEqual([true, true]);
  expect([undefined, null, 7, {}, { then: 1 }, () => undefined].filter(isPromise)).toEqual([]);
});

test('rejectLater rejects with its own reason, also where others are made meanwhile', async () => {
  const reasons = [new Error('a'), 'b', undefined];
  const rejected = await Promise.allSettled(reasons.map(rejectLater));
  expect(rejected).toEqual(reasons.map((reason) => ({ status: 'rejected', reason })));
});
