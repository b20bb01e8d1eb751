import {
  anything,
  callback,
  count,
  either,
  finite,
  flag,
  isRecord,
  kind,
  type Kinds,
  ms,
  msOr0,
  msOrNever,
  oneOf,
  options,
  record,
  required,
  shareOr0,
  text,
  whole,
} from '../../errors/index.ts';
import { isSchema } from '../../contract/validate.ts';
import { policiesKind } from '../../policies/compose.ts';
import { pricesKind } from '../../usage/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import type { StreamOptions, VariantStreamOptions } from '../stream-contract.ts';
import type { OutcomeOptions, ShadowOptions, VariantOptions } from '../model-options.ts';

const schema = kind(isSchema, 'a Standard Schema, such as one of zod 4, valibot or arktype');
const version = text;

export const CONTRACT: Kinds<AnyContract> = {
  name: required(text),
  input: required(schema),
  output: required(schema),
  truth: schema,
  target: options<NonNullable<AnyContract['target']>>({
    kind: required(oneOf('probability', 'label', 'number')),
    field: required(text),
    positiveAt: finite,
  }),
  stream: kind(
    (value) => isRecord(value) && value['~runner'] !== undefined,
    'textStream(), or chunkStream() with chunks of your own',
  ),
  kpis: record(options<{ better: string }>({ better: required(oneOf('higher', 'lower')) })),
};

const hash = either(
  oneOf('understudy'),
  kind(
    (value) =>
      isRecord(value) &&
      ((value['kind'] === 'growthbook' &&
        typeof value['seed'] === 'string' &&
        [undefined, 1, 2].includes(value['version'] as number | undefined)) ||
        (value['kind'] === 'unleash' && typeof value['groupId'] === 'string')),
    "{ kind: 'growthbook', seed } or { kind: 'unleash', groupId }",
  ),
);

const STREAM_LIMITS = { connectMs: msOrNever, firstContentMs: msOrNever, idleMs: msOrNever };

/** What is told of a part by its own check is `anything` here. */
export const OPTIONS: Kinds<AnyOptions> = {
  variants: anything,
  champion: anything,
  fallback: anything,
  policies: policiesKind,
  split: kind(isRecord, 'shares by the name of a challenger, such as { v2: 0.2 }'),
  shadow: kind(isRecord, 'options by the name of a variant, such as { v2: { sampleRate: 0.2 } }'),
  rollout: anything,
  guards: anything,
  monitors: anything,
  allocation: anything,
  assign: callback,
  hash,
  classify: callback,
  stream: options<StreamOptions>({ ...STREAM_LIMITS, onBreak: oneOf('error', 'restart', 'continue') }),
  deadlineMs: msOrNever,
  maxThrottleMs: msOr0,
  outcomes: options<OutcomeOptions>({ windowMs: ms, remembered: whole(1, 10_000_000), sharing: flag }),
  prices: pricesKind,
  trainingData: text,
  replace: flag,
};

export const VARIANT: Kinds<VariantOptions<unknown, unknown>> = {
  predictor: required(
    kind((value) => typeof value === 'function', 'a function (input, call) => output, or what an adapter returns'),
  ),
  version: required(version),
  policies: policiesKind,
  effects: oneOf('none', 'idempotent', 'once'),
  stream: options<VariantStreamOptions>({ ...STREAM_LIMITS, continues: flag }),
};

export const SHADOW: Kinds<ShadowOptions<unknown, unknown>> = {
  sampleRate: shareOr0,
  compare: callback,
  concurrency: count,
  maxQueue: whole(1, 1_000_000),
  timeoutMs: ms,
  maxPerMinute: count,
  allowEffects: flag,
};
