/**
 * Test what you build on this library: a clock that you move, faults, fakes, and suites that your own parts must pass.
 *
 * @module
 */
export { seededRandom } from './statistics/seeded-random.ts';
export { conformanceCases, runConformance } from './testing/conformance/run-conformance.ts';
export type {
  ConformanceCase,
  ConformanceResult,
  ConformanceSubject,
  Guard,
  GuardOptions,
} from './testing/conformance/subject.ts';
export { drill, type DrillOptions, type DrillReport } from './testing/drill.ts';
export { fakeCall, type FakeCall } from './testing/fake-call.ts';
export { fakeSink, type FakeSink } from './testing/fake-sink.ts';
export { type Fault, type FaultOptions, type FaultyPredictor, injectFaults } from './testing/inject-faults.ts';
export { type MonitorCase, monitorConformanceCases, type MonitorSubject } from './testing/monitor-conformance.ts';
export { type OpenSink, type SinkCase, sinkConformanceCases, type SinkContext } from './testing/sink-conformance.ts';
export { storeConformanceCases } from './testing/store-conformance.ts';
export type { StoreCase, StoreContext } from './testing/store-conformance/store-case.ts';
export { type TestedModel, testModel, type TestModelOptions } from './testing/test-model.ts';
export { VirtualClock } from './testing/virtual-clock.ts';
