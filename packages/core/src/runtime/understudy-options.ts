import {
  anything,
  callback,
  count,
  flag,
  isRecord,
  kind,
  type Kind,
  type Kinds,
  list,
  ms,
  msOr0,
  oneOf,
  options,
  checkOptions,
  didYouMean,
  problemsAt,
  problemsError,
  shareOr0,
  text,
  withMethods,
  type Problem,
} from '../errors/index.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import type { Pseudonyms } from '../events/pseudonyms.ts';
import type { Redaction } from '../events/redaction.ts';
import type { SinkQueueOptions } from '../events/sink-queue-options.ts';
import type { EventSampling } from '../events/telemetry.ts';
import type { IdSigner } from '../routing/decision-id.ts';
import type { Authorize, CommandKind, Policy, Sink, StateStore, TraceContext } from '../types/index.ts';
import { policiesKind } from '../policies/compose.ts';
import type { Clock } from '../time/index.ts';
import { type Prices, pricesKind } from '../usage/index.ts';

/** Commands that may need two persons: those that let something on. */
const FOUR_EYES = [
  'pin',
  'unpin',
  'readmit',
  'resume',
  'replace',
  'rollout-approve',
  'rollout-resume',
  'rollout-promote',
] as const satisfies readonly CommandKind[];

/** A command that may need two persons. */
export type FourEyesCommand = (typeof FOUR_EYES)[number];

/** What a platform team shares between models. */
export interface UnderstudyOptions {
  /** The name of the application, for those who read events. */
  readonly application?: string;
  /** The name of its environment, such as `production`, for those who read events. */
  readonly environment?: string;
  /** Where events go. @defaultValue none */
  readonly sinks?: readonly Sink<UnderstudyEvent>[];
  /** Bounds and pace of each sink's queue. */
  readonly sinkQueue?: SinkQueueOptions;
  /** Which input and output fields may reach a sink: `allowFields([...])`. @defaultValue none */
  readonly redact?: Redaction;
  /** Puts pseudonyms in the place of units, tenants and fields that name people: `pseudonyms({ keys })` of `@understudy/node/privacy`. @defaultValue units are hashed without a key */
  readonly pseudonyms?: Pseudonyms;
  /** Which decisions become events. @defaultValue all of them */
  readonly sampling?: EventSampling;
  /** Where control documents live. @defaultValue memoryStore() */
  readonly store?: StateStore;
  /** Policies of every model, unless the model or a variant has one of the same kind. */
  readonly policies?: readonly Policy[];
  /** What tokens cost, by the name of the model that answered; a model may have prices of its own. */
  readonly prices?: Prices;
  /** Whether an operator may give a command. @defaultValue everybody may */
  readonly authorize?: Authorize;
  /**
   * Commands that need two persons: the first is refused with `SECOND_PERSON_NEEDED`, and the same command by somebody else within an hour is
   * obeyed. Commands that stop something (`pause`, `isolate`, `rollout-hold`, `rollout-roll-back`) never wait.
   * @defaultValue none
   */
  readonly fourEyes?: readonly FourEyesCommand[];
  /**
   * Seals decision ids: `hmacSigner(key)` of `@understudy/node/signing`. Without it anybody can make an id. Outcomes are then counted but can
   * decide nothing.
   */
  readonly signer?: IdSigner;
  /** A command of another process is obeyed within this time, in milliseconds. @defaultValue 1000 */
  readonly refreshMs?: number;
  /** The longest time that a call waits for the control document, if it is not known yet, in milliseconds. @defaultValue 250 */
  readonly startupWaitMs?: number;
  /**
   * Says for each call, at its start, which trace the code that calls is part of: `activeTrace(api)` of `@understudy/node/otel` for OpenTelemetry's.
   * `trace` of a call wins over it.
   * @defaultValue none
   */
  readonly traceContext?: () => TraceContext | undefined;
  /**
   * For request-scoped platforms: called with work that must end before the request does (shadows, deliveries). With it, a gap of the clock
   * of over 10 s counts as a freeze, and settles no call.
   */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /**
   * Whether a call may wait for what another request does, as `microBatch()` and `coalesce()` make it: both are off where this is false.
   * Request-scoped platforms do not allow it.
   * @defaultValue true, and false where `waitUntil` is given
   */
  readonly crossRequest?: boolean;
  /** Where time comes from. @defaultValue the machine's clock; in a page and its workers one that counts no sleep */
  readonly clock?: Clock;
  /** Uniform in [0, 1); replaces the platform's generator everywhere, for tests. */
  readonly random?: () => number;
}

/** What a sink may have beside its name and `write`. */
const SINK_PARTS = {
  accepts: callback,
  attach: callback,
  queued: callback,
  acknowledge: callback,
  flush: callback,
  close: callback,
  content: flag,
  unsampled: flag,
  batchSize: count,
  flushMs: msOr0,
  retryMs: msOr0,
};
const sink: Kind = (value) => {
  if (!isRecord(value) || typeof value['name'] !== 'string' || value['name'] === '' || typeof value['write'] !== 'function')
    return 'a sink: { name, write }';
  return Object.entries(SINK_PARTS).flatMap(([name, part]) =>
    value[name] === undefined ? [] : problemsAt(name, part, value[name]),
  );
};
const store = kind(
  (value) =>
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    typeof value['volatile'] === 'boolean' &&
    ['read', 'compareAndSet', 'mergeCounters', 'readCounters', 'claim', 'forget'].every(
      (name) => typeof value[name] === 'function',
    ),
  'a store: memoryStore(), or redis(), postgres() or sqlite() of @understudy/node',
);
const signer = kind(
  (value) => isRecord(value) && typeof value['keyed'] === 'boolean' && typeof value['seal'] === 'function',
  'a signer, such as hmacSigner(key) of @understudy/node/signing',
);
const redaction = kind(
  (value) =>
    isRecord(value) &&
    Array.isArray(value['paths']) &&
    typeof value['input'] === 'function' &&
    typeof value['output'] === 'function',
  "what allowFields(['input.amount', 'output.score']) returns",
);
const NAMED = /^(unit|tenant|(input|output)(\.[^.]+)+)$/;
const pseudonyms = kind(
  (value) =>
    isRecord(value) &&
    typeof value['of'] === 'function' &&
    Array.isArray(value['fields']) &&
    value['fields'].every((field) => typeof field === 'string' && NAMED.test(field)),
  'what pseudonyms({ keys }) of @understudy/node/privacy returns',
);

const UNDERSTUDY: Kinds<UnderstudyOptions> = {
  application: text,
  environment: text,
  sinks: list(sink),
  // The queue reads its own options.
  sinkQueue: anything,
  redact: redaction,
  pseudonyms,
  sampling: options<EventSampling>({ routine: shareOr0, slowMs: msOr0 }),
  store,
  policies: policiesKind,
  prices: pricesKind,
  authorize: callback,
  fourEyes: list(oneOf(...FOUR_EYES)),
  signer,
  refreshMs: ms,
  startupWaitMs: msOr0,
  traceContext: callback,
  waitUntil: callback,
  crossRequest: flag,
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
  random: callback,
};

/** @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path */
export function readUnderstudyOptions(given: UnderstudyOptions): UnderstudyOptions {
  const { settings, problems } = checkOptions(given, UNDERSTUDY, {});
  const found = [
    ...problems,
    ...(problems.length === 0 ? [...repeatedSinks(settings.sinks ?? []), ...deadPseudonyms(settings)] : []),
  ];
  if (found.length > 0)
    throw problemsError(
      'CONFIGURATION_INVALID',
      'createUnderstudy(options)',
      found.map(({ path, message }) => ({ path: path === '' ? 'options' : path, message })),
    );
  return settings;
}

/** A field that `redact` does not allow is in no event: most likely its name is misspelt, and the right one leaves as it is. */
function deadPseudonyms({ pseudonyms: given, redact }: UnderstudyOptions): readonly Problem[] {
  const allowed = (redact?.paths ?? []).filter((path) => typeof path === 'string');
  return (given?.fields ?? []).flatMap((field, index) => {
    const isThere = /^(unit|tenant)$/.test(field) || allowed.some((path) => isAtOrIn(field, path) || isAtOrIn(path, field));
    if (isThere) return [];
    const message = `expected a field that redact allows, got ${JSON.stringify(field)}${didYouMean(field, allowed)}`;
    return [{ path: `pseudonyms.fields[${index}]`, message }];
  });
}

/** Whether one path names the field of another, or a part of it. */
const isAtOrIn = (path: string, owner: string): boolean => path === owner || path.startsWith(`${owner}.`);

function repeatedSinks(sinks: readonly Sink<UnderstudyEvent>[]): readonly Problem[] {
  return sinks.flatMap(({ name }, index) =>
    sinks.findIndex((other) => other.name === name) === index
      ? []
      : [
          {
            path: `sinks[${index}].name`,
            message: `expected another name than ${JSON.stringify(name)}, which a sink before it has`,
          },
        ],
  );
}
