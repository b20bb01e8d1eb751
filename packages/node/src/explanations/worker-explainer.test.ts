import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { serveExplainer, workerExplainer } from './worker-explainer.ts';

const started = (): { worker: Worker; explain: (a: number, signal?: AbortSignal) => Promise<unknown> } => {
  const worker = new Worker(new URL('test-worker.ts', import.meta.url), { execArgv: ['--conditions=@understudy/source'] });
  const why = workerExplainer<{ a: number; b: number }>(worker);
  return { worker, explain: async (a, signal) => why.explain({ a, b: 1 }, signal === undefined ? {} : { signal }) };
};

test('a worker explains, many at once, and tells what failed', async () => {
  const { worker, explain } = started();
  const [one, two, failure] = await Promise.allSettled([explain(1), explain(5), explain(13)]);
  expect(one).toMatchObject({
    value: {
      base: 0,
      value: 3,
      contributions: [
        { field: 'a', contribution: 2 },
        { field: 'b', contribution: 1 },
      ],
    },
  });
  expect(two).toMatchObject({ value: { value: 11 } });
  expect(failure).toMatchObject({
    reason: { code: 'PREDICTOR_FAILED', message: expect.stringContaining('no prediction for 13') },
  });
  await expect(explain(1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  await worker.terminate();
  await expect(explain(1)).rejects.toMatchObject({ code: 'PREDICTOR_FAILED' });
});

test('a worker that dies fails what it was asked', async () => {
  const { explain } = started();
  await expect(explain(666)).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', cause: 3 });
});

test('serves in a worker only', () => {
  expect(() => serveExplainer({ explain: () => Promise.reject(new Error('never')) })).toThrow(/runs in a worker/);
});
