import { claimCases } from './store-conformance/claim-cases.ts';
import { clockCases } from './store-conformance/clock-cases.ts';
import { counterCases } from './store-conformance/counter-cases.ts';
import { decisionCases } from './store-conformance/decision-cases.ts';
import { documentCases } from './store-conformance/document-cases.ts';
import { keyCases } from './store-conformance/key-cases.ts';
import type { StoreCase } from './store-conformance/store-case.ts';
import { watchCases } from './store-conformance/watch-cases.ts';

export type { StoreCase } from './store-conformance/store-case.ts';

/** What each StateStore does, as cases for the test runner of your choice. Cases leave a few small documents behind. */
export const storeConformanceCases: readonly StoreCase[] = [
  ...documentCases,
  ...counterCases,
  ...claimCases,
  ...decisionCases,
  ...watchCases,
  ...keyCases,
  ...clockCases,
];
