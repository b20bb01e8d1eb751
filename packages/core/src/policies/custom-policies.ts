import type { PolicyMachine, Postponement, Refusal, ResultClass } from '../spec/index.ts';
import type { Attempt } from './attempt.ts';

/** Asks the policies of a user in their order; returns what the first one says that does not let the attempt through. */
export function admitCustom(
  machines: readonly PolicyMachine[],
  attempt: Attempt,
  now: number,
): Refusal | Postponement | undefined {
  const permits: number[] = (attempt.permits = []);
  for (const machine of machines) {
    const answer = machine.admit(now, attempt);
    if (typeof answer !== 'number') return answer;
    permits.push(answer);
  }
  return undefined;
}

/** Tells those that have let the attempt through, the last one first. */
export function settleCustom(machines: readonly PolicyMachine[], attempt: Attempt, resultClass: ResultClass, now: number): void {
  const { permits = [] } = attempt;
  attempt.permits = undefined;
  for (let index = permits.length - 1; index >= 0; index--) machines[index]?.settle(permits[index] ?? 0, resultClass, now);
}
