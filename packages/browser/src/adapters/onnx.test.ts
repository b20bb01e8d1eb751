import type { Call } from '@understudy/core/adapters';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { onnx, type OnnxOptions, type OnnxPredictor } from './onnx.ts';
import { fakeCall } from '@understudy/core/testing';

const data = (file: string): URL => new URL(`../../test-data/${file}`, import.meta.url);
const wasmPaths = new URL('../../node_modules/onnxruntime-web/dist', import.meta.url).href;
const worker = (): Worker => new Worker(new URL('../onnx-worker.ts', import.meta.url), { type: 'module' });

interface Rows {
  readonly featureNames: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly benign: { readonly champion: readonly number[]; readonly challenger: readonly number[] };
}
const { featureNames, rows, benign } = (await (await fetch(data('rows.json'))).json()) as Rows;

function callWith(signal = new AbortController().signal): Call {
  return fakeCall({ signal });
}

const made: OnnxPredictor<unknown>[] = [];
afterEach(async () => {
  for (const predict of made.splice(0)) await predict.close();
});

type Options = OnnxOptions<unknown, { readonly [name: string]: 'float32' | 'int64' }>;
function predictorOf(options: Partial<Options> & Pick<Options, 'model'>): OnnxPredictor<unknown> {
  const predict = onnx({ worker, wasmPaths, features: featureNames, ...options });
  made.push(predict);
  return predict;
}

/** A worker that runs this code, and a function that starts it and counts. */
function scripted(script: string): { worker: () => Worker; started: () => number } {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const start = vi.fn<() => Worker>(() => new Worker(url, { type: 'module' }));
  return { worker: start, started: () => start.mock.calls.length };
}

const opens = `const answer = (id, value) => postMessage({ id, value });
const open = (id) => answer(id, { inputs: { x: 'float32' }, facts: {} });
const y = (value) => ({ y: { type: 'float32', dims: [1, 1], data: [value] } });`;

/** Answers a run of 0 only once it is dropped, too late, and every other run at once. */
const slow = scripted(`${opens}
onmessage = ({ data: { id, kind, inputs } }) => {
  const value = inputs?.x.data[0];
  if (kind === 'open') open(id);
  else if (kind === 'drop') answer(id, y('too late'));
  else if (value !== 0) answer(id, y(value));
};`);

describe.each(['champion', 'challenger', 'champion_core'] as const)('%s', (name) => {
  it('answers the probabilities of scikit-learn', async () => {
    const output = name === 'champion_core' ? 'probability' : 'probabilities';
    const predict = predictorOf({
      model: data(`${name}.onnx`),
      outputs: { [output]: 'float32' },
      output: (tensors) => Array.from(tensors[output]?.data ?? []).at(-1),
    });
    const expected = benign[name === 'challenger' ? 'challenger' : 'champion'];
    const distances = (answers: readonly unknown[]): number[] =>
      answers.map((answer, index) => Math.abs(Number(answer) - (expected[index] ?? Number.NaN)));
    const single = distances(await Promise.all(rows.map((row): unknown => predict(row, callWith()))));
    const batch = distances(await predict.predictBatch(rows, callWith()));
    expect([single.length, batch.length]).toEqual([38, 38]);
    expect(Math.max(...single, ...batch)).toBeLessThan(1e-5);
  });
});

describe('onnx', () => {
  it('takes bytes, int64 outputs and the names of the model, and describes what it loaded', async () => {
    const bytes = await (await fetch(data('champion.onnx'))).arrayBuffer();
    const predict = predictorOf({ model: bytes, wasmPaths: { wasm: `${wasmPaths}/ort-wasm-simd-threaded.wasm` } });
    expect(predict.describe()).toEqual({});
    expect(await predict({ features: rows[0] }, callWith())).toEqual({
      label: 0,
      probabilities: [expect.closeTo(0.9179, 4), expect.closeTo(0.0821, 4)],
    });
    expect(predict.describe()).toEqual({
      digest: 'sha256:d6347f1412647354b90249e19e1578f68073426e3552eec60a9c9515fec49b0d',
      runtime: expect.stringMatching(/^onnxruntime-web \d+\.\d+/),
    });
  });

  it('names a feature that is missing', async () => {
    await expect(predictorOf({ model: data('champion.onnx') })({}, callWith())).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('says what the runtime says of a wrong shape', async () => {
    const predict = predictorOf({ model: data('champion.onnx'), features: ['a'] });
    await expect(predict({ a: 1 }, callWith())).rejects.toMatchObject({
      code: 'PREDICTOR_FAILED',
      message: expect.stringContaining('Expected: 30'),
    });
  });

  it.each([
    ['is not there', new URL('https://nowhere.invalid/x.onnx'), /could not|Failed to fetch/],
    ['is no model', new TextEncoder().encode('no model').buffer, /The model given as bytes could not be loaded/],
  ])('starts anew after a model that %s', async (_name, model, message) => {
    const started = vi.fn<() => Worker>(worker);
    const predict = predictorOf({ model, worker: started });
    const failures = await Promise.allSettled([predict(rows[0], callWith()), predict(rows[0], callWith())]);
    expect(failures).toMatchObject([
      { reason: { code: 'PREDICTOR_FAILED', message: expect.stringMatching(message) } },
      { status: 'rejected' },
    ]);
    expect(started).toHaveBeenCalledTimes(1);
    await expect(predict(rows[0], callWith())).rejects.toMatchObject({ code: 'PREDICTOR_FAILED' });
    expect(started).toHaveBeenCalledTimes(2);
  });

  it('drops the result of an aborted run and answers the others', async () => {
    const predict = predictorOf({ model: new ArrayBuffer(1), features: ['a'], worker: slow.worker });
    const controller = new AbortController();
    await expect(predict([1], callWith(AbortSignal.abort('early')))).rejects.toBe('early');
    const aborted = predict([0], callWith(controller.signal));
    expect(await predict([6], callWith())).toEqual({ y: 6 }); // The worker has the run before it by now.
    controller.abort('left');
    await expect(aborted).rejects.toBe('left');
    expect(await predict([7], callWith())).toEqual({ y: 7 });
  });

  it('rejects every pending call when the worker crashes, and starts a new one for the next', async () => {
    const crashing = scripted(`${opens}
      onmessage = ({ data }) => {
        if (data.kind === 'open') open(data.id);
        else if (data.inputs.x.data[0] === 1) throw new Error('boom');
      };`);
    const predict = predictorOf({ model: new ArrayBuffer(1), features: ['a'], worker: crashing.worker });
    const pending = await Promise.allSettled([predict([0], callWith()), predict([0], callWith()), predict([1], callWith())]);
    const reason = { code: 'PREDICTOR_FAILED', retryable: true, message: expect.stringContaining('boom') };
    expect(pending).toMatchObject([{ reason }, { reason }, { reason }]);
    expect(crashing.started()).toBe(1);
    await expect(predict([1], callWith())).rejects.toMatchObject(reason);
    expect(crashing.started()).toBe(2);
  });

  it('replaces a worker that goes on with a run for which nobody waits any more', async () => {
    const stuck = scripted(`${opens}
      onmessage = ({ data: { id, kind, inputs } }) => {
        if (kind === 'open') return open(id);
        if (kind !== 'run') return;
        postMessage({ id, begun: true });
        for (; inputs.x.data[0] === 0; );
        answer(id, y(inputs.x.data[0]));
      };`);
    let first: Worker | undefined;
    const started = (): Worker => {
      const made = stuck.worker();
      first ??= made;
      return made;
    };
    const predict = predictorOf({ model: new ArrayBuffer(1), features: ['a'], worker: started, abandonMs: 5 });
    expect(await predict([1], callWith())).toEqual({ y: 1 });
    const controller = new AbortController();
    const begun = new Promise((done) => first?.addEventListener('message', done, { once: true }));
    const endless = predict([0], callWith(controller.signal));
    await begun;
    const behind = predict([2], callWith());
    controller.abort('late');
    await expect(endless).rejects.toBe('late');
    await expect(behind).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
    expect(await predict([3], callWith())).toEqual({ y: 3 });
    expect(stuck.started()).toBe(2);
  });

  it('replaces a worker that calls itself broken', async () => {
    const broken = scripted(`${opens}
      onmessage = ({ data: { id, kind } }) => kind === 'open' ? open(id) : postMessage({ id, code: 'PREDICTOR_FAILED', message: 'out of memory', fatal: true });`);
    const predict = predictorOf({ model: new ArrayBuffer(1), features: ['a'], worker: broken.worker });
    await expect(predict([1], callWith())).rejects.toMatchObject({ message: 'out of memory' });
    await expect(predict([1], callWith())).rejects.toMatchObject({ message: 'out of memory' });
    expect(broken.started()).toBe(2);
  });

  it('reports a worker script that cannot be loaded', async () => {
    const { worker: _worker, ...options } = { worker, wasmPaths, model: new ArrayBuffer(1), features: ['a'] };
    const predict = onnx({
      ...options,
      workerUrl: URL.createObjectURL(new Blob(['not a script', '('], { type: 'text/javascript' })),
    });
    made.push(predict);
    await expect(predict([1], callWith())).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
  });

  it('refuses calls once it is closed', async () => {
    const predict = predictorOf({ model: new ArrayBuffer(1), features: ['a'], worker: slow.worker });
    await predict([1], callWith());
    const pending = predict([0], callWith());
    await predict([1], callWith());
    await predict.close();
    await expect(pending).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(predict([1], callWith())).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('says everything that is wrong with its options at once', () => {
    expect(() => onnx({ model: 7 as never, worker: () => new Worker(''), threads: 0 })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(/model: [^]*threads: /) }),
    );
  });
});
