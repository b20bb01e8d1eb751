import { expect, test } from 'vitest';
import { check, controlled, need, needState, NotApplicable, outcome, times, watch } from './check.ts';

test('what a subject does not have is told apart from a failure', () => {
  expect(need(0)).toBe(0);
  expect(() => need(undefined)).toThrow(NotApplicable);
  expect(() => needState(undefined)).toThrow(NotApplicable);
});

test('check fails with what was seen', () => {
  expect(() => check(true, 'x')).not.toThrow();
  expect(() => check(false, 'saw 3')).toThrow('saw 3');
});

test('how a promise ends is data', async () => {
  expect([await outcome(Promise.resolve(7)), await outcome(Promise.reject(new Error('no')))]).toEqual([
    { value: 7 },
    { error: new Error('no') },
  ]);
});

test('whether it has settled is known at any time', async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  const { settled, result } = watch(promise);
  expect(settled()).toBe(false);
  reject('no');
  expect([await result, settled()]).toEqual([{ error: 'no' }, true]);
});

test('calls end when they are told to, with the signal that they had', async () => {
  const { work, calls } = controlled();
  const { signal } = new AbortController();
  const [first, second] = [work(signal), work(undefined)];
  calls[1]?.resolve('second');
  calls[0]?.reject(new Error('first'));
  expect([await outcome(first), await second, calls.map((call) => call.signal)]).toEqual([
    { error: new Error('first') },
    'second',
    [signal, undefined],
  ]);
});

test('times goes on after a failure, one after another', async () => {
  const run: number[] = [];
  await times(3, async (index) => {
    run.push(index);
    throw new Error('no');
  });
  expect(run).toEqual([0, 1, 2]);
});
