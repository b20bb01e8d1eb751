import { isAlphanumeric, isAsciiLetter } from './characters.ts';
import type { TextReader } from './text-reader.ts';

// A number may be glued to a word, as in `VISA4111…`: to two letters or more. Beside a single letter it is something else: a version, a part of
// an id. Beside a digit it is a part of a longer number.

/** Whether a number may begin at an index. It reads two units before it. */
export function mayBegin(text: TextReader, at: number): boolean {
  const before = text.before(at);
  return !isAlphanumeric(before) || (isAsciiLetter(before) && isAsciiLetter(text.before(at - 1)));
}

/** Whether a number may end before an index. */
export function mayEnd(text: TextReader, end: number): boolean {
  const next = text.code(end);
  return !isAlphanumeric(next) || (isAsciiLetter(next) && isAsciiLetter(text.code(end + 1)));
}
