export { fakeSink, type FakeSink } from './testing/fake-sink.ts';
export { type Fault, type FaultOptions, type FaultyPredictor, injectFaults } from './testing/inject-faults.ts';
export { seededRandom } from './testing/seeded-random.ts';
export { type StoreCase, storeConformanceCases, type StoreContext } from './testing/store-conformance.ts';
export { testModel, type TestedModel, type TestModelOptions } from './testing/test-model.ts';
export { VirtualClock } from './testing/virtual-clock.ts';
export {
  type ConformanceCase,
  type ConformanceResult,
  conformanceCases,
  type ConformanceSubject,
  type Guard,
  type GuardOptions,
  runConformance,
} from './testing/conformance/index.ts';
