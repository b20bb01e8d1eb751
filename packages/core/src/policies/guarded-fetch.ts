import type { Policy } from '../spec/index.ts';
import { type ComposedCallOptions, compose, composeWith, type ComposeOptions } from './compose.ts';

type Fetch = typeof globalThis.fetch;

/** A response that another try, or a circuit, should see as a failure. */
class FailedResponse extends Error {
  readonly response: Response;
  readonly status: number;
  readonly headers: Headers;

  constructor(response: Response) {
    super(`The server answered ${response.status}`);
    this.response = response;
    this.status = response.status;
    this.headers = response.headers;
  }
}

export interface GuardedFetchOptions extends ComposeOptions, Pick<ComposedCallOptions, 'deadlineMs'> {
  /** @defaultValue globalThis.fetch */
  readonly fetch?: Fetch;
}

/**
 * A `fetch` with policies round it, for any SDK that accepts one. A 5xx, 408, 409, 425 or 429 counts as its class and is
 * tried again where `retry` is among the policies; when no try is left the caller gets that response, as from `fetch`. A
 * request whose body is a stream is never sent twice. The timeout ends with the response's headers: a body that is still
 * being read is only ended by the caller's own signal.
 */
export function guardedFetch(policies: readonly Policy[], options: GuardedFetchOptions = {}): Fetch {
  const { fetch: inner = globalThis.fetch, deadlineMs, ...rest } = options;
  const call = Object.keys(rest).length === 0 ? compose(...policies) : composeWith(rest, ...policies);
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const streams = init?.body instanceof ReadableStream || (input instanceof Request && input.body !== null);
    try {
      return await call(
        async (attempt) => {
          const signals = signal === undefined ? attempt.signal : AbortSignal.any([attempt.signal, signal]);
          const response = await inner(input, { ...init, signal: signals });
          if (response.status >= 500 || [408, 409, 425, 429].includes(response.status)) throw new FailedResponse(response);
          return response;
        },
        {
          ...(signal === undefined ? {} : { signal }),
          ...(deadlineMs === undefined ? {} : { deadlineMs }),
          repeatable: !streams,
        },
      );
    } catch (error) {
      if (error instanceof FailedResponse) return error.response;
      throw error;
    }
  };
}
