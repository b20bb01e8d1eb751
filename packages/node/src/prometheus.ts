export { prometheus, type PrometheusOptions, type PrometheusSink } from './sinks/prometheus.ts';
