export { prometheus, type PrometheusOptions, type PrometheusRegistry, type PrometheusSink } from './sinks/prometheus.ts';
