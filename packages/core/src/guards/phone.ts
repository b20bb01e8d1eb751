import { isDigit, isHyphen, isSpace } from './characters.ts';
import { mayBegin, mayEnd } from './number-edges.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

const [PLUS, DOT, SLASH, OPEN, CLOSE, ZERO, ONE] = [0x2b, 0x2e, 0x2f, 0x28, 0x29, 0x30, 0x31];
/** Source: ITU-T E.164: at most 15 digits with the country code. */
const LONGEST = 15;
/** Characters between two groups: the longest is ` (0) `, whose zero is a group. */
const LONGEST_GAP = 2;

/**
 * Telephone numbers: international ones after a `+`; national ones that begin with 0, in groups; North American ones, in groups. Numbers without
 * a sign of what they are, such as ten digits in a row, are none.
 */
export const phone: Recogniser = {
  label: 'phone',
  startsWith: (code) => code === PLUS || code === OPEN || isDigit(code),
  lengthAt,
};

interface Group {
  readonly digits: string;
  /** What stands before it. */
  readonly gap: string;
  readonly end: number;
}

function lengthAt(text: TextReader, at: number): number {
  const before = text.before(at);
  if (!mayBegin(text, at) || before === PLUS) return 0;
  // The tail of something longer: a date, a version, a sum.
  if ((before === DOT || isHyphen(before) || before === SLASH) && isDigit(text.before(at - 1))) return 0;
  const first = text.code(at);
  if (first === PLUS) {
    const next = text.code(at + 1);
    return isDigit(next) && next !== ZERO ? international(groupsFrom(text, at + 1), at) : 0;
  }
  if (first === ZERO) return national(groupsFrom(text, at), at);
  return northAmerican(groupsFrom(text, at), at);
}

/** Groups of digits from an index on, as far as they may be one number. */
function groupsFrom(text: TextReader, start: number): readonly Group[] {
  const groups: Group[] = [];
  let total = 0;
  for (let at = start; ;) {
    let from = at;
    while (from - at < LONGEST_GAP && isGap(text.code(from))) from++;
    let end = from;
    while (end - from <= LONGEST + 2 && isDigit(text.code(end))) end++;
    total += end - from;
    // `00` and a trunk prefix come on top.
    if (end === from || total > LONGEST + 3 || !mayEnd(text, end)) return groups;
    groups.push({ digits: text.slice(from, end), gap: text.slice(at, from), end });
    at = end;
  }
}

const isGap = (code: number): boolean =>
  isSpace(code) || isHyphen(code) || code === DOT || code === SLASH || code === OPEN || code === CLOSE;

/** The longest that has 8 to 15 digits. */
function international(groups: readonly Group[], at: number): number {
  return longest(groups, at, (digits) => digits >= 8 && digits <= LONGEST);
}

/** Groups of two digits or more. Separators after the first are all the same: dates with a time have others. */
function national(groups: readonly Group[], at: number): number {
  const [first, second, third] = groups;
  if (first === undefined || second === undefined || first.digits.length < 2) return 0;
  const gap = third?.gap;
  const others = groups.findIndex((group, index) => index > 0 && (group.digits.length < 2 || (index > 1 && group.gap !== gap)));
  const most = first.digits.startsWith('00') ? LONGEST + 2 : 12;
  return longest(
    others < 0 ? groups : groups.slice(0, others),
    at,
    (digits, count) => count > 1 && digits >= 9 && digits <= most,
  );
}

/** `(415) 555-2671`, `415-555-2671`, also with a 1 before it. */
function northAmerican(groups: readonly Group[], at: number): number {
  const rest = groups[0]?.digits === '1' ? groups.slice(1) : groups;
  const [area, exchange, line, more] = rest;
  if (area === undefined || exchange === undefined || line === undefined) return 0;
  const isNumber = isCode(area.digits) && isCode(exchange.digits) && line.digits.length === 4;
  // A number that goes on is another one.
  const goesOn = more !== undefined && !/^\s/.test(more.gap);
  return isNumber && !goesOn ? line.end - at : 0;
}

const isCode = (digits: string): boolean => digits.length === 3 && digits.charCodeAt(0) > ONE;

function longest(groups: readonly Group[], at: number, fits: (digits: number, groups: number) => boolean): number {
  let digits = 0;
  let length = 0;
  for (const [index, group] of groups.entries()) {
    digits += group.digits.length;
    if (fits(digits, index + 1)) length = group.end - at;
  }
  return length;
}
