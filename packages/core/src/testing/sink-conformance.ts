import { contentCases } from './sink-conformance/content-cases.ts';
import { deliveryCases } from './sink-conformance/delivery-cases.ts';
import { failureCases } from './sink-conformance/failure-cases.ts';
import { type SinkCase, withToldHelpers } from './sink-conformance/sink-case.ts';

export type { OpenSink, SinkCase, SinkContext } from './sink-conformance/sink-case.ts';

/** What each Sink does, as cases for the test runner of your choice. */
export const sinkConformanceCases: readonly SinkCase[] = [...deliveryCases, ...failureCases, ...contentCases].map(
  ({ title, run }) => ({ title, run: (context) => run(withToldHelpers(context)) }),
);
