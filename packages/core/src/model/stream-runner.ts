import type { UnderstudyError } from '../errors/index.ts';
import type { StreamScreen } from '../guards/stream-screen.ts';
import type { AdapterPredictor } from '../types/index.ts';
import type { Decision } from './decision.ts';
import type { StreamCallOptions } from './model-api.ts';
import type { Prediction } from './prediction.ts';
import type { ModelStream, StreamContract, StreamOptions } from './stream-contract.ts';

/** A contract of streams with its types erased. */
export type AnyStreamContract = StreamContract<unknown, unknown, unknown>;

/** Makes the prediction of a call. */
export type MakePrediction = (...parts: ConstructorParameters<typeof Prediction>) => Prediction;

/** What a stream needs of its model. */
export interface StreamedModel {
  readonly name: string;
  readonly contract: AnyStreamContract;
  readonly options: StreamOptions;
  /** Whether outputs are checked by guards that need a whole answer, before any of it is read. */
  readonly guarded: boolean;
  /** Makes what checks a text as it comes; `undefined` without guards, and where they need it whole. */
  readonly screen: (() => StreamScreen) | undefined;
  /** Begins a call as `predict` does: resolves when its first content is there, rejects where nothing could serve. */
  begin(input: unknown, options: StreamCallOptions, make: MakePrediction): Promise<unknown>;
  /** The decision, or a promise of it, where sinks must keep it first. */
  kept(decision: Decision<unknown, unknown>): Decision<unknown, unknown> | Promise<Decision<unknown, unknown>>;
  /** What is wrong with the options of a call, if anything. */
  wrong(options: StreamCallOptions): UnderstudyError | undefined;
  /** Told of a function of the user's that fails. */
  failed(callback: string, error: unknown): void;
}

/** Runs streams: it comes with the contract of a stream, so that who names none does not load it. */
export interface StreamRunner {
  start(model: StreamedModel, input: unknown, options: StreamCallOptions): ModelStream<unknown, Decision<unknown, unknown>>;
  /** A predictor that answers whole, whatever it streams. */
  collecting(predictor: AdapterPredictor, contract: AnyStreamContract): AdapterPredictor;
}

export const streamRunnerOf = (contract: AnyStreamContract | undefined): StreamRunner | undefined =>
  contract?.['~runner'] as StreamRunner | undefined;
