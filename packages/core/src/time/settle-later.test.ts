import { expect, test } from 'vitest';
import { adopted, isPromise, promised, rejectLater } from './settle-later.ts';

class Subclass<T> extends Promise<T> {}

test('a promise of the platform is one whose then nobody has replaced', () => {
  const replaced = Object.assign(Promise.resolve(), { then: () => undefined });
  expect([Promise.resolve(), new Promise(() => {})].map(isPromise)).toEqual([true, true]);
  expect([undefined, null, 7, {}, { then: () => 1 }, () => 1, replaced, Subclass.resolve(1)].filter(isPromise)).toEqual([]);
});

test('A4 a thenable is adopted by one call of its then, at once', async () => {
  let calls = 0;
  const lazy = {
    // oxlint-disable-next-line unicorn/no-thenable
    then: (done: (value: number) => void) => {
      calls++;
      done(calls);
    },
  };
  const promise = adopted(lazy);
  expect([promise instanceof Promise, calls]).toEqual([true, 1]);
  expect([await promise, await promise, calls]).toEqual([1, 1, 1]);
});

test('A4 a then that throws rejects, and one that cannot be read throws', async () => {
  const thrower = {
    // oxlint-disable-next-line unicorn/no-thenable
    then: () => {
      throw new Error('then');
    },
  };
  await expect(adopted(thrower)).rejects.toThrow('then');
  const unreadable = Object.defineProperty({}, 'then', {
    get: () => {
      throw new Error('get');
    },
  });
  expect(() => adopted(unreadable)).toThrow('get');
  const callable = Object.assign(() => 1, { then: (done: (value: number) => void) => done(7) });
  expect(await adopted(callable)).toBe(7);
});

test('what is no thenable is a result', () => {
  const values = [undefined, null, 7, 'x', {}, { then: 1 }, () => 1, Symbol('x'), Object.create(null)];
  expect(values.map(adopted).filter((promise) => promise !== undefined)).toEqual([]);
});

test('a function that is not ours: its result, whatever it does', async () => {
  const thrown = (): never => {
    throw Object.create(null);
  };
  expect(await promised(() => 7)).toBe(7);
  expect(await promised(async () => 8)).toBe(8);
  await expect(promised(thrown)).rejects.toEqual({});
});

test('rejectLater rejects with its own reason, also where others are made meanwhile', async () => {
  const reasons = [new Error('a'), 'b', undefined];
  const rejected = await Promise.allSettled(reasons.map(rejectLater));
  expect(rejected).toEqual(reasons.map((reason) => ({ status: 'rejected', reason })));
});
