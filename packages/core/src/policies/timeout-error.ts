import { UnderstudyError } from '../errors/index.ts';
import type { Attempt } from './attempt.ts';

/** The error of an attempt of the variant `name` that has run out of its own time, or of its call's. */
export function timeoutError(name: string, { attempt, startedAt, expires, deadline }: Attempt): UnderstudyError {
  const scope = expires === deadline ? 'deadline' : 'attempt';
  // Deadlines are whole milliseconds from the one in which the attempt began.
  const limitMs = Math.max(0, Math.ceil(expires - 1 - startedAt));
  const remedy = scope === 'deadline' ? 'deadlineMs' : 'its timeout';
  return new UnderstudyError('TIMEOUT', `${name} did not answer within ${limitMs} ms: make it faster, or raise ${remedy}.`, {
    retryable: true,
    details: { variant: name, scope, attempt, limitMs },
  });
}
