import type { OnnxSession, OnnxTensor, Tensors } from '@understudy/core/adapters';
import { describe, expect, it, vi } from 'vitest';
import type { OnnxMessage, OpenAnswer, OpenMessage } from './onnx-messages.ts';
import type { Answer as WorkerAnswer, Question as WorkerQuestion } from './worker-messages.ts';
import { type OnnxWebRuntime, serveOnnx, type WorkerScope } from './serve-onnx.ts';

type Question = WorkerQuestion<OnnxMessage>;
type Answer = WorkerAnswer<OpenAnswer | Tensors>;

class FakeTensor implements OnnxTensor {
  readonly type: string;
  readonly data: ArrayLike<unknown>;
  readonly dims: readonly number[];

  constructor(type: string, data: ArrayLike<unknown>, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

function served(run: OnnxSession['run'], load?: () => Promise<OnnxWebRuntime>) {
  let listener: (event: MessageEvent<Question>) => void = () => {};
  const answers: Answer[] = [];
  /** Runs that could no longer be dropped. */
  const begun: number[] = [];
  const transfers: Transferable[][] = [];
  const scope: WorkerScope = {
    addEventListener: (_type, added) => (listener = added),
    postMessage: (answer, { transfer }) =>
      void ('begun' in answer ? begun.push(answer.id) : (answers.push(answer), transfers.push(transfer))),
  };
  const session: OnnxSession = { inputNames: ['x'], outputNames: ['y'], run, release: () => Promise.resolve() };
  const create = vi.fn<OnnxWebRuntime['InferenceSession']['create']>(() => Promise.resolve(session));
  const runtime: OnnxWebRuntime = {
    Tensor: FakeTensor,
    InferenceSession: { create },
    env: { versions: { common: '1.2.3' }, wasm: {} },
  };
  serveOnnx(load ?? (() => Promise.resolve(runtime)), scope);
  return {
    answers,
    begun,
    transfers,
    runtime,
    create,
    ask: (question: Question) => listener(new MessageEvent('message', { data: question })),
    answered: (count: number) => vi.waitFor(() => expect(answers).toHaveLength(count)),
  };
}

const open: OpenMessage = {
  kind: 'open',
  model: new Uint8Array([1, 2, 3]).buffer,
  digest: undefined,
  externalData: [],
  wasmPaths: '/ort/',
  threads: 1,
  sessionOptions: { executionProviders: ['wasm'] },
};
const x = { type: 'float32', dims: [1], data: [1] } as const;

describe('serveOnnx', () => {
  it('opens the model with the options it is sent', async () => {
    const { ask, answered, answers, create, runtime } = served(() => Promise.resolve({}));
    ask({ id: 1, ...open });
    await answered(1);
    const digest = 'sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81';
    expect(answers).toEqual([{ id: 1, value: { inputs: undefined, facts: { digest, runtime: 'onnxruntime-web 1.2.3' } } }]);
    expect(create).toHaveBeenCalledWith(new Uint8Array([1, 2, 3]), { executionProviders: ['wasm'] });
    expect(runtime.env.wasm).toEqual({ numThreads: 1, wasmPaths: '/ort/' });
  });

  it('runs one question after the other, skips what was dropped and hands over the memory of its answers', async () => {
    const data = new Float32Array([7]);
    const gates: PromiseWithResolvers<Readonly<Record<string, OnnxTensor>>>[] = [];
    const { ask, answered, answers, begun, transfers } = served(() => {
      const gate = Promise.withResolvers<Readonly<Record<string, OnnxTensor>>>();
      gates.push(gate);
      return gate.promise;
    });
    ask({ id: 1, ...open });
    for (const id of [2, 3, 4]) ask({ id, kind: 'run', inputs: { x }, outputs: undefined });
    ask({ id: 3, kind: 'drop' });
    await answered(1);
    await vi.waitFor(() => expect(gates).toHaveLength(1));
    gates[0]?.resolve({ y: { type: 'float32', dims: [1], data } });
    await vi.waitFor(() => expect(gates).toHaveLength(2));
    gates[1]?.resolve({});
    await answered(3);
    expect(answers.slice(1)).toEqual([
      { id: 2, value: { y: { type: 'float32', dims: [1], data } } },
      { id: 4, value: {} },
    ]);
    expect(transfers[1]).toEqual([data.buffer]);
    expect(begun).toEqual([2, 4]);
  });

  it('tells a run that fails from a wasm module that is broken', async () => {
    const failures = [new Error('bad shape'), new WebAssembly.RuntimeError('unreachable')];
    const { ask, answered, answers } = served(() => Promise.reject(failures.shift()));
    ask({ id: 1, ...open });
    for (const id of [2, 3]) ask({ id, kind: 'run', inputs: { x }, outputs: undefined });
    await answered(3);
    expect(answers.slice(1)).toEqual([
      { id: 2, code: 'PREDICTOR_FAILED', message: 'ONNX Runtime could not run the model: bad shape', fatal: false },
      { id: 3, code: 'PREDICTOR_FAILED', message: 'ONNX Runtime could not run the model: unreachable', fatal: true },
    ]);
  });

  it('says that the runtime is missing, or that no model is open', async () => {
    const { ask, answered, answers } = served(
      () => Promise.resolve({}),
      () => Promise.reject(new Error('no such module')),
    );
    ask({ id: 1, ...open });
    ask({ id: 2, kind: 'run', inputs: {}, outputs: undefined });
    await answered(2);
    expect(answers).toMatchObject([
      { code: 'PEER_MISSING', message: expect.stringContaining('npm install onnxruntime-web (no such module)') },
      { code: 'PREDICTOR_FAILED', message: 'The worker has no model open.' },
    ]);
  });

  it('says what a server answers in place of a model', async () => {
    const { ask, answered, answers } = served(() => Promise.resolve({}));
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('', { status: 404 }));
    ask({ id: 1, ...open, model: 'https://host/x.onnx' });
    await answered(1);
    fetched.mockRestore();
    expect(answers).toMatchObject([
      { message: 'GET https://host/x.onnx answered 404, where a model was expected.', fatal: false },
    ]);
  });

  it('passes files with weights on', async () => {
    const { ask, answered, create } = served(() => Promise.resolve({}));
    ask({ id: 1, ...open, digest: 'sha256:known', externalData: [{ path: 'w.bin', data: new Uint8Array([7]).buffer }] });
    await answered(1);
    const externalData = [{ path: 'w.bin', data: new Uint8Array([7]) }];
    expect(create).toHaveBeenCalledWith(new Uint8Array([1, 2, 3]), { executionProviders: ['wasm'], externalData });
  });

  it('crashes when the GPU of its session is lost', async () => {
    const lost = Promise.withResolvers<{ message: string }>();
    const { ask, answered, runtime } = served(() => Promise.resolve({}));
    Object.assign(runtime.env, { webgpu: { device: Promise.resolve({ lost: lost.promise }) } });
    ask({ id: 1, ...open });
    await answered(1);
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((crash: () => void) => {
      expect(crash).toThrow('the WebGPU device was lost: unplugged');
    }) as never);
    lost.resolve({ message: 'unplugged' });
    await vi.waitUntil(() => timers.mock.calls.length > 0, { timeout: 60_000 }).finally(() => timers.mockRestore());
  });
});
