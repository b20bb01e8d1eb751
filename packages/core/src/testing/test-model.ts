import { memoryStore } from '../control/memory-store.ts';
import { UnderstudyError } from '../errors/index.ts';
import { ManagedModel } from '../model/managed-model.ts';
import type { Model } from '../model/model-api.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import { ManagedUnderstudy, type Understudy } from '../runtime/understudy.ts';
import type { IdSigner } from '../routing/decision-id.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import type { AdapterPredictor, Predictor } from '../types/index.ts';
import { fakeSink, type FakeSink } from './fake-sink.ts';
import { seededRandom } from './seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Keyed, so that outcomes may decide; its key is no secret. */
const TEST_SIGNER: IdSigner = {
  keyed: true,
  seal: (body) => Uint8Array.from({ length: 7 }, (_, index) => murmur3(`${index}/${body.join()}`)),
};

type VariantOf<M> = M extends Model<infer _A, infer _B, infer _C, infer _D, infer V, infer _E> ? V : never;
type InputOf<M> = M extends Model<infer _A, infer I, infer _C, infer _D, infer _V, infer _E> ? I : never;

export interface TestModelOptions<M> {
  /** Predictors to use instead of the model's own, by variant. */
  readonly predictors?: { readonly [V in VariantOf<M>]?: Predictor<InputOf<M>, unknown> };
  /** @defaultValue a new VirtualClock */
  readonly clock?: VirtualClock;
  /** Seed of everything that is drawn. @defaultValue 1 */
  readonly seed?: number;
  /** More of the runtime, such as policies, a store or authorize. */
  readonly runtime?: Omit<UnderstudyOptions, 'clock' | 'random'>;
}

export interface TestedModel<M> {
  readonly model: M;
  readonly clock: VirtualClock;
  /** Every event of the copy; delivered by `await understudy.flush()`. */
  readonly sink: FakeSink;
  readonly understudy: Understudy;
}

/**
 * An isolated copy of a model, on a virtual clock and seeded randomness, in a runtime of its own: nothing of the original's state
 * is shared, and its sinks get nothing.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for what `defineModel` has not made
 */
export function testModel<M extends { readonly name: string }>(model: M, options: TestModelOptions<M> = {}): TestedModel<M> {
  if (!(model instanceof ManagedModel))
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      'testModel() takes what defineModel() returned, from the same copy of @understudy/core.',
    );
  const { clock = new VirtualClock(), seed = 1 } = options;
  const sink = fakeSink();
  const understudy = new ManagedUnderstudy({
    store: memoryStore({ acceptLoss: true }),
    signer: TEST_SIGNER,
    ...options.runtime,
    clock,
    random: seededRandom(seed),
    sinks: [sink, ...(options.runtime?.sinks ?? [])],
  });
  const { contract, options: definition } = model.definition;
  const replaced: Readonly<Record<string, Predictor<never, unknown> | undefined>> = options.predictors ?? {};
  const variants = Object.fromEntries(
    Object.entries(definition.variants).map(([name, variant]) => [
      name,
      { ...variant, predictor: (replaced[name] ?? variant.predictor) as AdapterPredictor },
    ]),
  );
  const copy: unknown = understudy.define(contract, { ...definition, variants });
  return { model: copy as M, clock, sink, understudy };
}
