import { UnderstudyError } from '../errors/index.ts';
import { sameData } from '../routing/comparators.ts';

/** What a reviewer says of a case: that the model's answer stands, or what it should be. */
export type ReviewAnswer =
  | { readonly agrees: true; readonly reason?: string }
  | { readonly output: unknown; readonly reason: string };

export interface GivenAnswer {
  readonly by: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly agrees: boolean;
  /** What it should be; absent where the model's answer stands. */
  readonly output?: unknown;
  readonly reason: string;
}

/** Somebody works on a case until then. */
export interface ReviewLease {
  readonly by: string;
  readonly token: string;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

/** `resolved`: all answers are there. `settled`: they have been recorded as an outcome of the decision, too. */
export type ReviewState = 'waiting' | 'resolved' | 'settled' | 'withdrawn';

/** A case as a store keeps it: plain data. */
export interface ReviewCase {
  readonly v: 1;
  readonly id: string;
  readonly queue: string;
  readonly model: string;
  /** Empty where the answer of the review is the decision. */
  readonly decisionId: string;
  readonly input: unknown;
  /** What the model answered; absent where it did not. */
  readonly output?: unknown;
  /** Why it was chosen, and with what probability, 0–1. */
  readonly why: string;
  readonly probability: number;
  /** The part of the traffic that it is of; empty for none. */
  readonly segment: string;
  /** Whether reviewers do not see what the model answered. */
  readonly blind: boolean;
  /** Higher ones are taken first. */
  readonly priority: number;
  /** Times in milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** When it must be answered. */
  readonly dueAt: number;
  /** How many answers it needs: two that differ need a third. */
  readonly needed: number;
  readonly assigned: string | null;
  /** Reviewers who passed it on: they are given it by its name alone. Absent: nobody. */
  readonly passedBy?: readonly string[];
  readonly leases: readonly ReviewLease[];
  readonly answers: readonly GivenAnswer[];
  /** How many steps of escalation have been taken. */
  readonly escalated: number;
  readonly state: ReviewState;
  /** What it came to; absent while it waits, and where it was withdrawn. */
  readonly result?: GivenAnswer;
  readonly resolvedAt: number | null;
  /** When somebody must look at it again: a lease ends, a step of escalation is due, an outcome is to be recorded. */
  readonly nextAt: number;
  /** Counts changes, from 1: stores change a case by compare-and-set. */
  readonly version: number;
}

/** A step that is taken when a case has waited for so long. */
export interface EscalationStep {
  /** In milliseconds after the request. */
  readonly afterMs: number;
  /** Added to the priority. @defaultValue 100 */
  readonly priority?: number;
}

const NEVER = Number.MAX_SAFE_INTEGER;

const refused = (found: ReviewCase, why: string): UnderstudyError =>
  new UnderstudyError('CONTROL_CONFLICT', `The review ${found.id} of the queue ${found.queue}: ${why}.`, {
    details: { review: found.id, state: found.state },
  });

/** The same with the time at which it is looked at again. */
export function scheduled(found: ReviewCase, steps: readonly EscalationStep[]): ReviewCase {
  if (found.state === 'resolved') return { ...found, nextAt: found.resolvedAt ?? 0 };
  if (found.state !== 'waiting') return { ...found, nextAt: NEVER };
  const step = steps[found.escalated];
  const escalation = step === undefined ? NEVER : found.createdAt + step.afterMs;
  return { ...found, nextAt: Math.min(escalation, ...found.leases.map(({ until }) => until)) };
}

/** Answers that are still needed and that nobody works on. @param at milliseconds since the Unix epoch */
const openSeats = ({ needed, answers, leases }: ReviewCase, at: number): number =>
  needed - answers.length - leases.filter(({ until }) => until > at).length;

/** Whether somebody may take a case: it waits, they have not answered it, and it is assigned to nobody else. */
export function mayTake(found: ReviewCase, by: string, at: number): boolean {
  const { state, answers, leases, assigned } = found;
  if (state !== 'waiting' || (assigned !== null && assigned !== by)) return false;
  if (answers.some((answer) => answer.by === by) || leases.some((lease) => lease.by === by && lease.until > at)) return false;
  return openSeats(found, at) > 0;
}

/** Somebody begins to work on it. A lease that is over makes room. */
export function taken(found: ReviewCase, lease: ReviewLease, at: number): ReviewCase {
  if (!mayTake(found, lease.by, at))
    throw refused(found, `${lease.by} cannot take it: it waits for somebody else, or for nobody`);
  return { ...found, leases: [...found.leases.filter(({ until }) => until > at), lease] };
}

/** The lease of somebody who goes on. */
export function renewed(found: ReviewCase, token: string, until: number): ReviewCase {
  leaseOf(found, token);
  return { ...found, leases: found.leases.map((lease) => (lease.token === token ? { ...lease, until } : lease)) };
}

export function released(found: ReviewCase, token: string): ReviewCase {
  leaseOf(found, token);
  return { ...found, leases: found.leases.filter((lease) => lease.token !== token) };
}

/** Its reviewer leaves it to others: the next step of escalation is taken now. */
export function passedOn(found: ReviewCase, token: string, steps: readonly EscalationStep[]): ReviewCase {
  const { by } = leaseOf(found, token);
  const { passedBy = [] } = found;
  return { ...raised(released(found, token), steps), passedBy: [...new Set([...passedBy, by])] };
}

/** Leases that are over, and the case without them. */
export function lapsed(found: ReviewCase, at: number): { readonly next: ReviewCase; readonly gone: readonly ReviewLease[] } {
  const gone = found.state === 'waiting' ? found.leases.filter(({ until }) => until <= at) : [];
  return { gone, next: gone.length === 0 ? found : { ...found, leases: found.leases.filter(({ until }) => until > at) } };
}

/**
 * An answer. Who is late may still give it, as long as nobody else has taken the place.
 *
 * @throws UnderstudyError `CONTROL_CONFLICT` where the lease is gone, or the case is answered
 */
export function answered(found: ReviewCase, token: string, answer: ReviewAnswer, at: number): ReviewCase {
  const { by } = leaseOf(found, token);
  const given: GivenAnswer =
    'output' in answer
      ? { by, at, agrees: false, output: answer.output, reason: answer.reason }
      : { by, at, agrees: true, reason: answer.reason ?? '' };
  // What is the model's own answer in other words agrees with it.
  const told = !given.agrees && found.output !== undefined && same(given.output, found.output) ? agreeing(given) : given;
  const answers = [...found.answers, told];
  const next = { ...found, answers, leases: found.leases.filter((lease) => lease.token !== token) };
  if (answers.length < found.needed) return next;
  const [first, second, third] = answers;
  if (first !== undefined && second !== undefined && third === undefined && !sameAnswer(first, second))
    return { ...next, needed: 3 };
  return { ...next, state: 'resolved', result: verdictOf(answers), resolvedAt: at, leases: [] };
}

/** One step of escalation that is due. */
export function escalated(found: ReviewCase, steps: readonly EscalationStep[], at: number): ReviewCase | undefined {
  const step = steps[found.escalated];
  if (found.state !== 'waiting' || step === undefined || found.createdAt + step.afterMs > at) return undefined;
  return raised(found, steps);
}

/** One step further: whoever it was assigned to has let it lie. */
function raised(found: ReviewCase, steps: readonly EscalationStep[]): ReviewCase {
  const { priority = 100 } = steps[found.escalated] ?? {};
  return { ...found, escalated: found.escalated + 1, priority: found.priority + priority, assigned: null };
}

export function withdrawn(found: ReviewCase, at: number): ReviewCase {
  if (found.state !== 'waiting') throw refused(found, `it is ${found.state} already`);
  return { ...found, state: 'withdrawn', leases: [], resolvedAt: at };
}

export function assignedTo(found: ReviewCase, reviewer: string | null): ReviewCase {
  if (found.state !== 'waiting') throw refused(found, `it is ${found.state} already`);
  if (reviewer !== null && found.answers.some(({ by }) => by === reviewer))
    throw refused(found, `${reviewer} has answered it already`);
  return { ...found, assigned: reviewer };
}

/** @throws UnderstudyError `CONTROL_CONFLICT` */
function leaseOf(found: ReviewCase, token: string): ReviewLease {
  const lease = found.leases.find((one) => one.token === token);
  if (found.state !== 'waiting') throw refused(found, `it is ${found.state} already`);
  if (lease === undefined) throw refused(found, 'the time to answer it was over, and somebody else may have it. Take it again');
  return lease;
}

const agreeing = ({ by, at, reason }: GivenAnswer): GivenAnswer => ({ by, at, agrees: true, reason });

/** The label that an answer stands for. */
export const labelOf = (answer: GivenAnswer, output: unknown): unknown => (answer.agrees ? output : answer.output);

const sameAnswer = (a: GivenAnswer, b: GivenAnswer): boolean => a.agrees === b.agrees && (a.agrees || same(a.output, b.output));

/** What most say; where all differ, the last word. */
function verdictOf(answers: readonly GivenAnswer[]): GivenAnswer {
  const counts = answers.map((answer) => answers.filter((other) => sameAnswer(answer, other)).length);
  const most = Math.max(...counts);
  const [last] = answers.slice(-1);
  const found = most > 1 ? answers[counts.indexOf(most)] : last;
  if (found === undefined) throw new RangeError('No answers.');
  return found;
}

const same = (a: unknown, b: unknown): boolean => sameData(a, b).agrees;
