import type * as Otel from '@opentelemetry/api';
import type { TraceContext } from '@understudy/core';
import type { OtelApi } from './otel.ts';

/** Sampled, and a trace id that is random: others must not be passed on. */
const KNOWN_FLAGS = 0x03;

/**
 * Reads the span that is active where it is called, as a trace context: `createUnderstudy({ traceContext: activeTrace(api) })` for all calls, or
 * `const trace = activeTrace(api)` and `predict(input, { trace: trace() })` for one. Adapters over HTTP send it on; where an instrumentation of `fetch`
 * does that already, give the adapters `traceHeaders: false`.
 *
 * @param lib the module `@opentelemetry/api`
 * @returns a function that answers `undefined` outside of any span
 */
export function activeTrace(lib: Pick<OtelApi, 'trace' | 'context'>): () => TraceContext | undefined {
  const { trace, context } = lib as typeof Otel;
  return () => {
    const span = trace.getSpanContext(context.active());
    if (span === undefined || !trace.isSpanContextValid(span)) return undefined;
    const traceparent = `00-${span.traceId}-${span.spanId}-0${span.traceFlags & KNOWN_FLAGS}`;
    const tracestate = span.traceState?.serialize();
    return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate };
  };
}
