import { isAlphanumeric, isDigit, isHexDigit } from './characters.ts';
import { mayBegin, mayEnd } from './number-edges.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

const [DOT, COLON, UNDERSCORE] = [0x2e, 0x3a, 0x5f];
const LONGEST_V6 = 45;
const OCTETS = 4;
const LONGEST_GROUP = 4;

/** IP addresses: four octets of at most 255, also before a port, or IPv6 in any of its forms, with a digit in it. */
export const ip: Recogniser = {
  label: 'ip',
  startsWith: (code) => code === COLON || isHexDigit(code),
  lengthAt: (text, at) => ipv4At(text, at) || ipv6At(text, at),
};

function ipv4At(text: TextReader, at: number): number {
  // The tail of something longer, such as a version of five numbers.
  const isTail = text.before(at) === DOT && isDigit(text.before(at - 1));
  if (!isDigit(text.code(at)) || isTail || !mayBegin(text, at)) return 0;
  let end = at;
  for (let octets = 1; ; octets++) {
    const length = octetAt(text, end);
    if (length === 0) return 0;
    end += length;
    if (octets === OCTETS) break;
    if (text.code(end) !== DOT) return 0;
    end++;
  }
  const goesOn = text.code(end) === DOT && isDigit(text.code(end + 1));
  return !goesOn && mayEnd(text, end) ? end - at : 0;
}

/** The length of a number of at most 255, without a zero before it. */
function octetAt(text: TextReader, at: number): number {
  let end = at;
  let value = 0;
  while (end - at < 3 && isDigit(text.code(end))) value = 10 * value + text.code(end++) - 0x30;
  const isPadded = end - at > 1 && text.code(at) === 0x30;
  return value > 255 || isPadded || isDigit(text.code(end)) ? 0 : end - at;
}

function ipv6At(text: TextReader, at: number): number {
  const before = text.before(at);
  if (isWord(before) || before === DOT || (before === COLON && !isAfterLabel(text, at))) return 0;
  let end = at;
  let hasColon = false;
  for (; end - at <= LONGEST_V6; end++) {
    const code = text.code(end);
    if (code === COLON) hasColon = true;
    else if (!isHexDigit(code) && code !== DOT) break;
  }
  if (!hasColon || end - at > LONGEST_V6) return 0;
  const run = text.slice(at, end);
  // A word that follows a dot or a colon is no part of it, and neither is what ends a sentence.
  const whole = isWord(text.code(end)) ? run.slice(0, Math.max(run.lastIndexOf(':'), run.lastIndexOf('.'), 0)) : run;
  const address = [whole, run.replace(/\..*$/, '')].map((one) => one.replace(/(?:\.|(?<!:):)+$/, '')).find(isIpv6);
  return address?.length ?? 0;
}

const isWord = (code: number): boolean => isAlphanumeric(code) || code === UNDERSCORE;

/** Whether the colon before an index ends a word, as in `ip:2001:db8::1`, and no group of an address. */
function isAfterLabel(text: TextReader, at: number): boolean {
  let letters = 0;
  for (let length = 0; length <= LONGEST_GROUP; length++) {
    const code = text.before(at - 1 - length);
    if (!isAlphanumeric(code)) return letters === length && code !== COLON;
    if (!isHexDigit(code)) return true;
    if (!isDigit(code)) letters++;
  }
  return true;
}

/** Source: RFC 4291, 2.2. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || !/\d/.test(text)) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const hasIpv4 = last.includes('.') && !text.endsWith('::');
  if (hasIpv4 && !IPV4.test(last)) return false;
  const hex = hasIpv4 ? groups.slice(0, -1) : groups;
  const count = hex.length + (hasIpv4 ? 2 : 0);
  return hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
