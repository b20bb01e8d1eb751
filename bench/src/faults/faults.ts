import {
  contextTooLong,
  type Fault,
  overloaded,
  quotaExhausted,
  rateLimited,
  type Turn,
} from '../../../packages/core/tests/support/llm-server.ts';

/** The answer that every tool is asked for. */
export const ANSWER = 'one two three four five six seven eight';

export const REFUSAL = 'I cannot help with that.';

/** What is wrong with the first endpoint. */
export interface FaultCase {
  readonly name: string;
  /** What it answers to every request; `'down'`: it takes no connection. */
  readonly turn: Turn | 'down';
}

const faulty = (fault: Fault): Turn => ({ text: ANSWER, fault, betweenMs: 10 });

export const FAULTS: readonly FaultCase[] = [
  { name: 'no connection', turn: 'down' },
  { name: '429, wait 100 ms', turn: faulty({ kind: 'status', status: 429, retryAfterMs: 100 }) },
  { name: '429, wait 4 s', turn: faulty(rateLimited(4)) },
  { name: '503', turn: faulty(overloaded()) },
  { name: 'stall before content', turn: faulty({ kind: 'stall', after: 0 }) },
  { name: 'stall after content', turn: faulty({ kind: 'stall', after: 3 }) },
  { name: 'reset before content', turn: faulty({ kind: 'reset', after: 0 }) },
  { name: 'reset after content', turn: faulty({ kind: 'reset', after: 3 }) },
  { name: 'error event under 200', turn: faulty({ kind: 'error-event' }) },
  { name: 'no terminator', turn: faulty({ kind: 'no-terminator', after: 3 }) },
  { name: 'refusal', turn: { refusal: REFUSAL } },
  { name: 'context too long', turn: faulty(contextTooLong()) },
  { name: 'quota exhausted', turn: faulty(quotaExhausted()) },
  { name: 'invalid JSON', turn: faulty({ kind: 'invalid-json', after: 3 }) },
  { name: 'slow drip', turn: { text: ANSWER, betweenMs: 100 } },
];
