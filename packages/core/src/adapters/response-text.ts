import { UnderstudyError } from '../errors/index.ts';

/** The text of a response as far as it was read, and whether that is all of it. */
export interface ResponseText {
  readonly text: string;
  readonly complete: boolean;
}

/**
 * Reads a body as UTF-8 and stops after `maxBytes`, counted after decompression: `content-length` says nothing about that.
 * What is left over is cancelled, which frees the connection.
 */
export async function readText(response: Response, maxBytes: number): Promise<ResponseText> {
  if (response.body === null) return { text: '', complete: true };
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), complete: true };
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return { text, complete: false };
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The error for a body that is over its bound. */
export function tooLarge(where: string, maxBytes: number): UnderstudyError {
  return new UnderstudyError(
    'RESPONSE_INVALID',
    `${where} answered more than ${maxBytes} bytes: raise maxResponseBytes if that is right.`,
    { details: { maxResponseBytes: maxBytes } },
  );
}
