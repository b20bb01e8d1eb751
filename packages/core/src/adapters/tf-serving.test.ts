import { describe, expect, it } from 'vitest';
import { fakeCall } from '../testing/fake-call.ts';
import { tfServing } from './tf-serving.ts';

/** A server that answers this, and what it was asked. */
function serverOf(...answers: readonly (string | object)[]) {
  const asked: { url: string; body: unknown }[] = [];
  const left = [...answers];
  const fetch: typeof globalThis.fetch = async (input) => {
    const request = input as Request;
    asked.push({ url: request.url, body: await request.json() });
    const answer = left.shift() ?? {};
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), {
      headers: { 'content-type': 'application/json' },
    });
  };
  return { asked, fetch };
}

describe(':predict', () => {
  it('by rows answers the prediction of the instance', async () => {
    const { asked, fetch } = serverOf({ predictions: [[0.8]] }, { predictions: [[0.1], [0.2]] });
    const predict = tfServing({
      model: 'a b',
      fetch,
      instance: (input: { x: number }) => [input.x],
      signature: 'mine',
      parse: (answer) => ({ p: answer }),
    });
    expect(await predict({ x: 1 }, fakeCall())).toEqual({ p: [0.8] });
    expect(await predict.predictBatch?.([{ x: 1 }, { x: 2 }], fakeCall())).toEqual([{ p: [0.1] }, { p: [0.2] }]);
    expect(asked).toEqual([
      { url: 'http://localhost:8501/v1/models/a%20b:predict', body: { signature_name: 'mine', instances: [[1]] } },
      { url: 'http://localhost:8501/v1/models/a%20b:predict', body: { signature_name: 'mine', instances: [[1], [2]] } },
    ]);
  });

  it('by columns answers the outputs', async () => {
    const { asked, fetch } = serverOf({ outputs: { p: [[0.8]] } }, { predictions: [1] });
    const predict = tfServing({
      url: 'http://host/v1/',
      model: 'm',
      version: 7,
      fetch,
      inputs: (x: number) => ({ x: [[x]], image: [{ b64: 'AAAA' }] }),
    });
    expect(await predict(1, fakeCall())).toEqual({ p: [[0.8]] });
    expect(asked).toEqual([
      { url: 'http://host/v1/models/m/versions/7:predict', body: { inputs: { x: [[1]], image: [{ b64: 'AAAA' }] } } },
    ]);
    await expect(predict(1, fakeCall())).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
    expect(predict.predictBatch).toBe(undefined);
  });

  it('names the field that is a bare NaN', async () => {
    const { fetch } = serverOf('{"predictions":[[0.1, NaN]]}', '{"predictions":[{"score":-Infinity}]}');
    const predict = tfServing({ model: 'm', fetch });
    await expect(predict([1], fakeCall())).rejects.toThrow('answered NaN at predictions[0][1], which is not JSON');
    await expect(predict([1], fakeCall())).rejects.toThrow('answered -Infinity at predictions[0].score');
  });

  it('with other predictions than rows is invalid', async () => {
    const { fetch } = serverOf({ predictions: [] }, {}, { predictions: [1, 2, 3] });
    const predict = tfServing({ model: 'm', fetch });
    await expect(predict([1], fakeCall())).rejects.toThrow('answered 0 predictions, where 1 row was sent');
    await expect(predict([1], fakeCall())).rejects.toThrow('answered no "predictions"');
    await expect(predict.predictBatch?.([[1], [2]], fakeCall())).rejects.toThrow(
      'answered 3 predictions, where 2 rows were sent',
    );
  });
});

describe(':classify and :regress', () => {
  it.each(['results', 'result'])('are read from "%s"', async (field) => {
    const { asked, fetch } = serverOf(
      {
        [field]: [
          [
            ['cat', 0.9],
            ['dog', 0.1],
          ],
        ],
      },
      { [field]: [7.5] },
    );
    const classify = tfServing({ model: 'm', label: 'stable', method: 'classify', context: { site: 'x' }, fetch });
    expect(await classify({ a: 1 }, fakeCall())).toEqual([
      ['cat', 0.9],
      ['dog', 0.1],
    ]);
    expect(await tfServing({ model: 'm', method: 'regress', fetch })({ a: 1 }, fakeCall())).toBe(7.5);
    expect(asked).toEqual([
      { url: 'http://localhost:8501/v1/models/m/labels/stable:classify', body: { context: { site: 'x' }, examples: [{ a: 1 }] } },
      { url: 'http://localhost:8501/v1/models/m:regress', body: { examples: [{ a: 1 }] } },
    ]);
  });
});

it('refuses options that contradict each other', () => {
  expect(() => tfServing({ model: 'm', version: 1, label: 'x' })).toThrow(
    /tfServing\.label: expected a version or a label, not both/,
  );
  expect(() => tfServing({ model: 'm', instance: () => 1, inputs: () => 1 })).toThrow(/tfServing\.inputs/);
  expect(() => tfServing({ model: 'm', method: 'classify', inputs: () => 1 })).toThrow(/tfServing\.inputs/);
  expect(() => tfServing({ model: 'm', context: {} })).toThrow(/tfServing\.context/);
});

it('holds classify and regress to what parse is told of them', async () => {
  const { fetch } = serverOf({ results: ['x'] }, { results: [[['cat', 'high']]] }, { results: [['cat', 0.9]] });
  await expect(tfServing({ model: 'm', method: 'regress', fetch })({}, fakeCall())).rejects.toThrow(
    'answered results that are no numbers: is regress its method?',
  );
  const classify = tfServing({ model: 'm', method: 'classify', fetch });
  for (const _ of [1, 2]) {
    // oxlint-disable-next-line no-await-in-loop
    await expect(classify({}, fakeCall())).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  }
});
