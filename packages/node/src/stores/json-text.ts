import { UnderstudyError } from '@understudy/core';

/**
 * `value` as JSON text: numbers come back to the last bit.
 *
 * @throws UnderstudyError `INPUT_INVALID` for what has no JSON: `undefined`, functions, bigints, cycles
 */
export function jsonText(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value);
    if (typeof text === 'string') return text;
  } catch (cause) {
    throw new UnderstudyError('INPUT_INVALID', 'A state store keeps JSON documents; this value cannot be written as JSON.', {
      cause,
    });
  }
  throw new UnderstudyError('INPUT_INVALID', `A state store keeps JSON documents, and ${typeof value} has no JSON. Use null.`);
}

/** What JSON text says; the text itself where it is none, because somebody else wrote it. */
export function textValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
