/** Where a call stands in a distributed trace, as the headers of W3C Trace Context say it. */
export interface TraceContext {
  /** `00-<trace id>-<parent id>-<flags>` in lower-case hexadecimal digits, 55 characters. */
  readonly traceparent: string;
  /** What tracing systems add, `key=value` separated by commas. It is passed on as it is. @defaultValue none */
  readonly tracestate?: string | undefined;
}
