import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PredictOptions } from './model-api.ts';
import { predictMany as many, type PredictManyModel } from './predict-many.ts';

/** A model that takes any number at once. */
const predictMany = <I, D>(
  inputs: readonly I[],
  options: Parameters<typeof many<I, D>>[1],
  predict: PredictManyModel<I, D>['predict'],
): ReturnType<typeof many<I, D>> =>
  many(inputs, options, { predict, capacity: () => Infinity, batchSize: 1, failed: () => undefined });

const double = async (input: number): Promise<number> => 2 * input;

test('every input has its result, in order, with no more at once than was asked for (property)', async () => {
  const work = fc.record({ ticks: fc.nat(5), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(work, { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), async (inputs, concurrency) => {
      let [running, most] = [0, 0];
      const results = await predictMany(inputs, { concurrency }, async ({ ticks, fails }) => {
        most = Math.max(most, ++running);
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
        running--;
        if (fails) throw new Error(`${ticks}`);
        return ticks;
      });
      expect(results).toEqual(
        inputs.map(({ ticks, fails }) =>
          fails ? { status: 'rejected', reason: new Error(`${ticks}`) } : { status: 'fulfilled', value: ticks },
        ),
      );
      expect(most).toBeLessThanOrEqual(concurrency);
      if (inputs.length > 0) expect(most).toBeGreaterThan(0);
    }),
  );
});

test('sixteen at once where nothing else is said', async () => {
  let most = 0;
  let running = 0;
  await predictMany(
    Array.from({ length: 50 }, (_, index) => index),
    {},
    async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve));
      running--;
    },
  );
  expect(most).toBe(16);
});

test('each call has its unit and what all share', async () => {
  const seen: PredictOptions[] = [];
  const unit = (input: string, index: number): string => `${input}${index}`;
  await predictMany(['a', 'b'], { unit, deadlineMs: 50 }, async (_, options) => seen.push(options));
  expect(seen).toEqual([
    { deadlineMs: 50, unit: 'a0' },
    { deadlineMs: 50, unit: 'b1' },
  ]);
});

test('a function for units that throws fails its own input', async () => {
  const unit = (input: number): string => {
    if (input === 1) throw new Error('no unit');
    return `${input}`;
  };
  const results = await predictMany([0, 1, 2], { unit }, double);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

describe('progress', () => {
  test('is told after each, with what failed', async () => {
    const told: unknown[] = [];
    const onProgress = (progress: unknown): void => void told.push(progress);
    await predictMany([1, 2], { concurrency: 1, onProgress }, (input) =>
      input === 1 ? Promise.reject(new Error('no')) : double(input),
    );
    expect(told).toEqual([
      { settled: 1, failed: 1, total: 2 },
      { settled: 2, failed: 1, total: 2 },
    ]);
  });

  test('that throws changes no result', async () => {
    const onProgress = (): never => {
      throw new Error('no');
    };
    expect(await predictMany([1], { onProgress }, double)).toEqual([{ status: 'fulfilled', value: 2 }]);
  });
});

test('an abort settles the rest with its reason, without calling anything', async () => {
  const controller = new AbortController();
  const gone = new Error('gone');
  const called: number[] = [];
  const results = await predictMany([0, 1, 2, 3], { concurrency: 1, signal: controller.signal }, async (input) => {
    called.push(input);
    if (input === 1) controller.abort(gone);
    return input;
  });
  expect(called).toEqual([0, 1]);
  expect(results.slice(2)).toEqual([
    { status: 'rejected', reason: gone },
    { status: 'rejected', reason: gone },
  ]);
});

test('F13 no more at once than the model takes, as that changes', async () => {
  let capacity = 8;
  let running = 0;
  const most: number[] = [];
  await many(
    Array.from({ length: 40 }, (_, index) => index),
    { concurrency: 16 },
    {
      predict: async (input) => {
        most.push(++running);
        if (input === 20) capacity = 1;
        await new Promise((done) => setTimeout(done));
        running--;
      },
      capacity: () => capacity,
      batchSize: 1,
      failed: () => undefined,
    },
  );
  expect(Math.max(...most)).toBe(4);
  expect(Math.max(...most.slice(30))).toBe(1);
});

test('F1 progress that throws or rejects is told, and changes nothing', async () => {
  const failures: unknown[] = [];
  const model = { predict: double, capacity: () => 2, batchSize: 1, failed: (error: unknown) => void failures.push(error) };
  const onProgress: unknown = () => Promise.reject(new Error('late'));
  expect(await many([1], { onProgress: onProgress as () => void }, model)).toEqual([{ status: 'fulfilled', value: 2 }]);
  await Promise.resolve();
  expect(failures).toEqual([new Error('late')]);
});
