import { expect, it } from 'vitest';
import { fakeCall } from '../testing/fake-call.ts';
import { mlflow } from './mlflow.ts';

/** A server that answers this, and what it was asked. */
function serverOf(...answers: readonly unknown[]) {
  const asked: unknown[] = [];
  const left = [...answers];
  const fetch: typeof globalThis.fetch = async (input) => {
    const request = input as Request;
    asked.push([request.url, request.headers.get('content-type'), await request.json()]);
    return Response.json(left.shift());
  };
  return { asked, fetch };
}
const ADDRESS = ['http://localhost:5000/invocations', 'application/json'];

it('sends data frames with their columns once, or with every row', async () => {
  const { asked, fetch } = serverOf({ predictions: [0.5] }, { predictions: [1, 2] }, { predictions: [{ churn: 1 }] });
  const split = mlflow({ fetch, columns: ['b', 'a'], params: { top: 1 }, parse: (churn) => ({ churn }) });
  expect(await split({ a: 1, b: 'x' }, fakeCall())).toEqual({ churn: 0.5 });
  expect(
    await mlflow({ fetch }).predictBatch?.(
      [
        { a: 1, b: null },
        { b: 3, a: 2 },
      ],
      fakeCall(),
    ),
  ).toEqual([1, 2]);
  expect(await mlflow({ fetch, format: 'dataframe_records', url: 'http://host/invocations' })({ a: 1 }, fakeCall())).toEqual({
    churn: 1,
  });
  expect(asked).toEqual([
    [...ADDRESS, { dataframe_split: { columns: ['b', 'a'], data: [['x', 1]] }, params: { top: 1 } }],
    [
      ...ADDRESS,
      {
        dataframe_split: {
          columns: ['a', 'b'],
          data: [
            [1, null],
            [2, 3],
          ],
        },
      },
    ],
    ['http://host/invocations', 'application/json', { dataframe_records: [{ a: 1 }] }],
  ]);
});

it('sends tensors by row or by name', async () => {
  const { asked, fetch } = serverOf({ predictions: [[1, 2]] }, { predictions: { y: [3] } });
  expect(await mlflow({ fetch, format: 'instances', row: (x: number) => [x, x] })(1, fakeCall())).toEqual([1, 2]);
  const named = mlflow({ fetch, format: 'inputs', row: (x: number) => ({ x: [x] }) });
  expect(await named(1, fakeCall())).toEqual({ y: [3] });
  expect(named.predictBatch).toBe(undefined);
  expect(asked).toEqual([
    [...ADDRESS, { instances: [[1, 1]] }],
    [...ADDRESS, { inputs: { x: [1] } }],
  ]);
});

it('names the column that a row lacks', async () => {
  const { asked, fetch } = serverOf();
  await expect(mlflow({ fetch, columns: ['a', 'b'] })({ a: 1 }, fakeCall())).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    details: { problems: [{ path: 'b' }] },
  });
  await expect(mlflow({ fetch }).predictBatch?.([{ a: 1 }, {}], fakeCall())).rejects.toMatchObject({
    details: { problems: [{ path: '[1].a' }] },
  });
  await expect(mlflow({ fetch })(7, fakeCall())).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  expect(asked).toEqual([]);
});

it('wants a prediction for each row', async () => {
  const { fetch } = serverOf({ predictions: [1, 2] }, { predictions: { churn: [1] } }, { predictions: { churn: [1, 2] } }, [1], {
    error_code: 'x',
  });
  const predict = mlflow({ fetch });
  await expect(predict({ a: 1 }, fakeCall())).rejects.toThrow('answered 2 predictions, where 1 row was sent');
  expect(await predict({ a: 1 }, fakeCall())).toEqual({ churn: [1] });
  await expect(predict.predictBatch?.([{ a: 1 }, { a: 2 }], fakeCall())).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  await expect(predict({ a: 1 }, fakeCall())).rejects.toThrow('answered no "predictions"');
  await expect(predict({ a: 1 }, fakeCall())).rejects.toThrow('answered no "predictions"');
});

it('refuses columns where there is no frame of them', () => {
  expect(() => mlflow({ format: 'instances', columns: ['a'] })).toThrow(/mlflow\.columns/);
});
