import type { Call, CallReport } from '../types/index.ts';
import { withReport } from '../usage/index.ts';

/** A call as a predictor is given it, with what it was told by `call.report()`. */
export interface FakeCall extends Call {
  /** All reports in one; `undefined`: none was made. */
  readonly reported: CallReport | undefined;
}

/**
 * What a predictor is given beside its input, to test one alone: `await predictor(input, fakeCall())`. A first attempt with a minute left,
 * that nobody aborts; give what should differ.
 */
export function fakeCall(differences: Partial<Omit<Call, 'report'>> = {}): FakeCall {
  let reported: CallReport | undefined;
  return {
    signal: new AbortController().signal,
    remainingMs: 60_000,
    attempt: 1,
    idempotencyKey: 'key-1',
    unit: '',
    parentId: undefined,
    tenant: undefined,
    trace: undefined,
    delivered: undefined,
    repair: undefined,
    ...differences,
    report: (report) => {
      reported = withReport(reported, report);
    },
    get reported() {
      return reported;
    },
  };
}
