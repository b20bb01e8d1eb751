import { UnderstudyError } from '@understudy/core';
import type { Clock } from '@understudy/core/authoring';
import { within } from '../within.ts';
import { problem } from './respond.ts';

/** Longer, and nobody waits for the rest of a body. */
const BODY_MS = 10_000;

/** What the body of a request says, or why it says nothing. @param maxBytes most that it may have */
export async function bodyOf(
  request: Request,
  clock: Clock,
  maxBytes: number,
): Promise<{ readonly given: unknown; readonly refused?: undefined } | { readonly refused: Response }> {
  const refused = (status: number, code: string, message: string): { readonly refused: Response } => ({
    refused: problem(status, code, message),
  });
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') return refused(415, 'NOT_JSON', 'A command is sent as application/json.');
  let body: string | undefined;
  try {
    body = await within(clock, BODY_MS, 'The body', () => readBody(request, maxBytes));
  } catch (error) {
    if (UnderstudyError.is(error))
      return refused(408, 'TIMEOUT', `The body did not come within ${BODY_MS / 1000} s. Nothing was changed.`);
    // It broke off, or somebody has read it before: `authorize`, or the server’s framework.
    return refused(400, 'NO_BODY', 'The body could not be read. Nothing was changed.');
  }
  if (body === undefined) return refused(413, 'TOO_LARGE', `A command has at most ${maxBytes} bytes.`);
  try {
    return { given: JSON.parse(body) };
  } catch {
    return refused(400, 'NOT_JSON', 'The body is no JSON.');
  }
}

/** `undefined` for one that is too large. */
async function readBody(request: Request, maxBytes: number): Promise<string | undefined> {
  if (request.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
