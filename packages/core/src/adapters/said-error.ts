import { errorText, type ErrorDetails, UnderstudyError } from '../errors/index.ts';
// Not through the folder's index: the lazy exchange would bring all policies with it.
import { classifyError } from '../policies/classify.ts';
import { isFlagged } from '../policies/failure-kind.ts';
import { asRecord, EXCERPT_CHARACTERS } from './json-response.ts';

/**
 * Statuses that vendors give to these codes and types when they answer with them in place of 200: platform.claude.com/docs/en/api/errors,
 * platform.openai.com/docs/guides/error-codes.
 */
const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  BadRequestError: 400,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  content_filter: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  NotFoundError: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  api_error: 500,
  server_error: 500,
  InternalServerError: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/**
 * The error for a server that answers 200 and then says that it failed: `details.type`, `code`, and the `status` that it would have answered.
 * What it said is in `details.body`, its first 500 characters.
 *
 * @param code `STREAM_CUT` in a stream, `HTTP_STATUS` for a whole answer
 */
export function saidError(code: 'STREAM_CUT' | 'HTTP_STATUS', where: string, said: unknown): UnderstudyError {
  const error = asRecord(said);
  const inner = asRecord(error['details']);
  const type = name(error['type']);
  const named = name(error['code']) ?? name(inner['error_code']);
  const implied = statusOf(error['code']) ?? statusOf(error['status']) ?? known(named) ?? known(type);
  // An unknown error without a status would be classed as a wrong address.
  const status = implied ?? (code === 'HTTP_STATUS' ? 500 : undefined);
  const details: ErrorDetails = {
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { type }),
    ...(named === undefined ? {} : { code: named }),
    ...(isFlagged(error) ? { kind: 'content-filtered' } : {}),
    body: textOf(said).slice(0, EXCERPT_CHARACTERS),
  };
  const told = [type === undefined ? '' : `, type ${type}`, named === undefined ? '' : `, code ${named}`].join('');
  return new UnderstudyError(code, `${where} answered 200, and then an error${told}.`, {
    retryable: classifyError({ details }, undefined) !== 'caller-error',
    details,
  });
}

const known = (text: string | undefined): number | undefined =>
  text !== undefined && Object.hasOwn(STATUS_OF, text) ? STATUS_OF[text] : undefined;

/** OpenRouter and vLLM have statuses as codes. */
function statusOf(value: unknown): number | undefined {
  const status = Number(value);
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
}

/** Long values are no names, and could carry an input. */
function name(value: unknown): string | undefined {
  const shown = typeof value === 'number' ? String(value) : value;
  return typeof shown === 'string' && shown !== '' && shown.length <= 100 ? shown : undefined;
}

function textOf(said: unknown): string {
  if (typeof said === 'string') return said;
  try {
    return JSON.stringify(said) ?? '';
  } catch (error) {
    return errorText(error, EXCERPT_CHARACTERS);
  }
}
