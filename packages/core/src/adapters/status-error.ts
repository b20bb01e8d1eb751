import { type ErrorDetails, UnderstudyError } from '../errors/index.ts';
// Not through the folder's index: the lazy exchange would bring all policies with it.
import { classifyError } from '../policies/classify.ts';
import { isFlagged } from '../policies/failure-kind.ts';
import { retryAfterMs } from '../time/index.ts';
import { asRecord, EXCERPT_CHARACTERS } from './json-response.ts';

/**
 * The error for a response whose status is not 2xx: `HTTP_STATUS` with `details.status`, `retryAfterMs`, the `type` and `code`
 * that the body names (`{ error: { type, code } }`, also at the top level, also Anthropic's `details.error_code`), and
 * `details.body`, its first 500 characters. The body stays out of the message: servers echo inputs in it.
 *
 * @param wallNow Milliseconds since the Unix epoch, for a `retry-after` that is a date.
 */
export function statusError(
  where: string,
  response: Pick<Response, 'status' | 'headers'>,
  body: string,
  wallNow: number,
): UnderstudyError {
  const { status } = response;
  const error = errorObject(body);
  const type = text(error['type']);
  const code = text(error['code']) ?? text(asRecord(error['details'])['error_code']);
  const after = retryAfterMs(response.headers, wallNow);
  const details: ErrorDetails = {
    status,
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(after === undefined ? {} : { retryAfterMs: after }),
    ...(isFlagged(error) ? { kind: 'content-filtered' } : {}),
    body: body.slice(0, EXCERPT_CHARACTERS),
  };
  const named = [type === undefined ? '' : `, type ${type}`, code === undefined ? '' : `, code ${code}`].join('');
  const wait = after === undefined ? '' : ` It asks to wait ${after} ms.`;
  return new UnderstudyError('HTTP_STATUS', `${where} answered ${status}${named}.${wait}`, {
    retryable: classifyError({ details }, undefined) !== 'caller-error',
    details,
  });
}

function errorObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const document = asRecord(JSON.parse(body));
    return typeof document['error'] === 'object' ? asRecord(document['error']) : document;
  } catch {
    return {}; // A proxy's HTML, or a body that was cut.
  }
}

/** OpenRouter's codes are numbers. Long values are not codes, and could carry an input. */
function text(value: unknown): string | undefined {
  const shown = typeof value === 'number' ? String(value) : value;
  return typeof shown === 'string' && shown.length <= 100 ? shown : undefined;
}
