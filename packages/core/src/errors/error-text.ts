import { bounded, told } from './told.ts';

const LONGEST = 500;
/** A name as code has it: what a server or a user wrote into `error.name` does not look so, and never goes into an event. */
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,59}$/;

/** One property of whatever was thrown: a getter that throws, or a proxy that was revoked, reads as `undefined`. */
export function readProperty(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

/** What was thrown, in words of bounded length: its message where it has one, else what it is. Never throws. */
export function errorText(error: unknown, longest = LONGEST): string {
  if (typeof error === 'string') return bounded(error, longest);
  const message = readProperty(error, 'message');
  return typeof message === 'string' ? bounded(message, longest) : told(error);
}

/** What was thrown, as an error. */
export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(errorText(error)));

/** The class of what was thrown, from code and never from its content; `undefined` where it has none. */
export function errorClass(error: unknown): string | undefined {
  try {
    const prototype: unknown = Object.getPrototypeOf(Object(error));
    const name = readProperty(readProperty(prototype, 'constructor'), 'name');
    return isErrorLike(error) && typeof name === 'string' && CLASS_NAME.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

function isErrorLike(error: unknown): boolean {
  return error instanceof Error || (typeof error === 'object' && typeof readProperty(error, 'message') === 'string');
}
