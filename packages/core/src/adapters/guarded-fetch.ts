import {
  callback,
  checkOptions,
  type Kinds,
  msOrNever,
  options as group,
  problemsError,
  problemsUnder,
  UnderstudyError,
  readProperty,
} from '../errors/index.ts';
import { traceContextOf } from '../events/trace-context.ts';
import { Connecting } from '../policies/connecting.ts';
import type { Attempt } from '../policies/attempt.ts';
import type { StreamLimits } from '../policies/attempt-stream.ts';
import {
  COMPOSE,
  type ComposedCall,
  type ComposedCallOptions,
  type ComposedEvent,
  type ComposeOptions,
  composed,
  endOfCall,
  teller,
} from '../policies/compose.ts';
import { atOnce } from '../time/index.ts';
import type { Call, Policy, TraceContext } from '../types/index.ts';

type Fetch = typeof globalThis.fetch;

/** Limits of streams that pass through. */
export interface GuardedStreamOptions {
  /** Until the headers of a request that asks for a stream, in milliseconds; `Infinity`: as long as `firstContentMs`. @defaultValue Infinity */
  readonly connectMs?: number;
  /** From the start of an attempt to the first content, in milliseconds. The policy `timeout` counts until then too. @defaultValue 60000 (use 180000 for a model that reasons) */
  readonly firstContentMs?: number;
  /** Between two reads of the body, while its reader waits, in milliseconds. @defaultValue 60000 (use 120000 for a model that reasons) */
  readonly idleMs?: number;
}

export interface GuardedFetchOptions extends ComposeOptions {
  /**
   * How long a request may take until its answer begins, retries and waits included, in milliseconds; a stream until its end. `Infinity` for no
   * limit. @defaultValue 120000
   */
  readonly deadlineMs?: ComposedCallOptions['deadlineMs'];
  readonly stream?: GuardedStreamOptions;
  /**
   * Says which trace a request belongs to, as that of `createUnderstudy` does: `activeTrace(api)` of `@understudy/node/otel`. It is sent as
   * `traceparent` and `tracestate` with every attempt, unless the request has a `traceparent`. Leave it out where an instrumentation of `fetch`
   * sends them. What it throws, and what is no trace, is none. @defaultValue no headers are added
   */
  readonly traceContext?: () => TraceContext | undefined;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: Fetch;
}

/** A `fetch` with policies round it. */
export interface GuardedFetch extends Fetch {
  /**
   * The calls by origin (`https://host:port`): each has circuits, limits and waits of its own. `status()` also has `clientRetries` where a client
   * sent requests again by itself: set its `maxRetries` to 0.
   */
  readonly calls: ReadonlyMap<string, ComposedCall>;
}

/** Origins whose state is kept; beyond it the one that was made first is forgotten. */
const MAX_ORIGINS = 1000;
const DEADLINE_MS = 120_000;
const STREAM_MS = 60_000;
/** What the clients of OpenAI and Anthropic say of their own retries. */
const REPEATED = 'x-stainless-retry-count';
const REMEDY = 'set maxRetries: 0 on the client, for its retries multiply those of the policies';
/** A request in JSON that asks for a stream; in a text within it the quotes would be escaped. */
const ASKS_FOR_STREAM = /(?<!\\)"stream"\s*:\s*true/;
/** What is worth reading along: streams, and answers in JSON to what was posted. */
const STREAM_TYPE = /event-stream|ndjson|jsonl/i;
const JSON_TYPE = /json/i;

/**
 * A `fetch` with policies round it, for any SDK that accepts one. Each origin has its own state: one that fails or asks its
 * callers to wait holds up no other. A 5xx, 408, 409, 425 or 429 counts as its class and is tried again where `retry` is among the
 * policies; when no try is left the caller gets that response, as from `fetch`. Any other 4xx is a `caller-error`: the caller gets it at once, and
 * no circuit counts it. The body of a response that is tried again is cancelled. A request whose body is a stream is never sent twice: everything is a stream but a string, bytes, `Blob`, `FormData`
 * and `URLSearchParams`; of a `Request` a copy is sent. The timeout ends with the response's headers: a body that is still being
 * read is only ended by the caller's own signal.
 *
 * A stream (`text/event-stream`, NDJSON) is part of its attempt. The response comes with its first content: what fails before is tried again
 * unseen. Then its bytes pass through as they come and as they are pulled. One that breaks off, stalls or ends without its terminator fails with
 * `STREAM_CUT`: its text is never short, and never said twice. An error event passes through, for the client to throw. Known are the streams of
 * chat completions, responses, Anthropic's messages and Ollama; of others each event is content. Tokens of known answers are reported to policies.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; the fetch rejects with what `fetch` rejects with, or with what a policy refuses, or with
 * `TIMEOUT`, `STREAM_CUT` or `RESPONSE_INVALID` for a stream without content
 */
export function guardedFetch(policies: readonly Policy[], options: GuardedFetchOptions = {}): GuardedFetch {
  const { settings, problems } = checkOptions(options, guardedFetchKinds(), {
    deadlineMs: DEADLINE_MS,
    name: 'fetch',
    stream: {},
  });
  if (problems.length > 0 || !Array.isArray(policies)) {
    const found = Array.isArray(policies)
      ? problems
      : [{ path: 'policies', message: 'expected a list of policies' }, ...problems];
    throw problemsError('CONFIGURATION_INVALID', 'guardedFetch()', problemsUnder('guardedFetch', found));
  }
  const { fetch: inner, deadlineMs, name, failsOn, onEvent, stream, traceContext, ...rest } = settings;
  const { connectMs = Infinity, firstContentMs = STREAM_MS, idleMs = STREAM_MS }: GuardedStreamOptions = stream;
  const limits: StreamLimits = { connectMs, firstContentMs, idleMs };
  const tell = onEvent === undefined ? undefined : teller(onEvent);
  const calls = new Map<string, Origin>();
  const make = (origin: string): Origin => {
    const label = origin === '' ? name : `${name} ${origin}`;
    const call = composed(
      'guardedFetch',
      {
        ...rest,
        name: label,
        failsOn: (response) => isFailure(response) || atOnce(failsOn?.(response)) === true,
        onEvent: (event) => {
          if (event.type === 'retry') discard(event);
          return onEvent?.(event);
        },
      },
      policies,
    );
    return withRepeats(call, label, tell);
  };
  // Wrong policies are told now, not with the first request.
  make('');
  const repeats = policies.some(({ kind, ...policy }) => (kind === 'retry' || kind === 'hedge') && !('off' in policy));
  const callOf = (origin: string): Origin => {
    const known = calls.get(origin);
    if (known !== undefined) return known;
    const call = make(origin);
    calls.set(origin, call);
    for (const oldest of calls.keys()) if (calls.size > MAX_ORIGINS) calls.delete(oldest);
    return call;
  };

  const guarded: Fetch = async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const signal = init?.signal ?? request?.signal ?? undefined;
    const body: unknown = init?.body ?? undefined;
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
    const text = typeof body === 'string' ? body : '';
    const url = request?.url ?? (input as string | URL).toString();
    const origin = callOf(originOf(url));
    const headers = new Headers(init?.headers ?? request?.headers);
    if (Number(headers.get(REPEATED)) > 0) origin.repeated();
    const traced = traceContext === undefined || !withTrace(headers, traceContext) ? {} : { headers };
    // The body of a `Request` is in the `Request`; another one in `init` takes its place.
    const copies = repeats && body === undefined && request !== undefined && request.body !== null;
    /** What the caller gets where the last attempt threw such an error. */
    const answers = new WeakMap<object, Response>();
    const send = async (call: Call): Promise<Response> => {
      const attempt = call as Attempt;
      const connecting = connectMs < Infinity && ASKS_FOR_STREAM.test(text) ? new Connecting(attempt, connectMs) : undefined;
      const signals = signal === undefined ? attempt.signal : AbortSignal.any([attempt.signal, signal]);
      let response: Response;
      try {
        response = await (inner ?? globalThis.fetch)(copies ? request.clone() : input, { ...init, ...traced, signal: signals });
      } finally {
        connecting?.ended();
      }
      const asksForStream = ASKS_FOR_STREAM.test(text);
      if (!attempt.signal.aborted && (isReadable(response, method) || (asksForStream && response instanceof Response))) {
        // Loaded with the first answer of the kind: who has none does not pay for it.
        const { guardedAnswer } = await import('./guarded-answer.ts');
        if (!attempt.signal.aborted)
          return guardedAnswer(response, attempt, {
            method,
            url,
            inputCharacters: text.length,
            asksForStream,
            caller: signal,
            limits,
            closed: ({ error, resultClass, now }) => tell?.(endOfCall(origin.label, attempt, error, resultClass, now)),
            answers,
          });
      }
      // It came too late: nobody will read it.
      if (attempt.signal.aborted) await response.body?.cancel();
      return response;
    };
    try {
      return await origin(send, { signal, deadlineMs, repeatable: isRepeatable(body) });
    } catch (error) {
      const answer = typeof error === 'object' && error !== null ? answers.get(error) : undefined;
      if (answer === undefined) throw error;
      return answer;
    } finally {
      // What was kept for another attempt.
      if (copies) cancel(request);
    }
  };
  return Object.assign(guarded, { calls });
}

interface Origin extends ComposedCall {
  readonly label: string;
  /** A client has sent a request again by itself. */
  repeated(): void;
}

/** Counts what a client repeats by itself, and tells of it once. */
function withRepeats(call: ComposedCall, label: string, tell: ((event: ComposedEvent) => void) | undefined): Origin {
  let count = 0;
  const status = (): ReturnType<ComposedCall['status']> => ({
    ...call.status(),
    ...(count === 0 ? {} : { clientRetries: { count, remedy: REMEDY } }),
  });
  const repeated = (): void => {
    if (count++ > 0) return;
    const error = new UnderstudyError('CONFIGURATION_INVALID', `A client of ${label} repeats requests by itself: ${REMEDY}.`);
    tell?.({ type: 'fault', name: label, where: 'client', error });
  };
  return Object.assign((...given: Parameters<ComposedCall>) => call(...given), {
    label,
    repeated,
    status,
    circuit: call.circuit,
    release: () => call.release(),
  }) as Origin;
}

/** Whether headers were added. */
function withTrace(headers: Headers, traceContext: () => unknown): boolean {
  if (headers.has('traceparent')) return false;
  let trace: TraceContext | undefined;
  try {
    // As strict as with headers of a stranger.
    trace = traceContextOf(traceContext() as Readonly<Record<string, string>> | undefined);
  } catch {
    return false;
  }
  if (trace === undefined) return false;
  headers.set('traceparent', trace.traceparent);
  if (trace.tracestate !== undefined && !headers.has('tracestate')) headers.set('tracestate', trace.tracestate);
  return true;
}

/** Whether what it answers can be understood. A fetch of the user's may answer something else, which passes through as it is. */
function isReadable({ headers, body }: Partial<Response>, method: string): boolean {
  if (typeof readProperty(headers, 'get') !== 'function' || typeof readProperty(body, 'getReader') !== 'function') return false;
  const type = headers?.get('content-type') ?? '';
  return STREAM_TYPE.test(type) || (method === 'POST' && JSON_TYPE.test(type));
}

/** Made when it is asked for: a spread would stay in every bundle. */
const guardedFetchKinds = (): Kinds<GuardedFetchOptions> => ({
  ...COMPOSE,
  deadlineMs: msOrNever,
  stream: group<GuardedStreamOptions>({ connectMs: msOrNever, firstContentMs: msOrNever, idleMs: msOrNever }),
  traceContext: callback,
  fetch: callback,
});

/** Its class comes from its status; whoever asked gets the response. */
const isFailure = (response: unknown): boolean => response instanceof Response && response.status >= 400;

/** Reads as often as it is asked. */
const isRepeatable = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === 'string' ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof Blob ||
  body instanceof FormData ||
  body instanceof URLSearchParams;

/** A browser's path has one origin: its own. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}

/** A response that nobody reads holds its connection. */
function discard({ error }: ComposedEvent & { readonly type: 'retry' }): void {
  if (error instanceof Response) cancel(error);
}

function cancel({ body }: { readonly body: ReadableStream | null }): void {
  if (body?.locked === false) body.cancel().catch(() => undefined);
}
