import { isDigit, isHyphen, isSpace } from './characters.ts';
import { mayBegin, mayEnd } from './number-edges.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

const [DOT, COMMA] = [0x2e, 0x2c];
const LONGEST = 19;
/** Shorter groups are numbers in a row; the last one may be shorter. */
const LEAST_GROUP = 3;

/**
 * Numbers of payment cards: an issuer's first digits with a length that it has (ISO/IEC 7812), and a check digit that fits (Luhn). Digits may be
 * in groups, a space or a hyphen between two.
 */
export const card: Recogniser = { label: 'card', startsWith: (code) => code >= 0x32 && code <= 0x36, lengthAt };

function lengthAt(text: TextReader, at: number): number {
  if (!mayBegin(text, at)) return 0;
  const before = text.before(at);
  // A fraction, and no number of its own.
  if ((before === DOT || before === COMMA) && isDigit(text.before(at - 1))) return 0;
  let digits = '';
  let [end, group] = [at, 0];
  let found = 0;
  for (;;) {
    const code = text.code(end);
    if (isDigit(code)) {
      if (digits.length === LONGEST) return found;
      digits += String.fromCharCode(code);
      group++;
      end++;
      continue;
    }
    if (isCard(digits) && mayEnd(text, end)) found = end - at;
    if (group < LEAST_GROUP || !(isSpace(code) || isHyphen(code)) || !isDigit(text.code(end + 1))) return found;
    group = 0;
    end++;
  }
}

const isCard = (digits: string): boolean => fitsIssuer(digits) && isLuhn(digits);

function fitsIssuer(digits: string): boolean {
  const { length } = digits;
  const [two, four] = [Number(digits.slice(0, 2)), Number(digits.slice(0, 4))];
  if (two >= 40 && two <= 49) return length === 13 || length === 16 || length === 19;
  if (two === 34 || two === 37) return length === 15;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16;
  const isOther = (four >= 2200 && four <= 2204) || [30, 35, 36, 38, 39, 50].includes(two) || (two >= 56 && two <= 69);
  return isOther && length >= 13;
}

/** Source: ISO/IEC 7812-1, annex B. */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? 2 * digit : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
