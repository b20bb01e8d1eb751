import { errorClass, readProperty } from './error-text.ts';
import { safeErrorText } from './redact-url.ts';

/** A code of the system or of a driver, such as `ECONNREFUSED`: no content. */
const CODE = /^[A-Z][A-Z0-9_]{1,59}$/;

/** The code of a failure, or of the first of its causes that has one: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`. */
export function causeCode(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; depth < 5 && at !== undefined; depth++) {
    const code = readProperty(at, 'code');
    if (typeof code === 'string' && CODE.test(code)) return code;
    at = readProperty(at, 'cause') ?? readProperty(readProperty(at, 'errors'), '0');
  }
  return undefined;
}

/**
 * What may be kept of a failure of somebody else's client as the cause of ours: class, text and code. The failure itself holds the
 * request, with the headers that authorise it, and whoever prints ours prints it all.
 */
export function safeCause(error: unknown): Error {
  const cause = new Error(safeErrorText(error));
  const name = errorClass(error);
  const code = causeCode(error);
  if (name !== undefined) cause.name = name;
  // It points into this function: where the failure was is not known to it.
  delete cause.stack;
  return code === undefined ? cause : Object.assign(cause, { code });
}
