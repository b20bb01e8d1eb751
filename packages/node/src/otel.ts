export { activeTrace } from './sinks/active-trace.ts';
export { otel, type OtelApi, type OtelOptions } from './sinks/otel.ts';
