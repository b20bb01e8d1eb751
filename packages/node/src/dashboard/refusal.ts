import { UnderstudyError } from '@understudy/core';
import { safeErrorText } from '@understudy/core/authoring';
import { problem } from './respond.ts';

const STATUSES: Readonly<Record<string, number>> = {
  FORBIDDEN: 403,
  INPUT_INVALID: 400,
  UNKNOWN_VARIANT: 400,
  CONTROL_CONFLICT: 409,
  SECOND_PERSON_NEEDED: 409,
};

/** Errors of ours say what to do; others may say anything, and stay here. */
export function refusal(error: unknown): Response {
  if (UnderstudyError.is(error) && error.code === 'TIMEOUT')
    return problem(
      504,
      'TIMEOUT',
      'The store did not answer in time. The command may have been obeyed all the same: look at the audit trail before you give it again.',
    );
  if (!UnderstudyError.is(error)) return problem(500, 'FAILED', 'The command failed. The log of the process may say why.');
  return problem(STATUSES[error.code] ?? 503, error.code, safeErrorText(error));
}
