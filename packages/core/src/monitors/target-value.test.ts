import { describe, expect, it } from 'vitest';
import type { TargetView } from './monitor.ts';
import { fieldOf, isRange, labelOf, predictionOf, targetProblems, truthOf } from './target-value.ts';

const target = (kind: TargetView['kind']): TargetView => ({ kind, field: 'y', positiveAt: 0.5 });

it.each([
  [1 + 2 ** -23, 1],
  [-(2 ** -24), 0],
  [1 + 1e-5, 1],
  [1.00002, undefined],
  [-0.00002, undefined],
  [0.3, 0.3],
  [Number.NaN, undefined],
  [Infinity, undefined],
  ['0.3', undefined],
])('C2 %s as a probability is %s', (p, known) => {
  const fact = {
    id: '',
    input: 0,
    output: { y: p },
    tier: 'model',
    servedBy: '',
    version: '',
    durationMs: 1,
    at: 0,
    probability: 1,
  } as const;
  expect(predictionOf(fact, target('probability'))).toBe(known);
  // A number has no range.
  if (typeof p === 'number' && Number.isFinite(p)) expect(predictionOf(fact, target('number'))).toBe(p);
});

describe('a truth', () => {
  it.each([
    ['label', 'a', 'a'],
    ['label', 1, '1'],
    ['label', false, 'false'],
    ['label', null, undefined],
    ['label', {}, undefined],
    ['number', 1.5, 1.5],
    ['number', '1.5', undefined],
    ['number', Number.NaN, undefined],
    ['number', Infinity, undefined],
    ['number', true, undefined],
    ['probability', 1, 1],
    ['probability', true, 1],
    ['probability', false, 0],
    ['probability', 0.5, undefined],
    ['probability', '1', undefined],
  ] as const)('of a %s: %j is %j', (kind, value, known) => {
    expect(truthOf({ value: { y: value } }, target(kind), undefined)).toBe(known);
    expect(truthOf({ value }, target(kind), (truth) => truth)).toBe(known);
  });

  it('without the field is none, nor is one whose reader throws', () => {
    expect([truthOf({ value: {} }, target('label'), undefined), truthOf({ value: 'a' }, target('label'), undefined)]).toEqual([
      undefined,
      undefined,
    ]);
    const throws = (): never => {
      throw new Error('no');
    };
    expect(truthOf({ value: { y: 'a' } }, target('label'), throws)).toBeUndefined();
  });
});

it('a target that does not fit is told with those that do', () => {
  expect(targetProblems('auc', { target: target('probability') }, ['probability'])).toEqual([]);
  expect(targetProblems('auc', { target: target('label') }, ['probability'])).toEqual([
    { path: '', message: "auc needs target: { kind: 'probability', field } in the contract: its kind is 'label'" },
  ]);
  expect(targetProblems('accuracy', { target: undefined }, ['probability', 'label'])).toEqual([
    {
      path: '',
      message: "accuracy needs target: { kind: 'probability', field } or { kind: 'label', field } in the contract: it has none",
    },
  ]);
});

it('reads fields of objects alone, and labels of what has a text', () => {
  expect([fieldOf({ y: 0 }, 'y'), fieldOf(null, 'y'), fieldOf('text', 'length')]).toEqual([0, undefined, undefined]);
  expect([labelOf(''), labelOf(0), labelOf(undefined), labelOf([])]).toEqual(['', '0', undefined, undefined]);
});

it.each([
  [[0, 1], true],
  [[-1.5, 1.5], true],
  [[1, 1], false],
  [[1, 0], false],
  [[0], false],
  [[0, Infinity], false],
  [['0', '1'], false],
  ['01', false],
  [undefined, false],
])('%j is a range: %j', (range, holds) => {
  expect(isRange(range)).toBe(holds);
});
