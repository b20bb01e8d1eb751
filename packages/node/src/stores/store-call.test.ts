import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { storeCall, storeClosed } from './store-call.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<never>(() => {});

it('answers what the work answers, and leaves no timer behind', async () => {
  await expect(storeCall('redis', 1000, async () => 7)).resolves.toBe(7);
  expect(vi.getTimerCount()).toBe(0);
});

describe('a failure', () => {
  it.each([
    [new Error('connection refused'), 'connection refused'],
    [new RangeError(''), 'RangeError'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
  ])('%o is told as that of a store that may come back', async (cause, reason) => {
    const work = storeCall('redis', 1000, () => Promise.reject(cause as Error));
    await expect(work).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      cause,
      message: `The redis store did not answer: ${reason}. Try again when it is back.`,
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of ours passes as it is', async () => {
    const closed = storeClosed('redis');
    await expect(storeCall('redis', 1000, () => Promise.reject(closed))).rejects.toBe(closed);
    expect(closed).toMatchObject({
      code: 'CLOSED',
      retryable: false,
      message: 'The redis store was closed and takes no more calls.',
    });
  });
});

it('is given up after the timeout, not before', async () => {
  const ended = vi.fn<(error: unknown) => void>();
  const work = storeCall('postgres', 1000, never).catch(ended);
  await vi.advanceTimersByTimeAsync(999);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await work;
  expect(ended).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      code: 'STORE_UNAVAILABLE',
      message: 'The postgres store did not answer: no answer within 1000 ms. Try again when it is back.',
    }),
  );
});

describe('an abort', () => {
  it('before asks nothing, and is told as it is', async () => {
    const work = vi.fn<() => Promise<number>>();
    const gone = new Error('gone');
    await expect(storeCall('redis', 1000, work, AbortSignal.abort(gone))).rejects.toBe(gone);
    expect([work.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('during ends the call at once', async () => {
    const controller = new AbortController();
    const gone = new Error('gone');
    const work = storeCall('redis', 1000, never, controller.signal);
    controller.abort(gone);
    await expect(work).rejects.toBe(gone);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that makes the work fail is not told as a failure of the store', async () => {
    const controller = new AbortController();
    const failure = new Error('closed by abort');
    const work = () => {
      controller.abort(new Error('gone'));
      return Promise.reject(failure);
    };
    await expect(storeCall('redis', 1000, work, controller.signal)).rejects.toBe(failure);
  });
});
