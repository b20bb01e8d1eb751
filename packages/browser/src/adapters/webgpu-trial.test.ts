import { fakeCall } from '@understudy/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onnx, type OnnxPredictor, type WebgpuOptions } from './onnx.ts';

const call = (): ReturnType<typeof fakeCall> => fakeCall({ signal: new AbortController().signal });
const LONG = { timeout: 120_000 };

interface Fake {
  /** What a run takes, at least. */
  readonly busyMs?: number;
  /** What is added to the answer. */
  readonly off?: number;
  readonly runtime?: string;
  /** `open`: it never answers; `throw`: it crashes at the second run of this input. */
  readonly fails?: 'open' | 'refuse';
  readonly crashesAt?: number;
}

/** A worker whose model answers ten times its input, and how often one was started. */
function fake({ busyMs = 0, off = 0, runtime = '1', fails, crashesAt }: Fake): { worker: () => Worker; started: () => number } {
  const script = `onmessage = ({ data: { id, kind, inputs } }) => {
    if (kind === 'open') {
      if (${fails === 'open'}) return;
      if (${fails === 'refuse'}) return postMessage({ id, code: 'PREDICTOR_FAILED', message: 'no such kernel', fatal: false });
      return postMessage({ id, value: { inputs: { x: 'float32' }, facts: { runtime: '${runtime}' } } });
    }
    if (kind !== 'run') return;
    const [x] = inputs.x.data;
    if (x === ${crashesAt ?? 'NaN'}) throw new Error('the WebGPU device was lost');
    for (const end = performance.now() + ${busyMs}; performance.now() < end; );
    postMessage({ id, value: { y: { type: 'float32', dims: [1, 1], data: [10 * x + ${off}] } } });
  };`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  let started = 0;
  return { worker: () => (started++, new Worker(url, { type: 'module' })), started: () => started };
}

const SLOW = { busyMs: 200 };
const made: OnnxPredictor<unknown>[] = [];
let model = new ArrayBuffer(0);

function predictorOf(wasm: ReturnType<typeof fake>, gpu: ReturnType<typeof fake>, more?: Partial<WebgpuOptions<unknown>>) {
  const webgpu = { worker: gpu.worker, example: [1], runs: 2, ...more };
  const predict = onnx({ model, worker: wasm.worker, features: ['a'], webgpu });
  made.push(predict);
  return predict;
}

function setGpu(gpu: object | undefined): void {
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
}

beforeEach(() => {
  // Each test has a model, and with it a memory, of its own.
  model = crypto.getRandomValues(new Uint8Array(8)).buffer;
  setGpu({ requestAdapter: () => Promise.resolve({ info: { vendor: 'acme', architecture: 'a1' } }) });
});
afterEach(async () => {
  for (const predict of made.splice(0)) await predict.close();
  Reflect.deleteProperty(navigator, 'gpu');
  localStorage.clear();
});

describe('WebGPU that is faster', () => {
  it('takes the place of wasm, which serves until then, and is remembered', async () => {
    const [wasm, gpu] = [fake(SLOW), fake({})];
    const predict = predictorOf(wasm, gpu);
    expect(predict.measurement()).toBeUndefined();
    expect(await predict([2], call())).toEqual({ y: 20 });
    expect(predict.describe()).toMatchObject({ provider: 'wasm' });
    await expect.poll(() => predict.describe()['provider'], LONG).toBe('webgpu');
    expect(await predict([3], call())).toEqual({ y: 30 });
    const { wasmMs = 0, webgpuMs = Infinity, ...rest } = predict.measurement() ?? {};
    expect(rest).toEqual({ use: 'webgpu', why: 'WebGPU is faster, and answers the same.', remembered: false });
    expect(wasmMs).toBeGreaterThan(webgpuMs);

    const [again, gpuAgain] = [fake(SLOW), fake({})];
    const next = predictorOf(again, gpuAgain);
    expect(await next([2], call())).toEqual({ y: 20 });
    expect([again.started(), gpuAgain.started()]).toEqual([0, 1]);
    expect(next.measurement()).toMatchObject({ use: 'webgpu', remembered: true, wasmMs, webgpuMs });
    expect(next.describe()).toMatchObject({ provider: 'webgpu' });
  });

  it('and is lost gives its place back, and is not tried again on this page', async () => {
    const [wasm, gpu] = [fake(SLOW), fake({ crashesAt: 7 })];
    const predict = predictorOf(wasm, gpu);
    await predict([1], call());
    await expect.poll(() => predict.describe()['provider'], LONG).toBe('webgpu');
    await expect(predict([7], call())).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
    expect(await predict([7], call())).toEqual({ y: 70 });
    expect(predict.describe()).toMatchObject({ provider: 'wasm' });
    expect(predict.measurement()).toEqual({ use: 'wasm', why: 'WebGPU has failed on this page.', remembered: false });
    expect(gpu.started()).toBe(1);
    expect(localStorage).toHaveLength(0);
  });

  it('is measured again for another GPU, another release of the runtime, and after a while', async () => {
    const first = predictorOf(fake(SLOW), fake({}));
    await first([1], call());
    await expect.poll(() => first.measurement()?.use, LONG).toBe('webgpu');
    const [wasm, gpu] = [fake({}), fake({ runtime: '2', ...SLOW })];
    const newer = predictorOf(wasm, gpu);
    expect(await newer([1], call())).toEqual({ y: 10 });
    await expect.poll(() => newer.measurement(), LONG).toMatchObject({ use: 'wasm', remembered: false });
    setGpu({ requestAdapter: () => Promise.resolve({ info: { vendor: 'other' } }) });
    const other = predictorOf(fake(SLOW), fake({}));
    await other([1], call());
    await expect.poll(() => other.measurement(), LONG).toMatchObject({ use: 'webgpu', remembered: false });
    const late = predictorOf(fake(SLOW), fake({}), { rememberMs: 0.001 });
    await late([1], call());
    await expect.poll(() => late.measurement(), LONG).toMatchObject({ use: 'webgpu', remembered: false });
  });
});

describe('wasm stays', () => {
  it.each<[string, Fake, Partial<WebgpuOptions<unknown>>, RegExp]>([
    ['is slower', SLOW, {}, /^wasm is as fast, or faster\.$/],
    ['answers something else', { off: 0.5 }, {}, /^WebGPU answers another y\.$/],
    ['cannot open the model', { fails: 'refuse' }, {}, /^It could not be measured: .*no such kernel/],
    ['crashes', { crashesAt: 1 }, {}, /^It could not be measured: .*device was lost/],
    ['takes too long', { fails: 'open' }, { budgetMs: 1000 }, /^WebGPU took over 1000 ms to try\.$/],
    ['has an example that is none', {}, { example: ['no number'] }, /^It could not be measured: .*a/],
  ])('where WebGPU %s', async (_, given, more, why) => {
    const [wasm, gpu] = [fake(given.off === undefined ? {} : SLOW), fake(given)];
    const predict = predictorOf(wasm, gpu, more);
    expect(await predict([2], call())).toEqual({ y: 20 });
    await expect.poll(() => predict.measurement(), LONG).toMatchObject({ use: 'wasm', why: expect.stringMatching(why) });
    expect(await predict([3], call())).toEqual({ y: 30 });
    expect([wasm.started(), predict.describe()['provider']]).toEqual([1, 'wasm']);
  });

  it('and is remembered where WebGPU is slower, or took too long', async () => {
    for (const given of [SLOW, { fails: 'open' } as const]) {
      localStorage.clear();
      const predict = predictorOf(fake({}), fake(given), { budgetMs: given === SLOW ? 60_000 : 1000 });
      await predict([1], call());
      await expect.poll(() => predict.measurement()?.use, LONG).toBe('wasm');
      const gpu = fake({});
      const next = predictorOf(fake({}), gpu);
      await next([1], call());
      expect([next.measurement()?.remembered, gpu.started()]).toEqual([true, 0]);
    }
  });

  it.each<[string, object | undefined]>([
    ['has no WebGPU', undefined],
    ['has no adapter', { requestAdapter: () => Promise.resolve(null) }],
    ['has a driver that fails', { requestAdapter: () => Promise.reject(new Error('no driver')) }],
  ])('where the page %s: the other build is not loaded', async (_, gpu) => {
    setGpu(gpu);
    const worker = fake({});
    const predict = predictorOf(fake({}), worker);
    expect(await predict([2], call())).toEqual({ y: 20 });
    await expect.poll(() => predict.measurement()).toEqual({ use: 'wasm', why: 'This page has no WebGPU.', remembered: false });
    expect(worker.started()).toBe(0);
  });

  it('where what is remembered cannot be read', async () => {
    const predict = predictorOf(fake({}), fake(SLOW));
    await predict([1], call());
    await expect.poll(() => predict.measurement()?.use, LONG).toBe('wasm');
    const key = localStorage.key(0) ?? '';
    for (const text of ['no JSON', '{}', '{"v":1,"use":"webgpu","adapter":"acme a1 "}', 'null']) {
      localStorage.setItem(key, text);
      const next = predictorOf(fake({}), fake(SLOW));
      expect(await next([1], call())).toEqual({ y: 10 });
      await expect.poll(() => next.measurement(), LONG).toMatchObject({ use: 'wasm', remembered: false });
    }
  });
});

it('a model that is closed while it is measured ends both workers, and tells nothing', async () => {
  const gpu = fake({ fails: 'open' });
  const predict = predictorOf(fake({}), gpu);
  await predict([1], call());
  await expect.poll(gpu.started, LONG).toBe(1);
  await predict.close();
  await expect(predict([1], call())).rejects.toMatchObject({ code: 'CLOSED' });
  expect([predict.measurement(), localStorage.length]).toEqual([undefined, 0]);
});

it('says what is wrong with the options', () => {
  expect(() => onnx({ model, worker: fake({}).worker, webgpu: { example: [1] } })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining('webgpu: ') }),
  );
});
