import { isPromise } from '../policies/index.ts';
import type { AssignUnit, GivenVariant, MaybePromise, UnitContext } from '../spec/index.ts';
import type { Clock, TimerHandle } from '../time/index.ts';

/**
 * What the option `assign` says of a unit; `undefined` where it says nothing that can be used, throws, or has no answer within
 * `waitMs`: a flag system that fails must not fail the call, and the event says who assigned.
 */
export function givenVariant(
  assign: AssignUnit,
  context: UnitContext,
  clock: Clock,
  waitMs: number,
): MaybePromise<GivenVariant | undefined> {
  try {
    const answer = assign(context);
    return isPromise(answer) ? inTime(answer, clock, waitMs) : usable(answer);
  } catch {
    return undefined;
  }
}

async function inTime(
  answer: Promise<GivenVariant | undefined>,
  clock: Clock,
  waitMs: number,
): Promise<GivenVariant | undefined> {
  let timer: TimerHandle;
  const overdue = new Promise<undefined>((done) => {
    timer = clock.schedule(() => done(undefined), waitMs, false);
  });
  try {
    return usable(await Promise.race([answer, overdue]));
  } catch {
    return undefined;
  } finally {
    clock.cancel(timer);
  }
}

/** Ids carry the probability: one that is none would make them lie. */
function usable(answer: GivenVariant | undefined): GivenVariant | undefined {
  const probability = answer?.probability ?? 1;
  return answer?.variant !== undefined && probability > 0 && probability <= 1 ? answer : undefined;
}
