import {
  callback,
  count,
  finite,
  type Kind,
  kind,
  type Kinds,
  msOrNever,
  oneOf,
  text,
  type UnderstudyError,
} from '../errors/index.ts';
import { traceKind } from '../events/trace-context.ts';
import { callOptionsError, signalKind } from '../policies/call-options.ts';
import type { PredictManyOptions, PredictOptions, StreamCallOptions } from './model-api.ts';

const isUnit = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value));
const unitKind = kind(isUnit, 'a text, a finite number or a bigint');

/** It may be over, and without an end. */
const isTime = (ms: unknown): boolean => typeof ms === 'number' && ms > Number.NEGATIVE_INFINITY;

/** A call of ours, as predictors are given it. */
const callKind: Kind = kind(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    signalKind(Reflect.get(value, 'signal')) === undefined &&
    isTime(Reflect.get(value, 'remainingMs')),
  'the call that a predictor is given as its second argument',
);

const PREDICT: Kinds<PredictOptions> = {
  unit: unitKind,
  tenant: text,
  priority: finite,
  signal: signalKind,
  deadlineMs: msOrNever,
  force: text,
  within: callKind,
  trace: traceKind,
};
const { unit: _unit, ...SHARED } = PREDICT;
const PREDICT_MANY: Kinds<PredictManyOptions<unknown>> = {
  ...SHARED,
  concurrency: count,
  unit: callback,
  onProgress: callback,
};

/** What is wrong with the options of `predict`, if anything. */
export function predictOptionsError(model: string, options: PredictOptions): UnderstudyError | undefined {
  return callOptionsError(`The call of model "${model}"`, options, PREDICT);
}

/** What is wrong with the options of `predictMany`, if anything. */
export function predictManyOptionsError(model: string, options: PredictManyOptions<unknown>): UnderstudyError | undefined {
  return callOptionsError(`The call of predictMany() of model "${model}"`, options, PREDICT_MANY);
}

const STREAM: Kinds<StreamCallOptions> = { ...PREDICT, onBreak: oneOf('error', 'restart', 'continue'), onReset: callback };

/** What is wrong with the options of `stream`, if anything. */
export function streamOptionsError(model: string, options: StreamCallOptions): UnderstudyError | undefined {
  return callOptionsError(`The call of stream() of model "${model}"`, options, STREAM);
}

/** What is wrong with a unit, if anything. */
export function unitError(model: string, unit: unknown): UnderstudyError | undefined {
  return callOptionsError(`The call of model "${model}"`, { unit: unit ?? null }, { unit: unitKind });
}
