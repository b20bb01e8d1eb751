import type { EventSampling, Redaction, SinkQueueOptions, UnderstudyEvent } from '../events/index.ts';
import type { IdSigner } from '../routing/index.ts';
import type { Authorize, Policy, Sink, StateStore } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';

/** What a platform team shares between models. */
export interface UnderstudyOptions {
  /** Names of the application and its environment, for those who read events. */
  readonly application?: string;
  readonly environment?: string;
  /** Where events go. @defaultValue none */
  readonly sinks?: readonly Sink<UnderstudyEvent>[];
  /** Bounds and pace of each sink's queue. */
  readonly sinkQueue?: SinkQueueOptions;
  /** Which input and output fields may reach a sink: `allow([...])`. @defaultValue none */
  readonly redact?: Redaction;
  readonly sampling?: EventSampling;
  /** Where control documents live. @defaultValue memoryStore() */
  readonly store?: StateStore;
  /** Policies of every model, unless the model or a variant has one of the same kind. */
  readonly policies?: readonly Policy[];
  /** Whether an operator may give a command. @defaultValue everybody may */
  readonly authorize?: Authorize;
  /** Seals decision ids: `hmacSigner(key)` of @understudy/node/signing. Without it anybody can make an id; outcomes are counted but can decide nothing. */
  readonly signer?: IdSigner;
  /** Another process' command is obeyed within this time, in milliseconds. @defaultValue 1000 */
  readonly refreshMs?: number;
  /** A call before the control document is known waits for it this long at most, in milliseconds. @defaultValue 250 */
  readonly startupWaitMs?: number;
  /**
   * On request-scoped platforms: is handed what must end before the request does (shadows, deliveries). With it a gap of the clock
   * of over 10 s is taken for a freeze, and settles no call.
   */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** Uniform in [0, 1); replaces the platform's generator everywhere, for tests. */
  readonly random?: () => number;
}
