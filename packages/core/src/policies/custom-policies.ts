import type { AttemptResult, PolicyMachine, PolicySnapshot, Postponement, Refusal, ResultClass } from '../types/index.ts';
import { bounded, ERROR_CODES, type ErrorCode, isRecord, readProperty } from '../errors/index.ts';
import type { Attempt } from './attempt.ts';
import { adopted, atOnce } from '../time/index.ts';

/** Told of what a user's own code threw, and where. */
export type Fault = (where: string, error: unknown) => void;

/** A user's policy at work. */
export interface CustomMachine {
  readonly kind: string;
  readonly machine: PolicyMachine;
}

/** A refusal is told to every caller, in every event. */
const LONGEST = 200;

const THREW: Refusal = { refused: 'it failed' };

/** Asks the policies of a user in their order; returns what the first one says that does not let the attempt through. One that fails refuses. */
export function admitCustom(
  machines: readonly CustomMachine[],
  attempt: Attempt,
  now: number,
  fault: Fault,
): Refusal | Postponement | undefined {
  const permits: number[] = (attempt.permits = []);
  for (const { machine } of machines) {
    try {
      const answer = atOnce(machine.admit(now, attempt));
      if (typeof answer === 'number') {
        permits.push(answer);
        continue;
      }
      const [refused, until] = [readProperty(answer, 'refused'), readProperty(answer, 'waitUntil')];
      if (typeof until === 'number' && !Number.isNaN(until))
        return typeof refused === 'string' ? { ...refusalOf(answer, refused), waitUntil: until } : { waitUntil: until };
      if (typeof refused === 'string') return refusalOf(answer, refused);
      throw new TypeError('admit() answered neither a permit (a number), nor { refused }, nor { waitUntil }.');
    } catch (error) {
      fault('admit', error);
      return THREW;
    }
  }
  return undefined;
}

function refusalOf(answer: unknown, refused: string): Refusal {
  const [code, retryAfterMs] = [readProperty(answer, 'code'), readProperty(answer, 'retryAfterMs')];
  return {
    refused: bounded(refused, LONGEST),
    ...(ERROR_CODES.includes(code as ErrorCode) ? { code: code as ErrorCode } : {}),
    ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? { retryAfterMs } : {}),
  };
}

/** Tells those that have let the attempt through, the last one first. One that fails keeps no other from being told. */
export function settleCustom(
  machines: readonly CustomMachine[],
  attempt: Attempt,
  resultClass: ResultClass,
  now: number,
  result: AttemptResult,
  fault: Fault,
): void {
  const { permits = [] } = attempt;
  attempt.permits = undefined;
  for (let index = permits.length - 1; index >= 0; index--) {
    try {
      const answer: unknown = machines[index]?.machine.settle(permits[index] ?? 0, resultClass, now, result);
      adopted(answer)?.catch((error: unknown) => fault('settle', error));
    } catch (error) {
      fault('settle', error);
    }
  }
}

/** Tells those that know how that a call asks no more: one of them may have told it to wait. */
export function leaveCustom(machines: readonly CustomMachine[], attempt: Attempt, now: number, fault: Fault): void {
  for (const { machine } of machines) {
    try {
      const answer: unknown = machine.leave?.(attempt, now);
      adopted(answer)?.catch((error: unknown) => fault('leave', error));
    } catch (error) {
      fault('leave', error);
    }
  }
}

/** Tells those that know how that an operator ends all waits. */
export function releaseCustom(machines: readonly CustomMachine[], now: number, fault: Fault): void {
  for (const { machine } of machines) {
    try {
      const answer: unknown = machine.release?.(now);
      adopted(answer)?.catch((error: unknown) => fault('release', error));
    } catch (error) {
      fault('release', error);
    }
  }
}

/** The state that a policy of a user tells; nothing where it tells none, or fails. */
export function customSnapshot(machine: PolicyMachine, now: number, fault: Fault): PolicySnapshot | undefined {
  try {
    const told: unknown = machine.snapshot?.(now);
    if (told === undefined) return undefined;
    const later = adopted(told);
    later?.catch(() => undefined);
    if (later !== undefined || !isRecord(told)) throw new TypeError('snapshot() must answer an object at once.');
    return Object.fromEntries(Object.entries(told).filter(([, value]) => isPlain(value))) as PolicySnapshot;
  } catch (error) {
    fault('snapshot', error);
    return undefined;
  }
}

const isPlain = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
