export { otel, type OtelApi, type OtelOptions } from './sinks/otel.ts';
