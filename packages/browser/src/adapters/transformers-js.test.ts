import { fakeCall } from '@understudy/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { transformersJs, type TransformersJsOptions } from './transformers-js.ts';
import type { TransformersTask } from './transformers-messages.ts';

const callOf = (signal = new AbortController().signal): ReturnType<typeof fakeCall> => fakeCall({ signal });

/** Tells what it was opened with; answers texts with what it was asked, in chunks where that is wanted. */
const TELLING = `let opened;
let busy = false;
onmessage = ({ data: { id, kind, ...rest } }) => {
  if (kind === 'open') {
    opened = rest;
    postMessage({ id, chunk: { file: 'config.json', received: 1, total: 2 } });
    postMessage({ id, value: { facts: { model: rest.model } } });
  } else if (kind === 'run' && !busy) {
    postMessage({ id, begun: true });
    if (rest.texts[0] === 'crash') throw new Error('out of memory');
    if (rest.texts[0] === 'few') return postMessage({ id, value: [] });
    if (rest.isStream) for (const chunk of ['one ', 'two']) postMessage({ id, chunk });
    if (rest.texts[0] === 'cut') return postMessage({ id, code: 'PREDICTOR_FAILED', message: 'no more', fatal: false });
    busy = rest.texts[0] === 'never';
    if (!busy) postMessage({ id, value: rest.texts.map((text) => ({ text, ...rest, opened })) });
  }
};`;
/** Cannot load its model at the first time that it is started. */
const FAILING = `onmessage = ({ data: { id } }) => postMessage({ id, code: 'PREDICTOR_FAILED', message: 'no such model', fatal: false });`;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function predictorOf(
  options: Partial<TransformersJsOptions<unknown, TransformersTask, unknown>> = {},
  scripts: readonly string[] = [TELLING],
) {
  let started = 0;
  const worker = (): Worker => {
    const script = scripts[Math.min(started++, scripts.length - 1)] ?? '';
    return new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' });
  };
  const predict = transformersJs({ task: 'text-classification', model: 'm', wasmPaths: '/ort', worker, ...options });
  ends.push(predict.close);
  return { predict, started: () => started };
}

describe('transformersJs', () => {
  it('a reader that is slow gets every chunk, also those that came while it was busy', async () => {
    const { predict } = predictorOf({ task: 'text-generation' });
    const chunks: string[] = [];
    for await (const chunk of predict.stream?.('go', callOf()) ?? []) {
      chunks.push(chunk);
      // The rest, and the end, come meanwhile.
      await predict('after it', callOf());
    }
    expect(chunks).toEqual(['one ', 'two']);
  });

  it('what its worker says beside is not for it', async () => {
    const noisy = `for (const noise of [null, 7, 'hello', {}, { id: 'x' }, { id: 99, value: 1 }]) postMessage(noise);\n${TELLING}`;
    const { predict } = predictorOf({}, [noisy]);
    expect(await predict('good', callOf())).toMatchObject({ text: 'good' });
  });

  it('onProgress that rejects rejects its load alone', async () => {
    const { predict } = predictorOf();
    const failing = predict.load({ onProgress: () => Promise.reject(new Error('no bar')) as never });
    await expect(failing).rejects.toThrow('no bar');
    await predict.load();
    expect(predict.describe()).toEqual({ model: 'm' });
  });

  it('opens the model at the first call, with addresses that do not depend on the worker', async () => {
    const { predict, started } = predictorOf({ runOptions: { top_k: 1 }, pipelineOptions: { dtype: 'q4' } });
    expect([predict.describe(), started()]).toEqual([{}, 0]);
    const [answer] = await Promise.all([predict('good', callOf()), predict({ text: 'bad' }, callOf())]);
    expect(answer).toEqual({
      text: 'good',
      texts: ['good'],
      options: { top_k: 1 },
      isStream: false,
      opened: {
        task: 'text-classification',
        model: 'm',
        hub: false,
        modelPath: `${location.origin}/models/`,
        wasmPaths: `${location.origin}/ort/`,
        threads: 1,
        pipelineOptions: { dtype: 'q4' },
      },
    });
    expect([predict.describe(), started()]).toEqual([{ model: 'm' }, 1]);
    expect('stream' in predict).toBe(false);
  });

  it('maps inputs and answers, one by one and in a batch', async () => {
    const { predict } = predictorOf({
      text: (input) => `${String(input)}!`,
      output: (answer, input) => [(answer as unknown as { text: string }).text, input],
    });
    expect(await predict('a', callOf())).toEqual(['a!', 'a']);
    expect(await predict.predictBatch(['a', 'b'], callOf())).toEqual([
      ['a!', 'a'],
      ['b!', 'b'],
    ]);
    expect(await predict.predictBatch([], callOf())).toEqual([]);
  });

  it('streams a text as it is written; what breaks off throws after what came', async () => {
    const { predict } = predictorOf({ task: 'text-generation' });
    const read = async (text: string): Promise<unknown[]> => {
      const chunks: unknown[] = [];
      try {
        for await (const chunk of predict.stream?.(text, callOf()) ?? []) chunks.push(chunk);
      } catch (error) {
        chunks.push((error as Error).message);
      }
      return chunks;
    };
    expect(await read('good')).toEqual(['one ', 'two']);
    expect(await read('cut')).toEqual(['one ', 'two', 'no more']);
  });

  it('starts anew after a model that cannot be loaded, and after a crash', async () => {
    const { predict, started } = predictorOf({}, [FAILING, TELLING]);
    const both = await Promise.allSettled([predict('a', callOf()), predict('a', callOf())]);
    expect(both).toMatchObject([{ reason: { message: 'no such model' } }, { status: 'rejected' }]);
    expect(await predict('a', callOf())).toMatchObject({ text: 'a' });
    await expect(predict('crash', callOf())).rejects.toMatchObject({ code: 'PREDICTOR_FAILED', retryable: true });
    expect(await predict('a', callOf())).toMatchObject({ text: 'a' });
    expect(started()).toBe(3);
  });

  it('ends the worker of a run for which nobody waits any more', async () => {
    const { predict, started } = predictorOf({ task: 'text-generation', abandonMs: 5 });
    const late = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _chunk of predict.stream?.('never', callOf(late.signal)) ?? []) late.abort('late');
    };
    await expect(read()).rejects.toBe('late');
    const restarted = async (): Promise<number> => {
      await predict('a', callOf()).catch(() => undefined);
      return started();
    };
    await expect.poll(restarted, { timeout: 10_000 }).toBe(2);
  });

  it('refuses until the page has asked for the model', async () => {
    const { predict, started } = predictorOf({ download: 'when-asked' });
    await expect(predict('a', callOf())).rejects.toMatchObject({ code: 'POLICY_REJECTED' });
    expect(started()).toBe(0);
    const files: unknown[] = [];
    await predict.load({ onProgress: (progress) => files.push(progress) });
    expect(files).toEqual([{ file: 'config.json', received: 1, total: 2 }]);
    expect(await predict('a', callOf())).toMatchObject({ text: 'a' });
    await predict.close();
    await expect(predict.load()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(predict('a', callOf())).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('tells inputs without a text, and answers that are too few', async () => {
    const { predict } = predictorOf();
    for (const input of [7, {}, undefined, { text: 1 }])
      await expect(predict(input, callOf())).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(predict('few', callOf())).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  });

  it('says everything that is wrong with its options at once', () => {
    expect(() => predictorOf({ task: 'speech' as never, wasmPaths: 7 as never })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(/task: [^]*wasmPaths: /) }),
    );
    expect(() => predictorOf({ task: 'zero-shot-classification' })).toThrow(/labels/);
    expect(() => predictorOf({ labels: ['a'] })).toThrow(/labels/);
  });
});
