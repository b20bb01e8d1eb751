import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pollVersions } from './poll-versions.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('D4 tells each key at the first look, then where its version has changed, until it is ended', async () => {
  const told: string[] = [];
  let now = new Map([['a', '1']]);
  let isAway = false;
  const versions = async (): Promise<ReadonlyMap<string, string>> => {
    if (isAway) throw new Error('away');
    return now;
  };
  const end = pollVersions(versions, { keys: ['a', 'b'], tell: (key) => void told.push(key) });
  const look = async (): Promise<string[]> => {
    await vi.advanceTimersByTimeAsync(1000);
    return told.splice(0);
  };
  expect(await look()).toEqual(['a', 'b']);
  expect(await look()).toEqual([]);
  now = new Map([['a', '2']]);
  expect(await look()).toEqual(['a']);
  isAway = true;
  expect(await look()).toEqual([]);
  isAway = false;
  now = new Map([['b', '1']]);
  expect(await look()).toEqual(['a', 'b']);
  end();
  now = new Map();
  expect(await look()).toEqual([]);
});

it('D4 looks once at a time', async () => {
  let looks = 0;
  const answer = Promise.withResolvers<ReadonlyMap<string, string>>();
  const end = pollVersions(() => (looks++, answer.promise), { keys: ['a'], tell: () => undefined });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toBe(1);
  answer.resolve(new Map());
  await vi.advanceTimersByTimeAsync(1000);
  expect(looks).toBe(2);
  end();
});
