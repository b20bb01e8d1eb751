export { callContext, type CallContext, contextOptions, withCallContext } from './context/call-context.ts';
export { DECISION_CHANNEL, publishDecisions } from './context/publish-decisions.ts';
export type { FsyncPolicy } from './sinks/append-file.ts';
export { fileSink, type FileSink, type FileSinkOptions, type FileSinkStatus } from './sinks/file-sink.ts';
export { otel, type OtelApi, type OtelOptions } from './sinks/otel.ts';
export { prometheus, type PrometheusOptions, type PrometheusRegistry, type PrometheusSink } from './sinks/prometheus.ts';
