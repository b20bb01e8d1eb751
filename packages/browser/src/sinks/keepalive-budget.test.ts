import { expect, it } from 'vitest';
import { freeKeepalive, holdKeepalive, KEEPALIVE_LIMIT } from './keepalive-budget.ts';

it('is the 64 KiB of the Fetch standard', () => {
  expect([KEEPALIVE_LIMIT, freeKeepalive(KEEPALIVE_LIMIT)]).toEqual([65_536, 65_536]);
});

it('counts requests in flight together, each until it has ended', async () => {
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const held = [holdKeepalive(100, () => first.promise), holdKeepalive(50, () => second.promise)];
  expect(freeKeepalive(1000)).toBe(850);
  first.resolve('answer');
  expect(await held[0]).toBe('answer');
  expect(freeKeepalive(1000)).toBe(950);
  second.resolve('');
  await held[1];
  expect(freeKeepalive(1000)).toBe(1000);
});

it('is given back by a request that fails, at once or later, and its error is told', async () => {
  const failure = new Error('offline');
  await expect(holdKeepalive(100, () => Promise.reject(failure))).rejects.toBe(failure);
  const throws = (): never => {
    throw failure;
  };
  await expect(holdKeepalive(100, throws)).rejects.toBe(failure);
  expect(freeKeepalive(1000)).toBe(1000);
});

it('is below nothing where more is in flight than a smaller limit allows', async () => {
  const request = Promise.withResolvers<void>();
  const held = holdKeepalive(100, () => request.promise);
  expect(freeKeepalive(64)).toBe(-36);
  request.resolve();
  await held;
});
