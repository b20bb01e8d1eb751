import { callback, checkOptions, type Kinds, msOrNever, problemsError, problemsUnder } from '../errors/index.ts';
import type { Policy } from '../types/index.ts';
import {
  COMPOSE,
  type ComposedCall,
  type ComposedCallOptions,
  type ComposedEvent,
  type ComposeOptions,
  composed,
} from './compose.ts';

type Fetch = typeof globalThis.fetch;

export interface GuardedFetchOptions extends ComposeOptions {
  /** How long a request may take until its answer begins, retries and waits included, in milliseconds; `Infinity` for no limit. @defaultValue 120000 */
  readonly deadlineMs?: ComposedCallOptions['deadlineMs'];
  /** @defaultValue globalThis.fetch */
  readonly fetch?: Fetch;
}

/** A `fetch` with policies round it. */
export interface GuardedFetch extends Fetch {
  /** The calls by origin (`https://host:port`): each has circuits, limits and waits of its own. */
  readonly calls: ReadonlyMap<string, ComposedCall>;
}

/** Statuses under 500 that say "not now". */
const PASSING: ReadonlySet<unknown> = new Set([408, 409, 425, 429]);
/** Origins whose state is kept; beyond it the one that was made first is forgotten. */
const MAX_ORIGINS = 1000;
const DEADLINE_MS = 120_000;

/**
 * A `fetch` with policies round it, for any SDK that accepts one. Each origin has its own state: one that fails or asks its
 * callers to wait holds up no other. A 5xx, 408, 409, 425 or 429 counts as its class and is tried again where `retry` is among the
 * policies; when no try is left the caller gets that response, as from `fetch`. The body of a response that is tried again is
 * cancelled. A request whose body is a stream is never sent twice: everything is a stream but a string, bytes, `Blob`, `FormData`
 * and `URLSearchParams`; of a `Request` a copy is sent. The timeout ends with the response's headers: a body that is still being
 * read is only ended by the caller's own signal.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; the fetch rejects with what `fetch` rejects with, or with what a policy refuses
 */
export function guardedFetch(policies: readonly Policy[], options: GuardedFetchOptions = {}): GuardedFetch {
  const { settings, problems } = checkOptions(options, guardedFetchKinds(), { deadlineMs: DEADLINE_MS, name: 'fetch' });
  if (problems.length > 0 || !Array.isArray(policies)) {
    const found = Array.isArray(policies)
      ? problems
      : [{ path: 'policies', message: 'expected a list of policies' }, ...problems];
    throw problemsError('CONFIGURATION_INVALID', 'guardedFetch()', problemsUnder('guardedFetch', found));
  }
  const { fetch: inner, deadlineMs, name, failsOn, onEvent, ...rest } = settings;
  const calls = new Map<string, ComposedCall>();
  const make = (origin: string): ComposedCall =>
    composed(
      'guardedFetch',
      {
        ...rest,
        name: origin === '' ? name : `${name} ${origin}`,
        failsOn: (response) => isFailure(response) || failsOn?.(response) === true,
        onEvent: (event) => {
          if (event.type === 'retry') discard(event);
          return onEvent?.(event);
        },
      },
      policies,
    );
  // Wrong policies are told now, not with the first request.
  make('');
  const retries = policies.some((policy) => policy.kind === 'retry' && !('off' in policy));
  const callOf = (origin: string): ComposedCall => {
    const known = calls.get(origin);
    if (known !== undefined) return known;
    const call = make(origin);
    calls.set(origin, call);
    for (const oldest of calls.keys()) if (calls.size > MAX_ORIGINS) calls.delete(oldest);
    return call;
  };

  const guarded: Fetch = async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const signal = init?.signal ?? request?.signal;
    const body: unknown = init?.body ?? undefined;
    // The body of a `Request` is in the `Request`; another one in `init` takes its place.
    const copies = retries && body === undefined && request !== undefined && request.body !== null;
    const send = async (attempt: AbortSignal): Promise<Response> => {
      const signals = signal === undefined || signal === null ? attempt : AbortSignal.any([attempt, signal]);
      const response = await (inner ?? globalThis.fetch)(copies ? request.clone() : input, { ...init, signal: signals });
      // It came too late: nobody will read it.
      if (attempt.aborted) await response.body?.cancel();
      return response;
    };
    try {
      return await callOf(originOf(request?.url ?? (input as string | URL).toString()))((attempt) => send(attempt.signal), {
        ...(signal === undefined || signal === null ? {} : { signal }),
        deadlineMs,
        repeatable: isRepeatable(body),
      });
    } finally {
      // What was kept for another attempt.
      if (copies) cancel(request);
    }
  };
  return Object.assign(guarded, { calls });
}

/** Made when it is asked for: a spread would stay in every bundle. */
const guardedFetchKinds = (): Kinds<GuardedFetchOptions> => ({ ...COMPOSE, deadlineMs: msOrNever, fetch: callback });

const isFailure = (response: unknown): boolean =>
  response instanceof Response && (response.status >= 500 || PASSING.has(response.status));

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
