import { fakeCall } from '@understudy/core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { onnx, type OnnxOptions, type OnnxPredictor } from '../adapters/onnx.ts';
import type { ModelSource } from './model-source.ts';

const SCRIPT = `onmessage = ({ data: { id, kind, model, digest, externalData } }) => {
  if (kind === 'open') {
    const bytes = (data) => typeof data === 'string' ? data : data.byteLength;
    const asked = JSON.stringify([bytes(model), digest, externalData.map(({ path, data }) => [path, bytes(data)])]);
    postMessage({ id, value: { inputs: { x: 'float32' }, facts: { asked } } });
  } else if (kind === 'run') postMessage({ id, value: {} });
};`;
const url = URL.createObjectURL(new Blob([SCRIPT], { type: 'text/javascript' }));
const call = (): ReturnType<typeof fakeCall> => fakeCall({ signal: new AbortController().signal });

const made: OnnxPredictor<unknown>[] = [];
afterEach(async () => {
  for (const predict of made.splice(0)) await predict.close();
});
function predictorOf(model: ModelSource, externalData?: OnnxOptions<unknown, {}>['externalData']): OnnxPredictor<unknown> {
  const more = externalData === undefined ? {} : { externalData };
  const predict = onnx({ model, ...more, worker: () => new Worker(url, { type: 'module' }), features: ['a'] });
  made.push(predict);
  return predict;
}
const asked = (predict: OnnxPredictor<unknown>): unknown => JSON.parse(predict.describe()['asked'] ?? 'null');
const file = (length: number) => ({
  digest: `sha256:${length}`,
  load: vi.fn<() => Promise<ArrayBuffer>>(async () => new ArrayBuffer(length)),
});

describe('a model', () => {
  it('may be a file that the browser keeps: loaded at the first call, its digest known', async () => {
    const kept = file(5);
    const predict = predictorOf(kept);
    expect(kept.load).not.toHaveBeenCalled();
    await Promise.all([predict([1], call()), predict([2], call())]);
    expect(asked(predict)).toEqual([5, 'sha256:5', []]);
    expect(kept.load).toHaveBeenCalledTimes(1);
  });

  it('may be what a function gives, now or later', async () => {
    for (const give of [() => new ArrayBuffer(3), () => Promise.resolve(new ArrayBuffer(3))]) {
      const predict = predictorOf(give);
      await predict([1], call());
      expect(asked(predict)).toEqual([3, null, []]);
    }
  });

  it('that cannot be had fails the call, and is asked for again by the next one', async () => {
    const give = vi
      .fn<() => ArrayBuffer>()
      .mockImplementationOnce(() => {
        throw new Error('no disk');
      })
      .mockReturnValueOnce('no bytes' as never)
      .mockReturnValue(new ArrayBuffer(3));
    const predict = predictorOf(give);
    const both = await Promise.allSettled([predict([1], call()), predict([1], call())]);
    expect(both).toMatchObject([{ reason: { message: 'no disk' } }, { reason: { message: 'no disk' } }]);
    await expect(predict([1], call())).rejects.toMatchObject({ code: 'PREDICTOR_FAILED' });
    expect(await predict([1], call())).toEqual({});
  });

  it('may have its weights in files of their own', async () => {
    const predict = predictorOf(file(5), [
      { path: 'weights.bin', data: file(7) },
      { path: 'more.bin', data: 'https://host/more.bin' },
    ]);
    await predict([1], call());
    const external = [
      ['weights.bin', 7],
      ['more.bin', 'https://host/more.bin'],
    ];
    expect(asked(predict)).toEqual([5, 'sha256:5', external]);
    expect(predict.describe()).toMatchObject({ 'digest:weights.bin': 'sha256:7' });
  });

  it('that is closed while it is loaded refuses its calls', async () => {
    const predict = predictorOf(() => new Promise<ArrayBuffer>(() => {}));
    const pending = predict([1], call());
    await predict.close();
    await expect(pending).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
