import { isAddressLetter, isDigit } from './characters.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

/** Source: RFC 5321, 4.5.3.1: a local part has at most 64 octets, a domain 255. */
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 255;
const [AT, DOT, HYPHEN, UNDERSCORE, PERCENT, PLUS] = [0x40, 0x2e, 0x2d, 0x5f, 0x25, 0x2b];

const isLocal = (code: number): boolean =>
  isAddressLetter(code) ||
  isDigit(code) ||
  code === DOT ||
  code === HYPHEN ||
  code === UNDERSCORE ||
  code === PERCENT ||
  code === PLUS;
const isDomain = (code: number): boolean => isAddressLetter(code) || isDigit(code) || code === HYPHEN;

/** E-mail addresses, also with Latin letters beyond ASCII, whose domain ends with a label of letters. */
export const email: Recogniser = { label: 'email', startsWith: (code) => code >= 0x80 || isLocal(code), lengthAt };

function lengthAt(text: TextReader, at: number): number {
  const far = at + LONGEST_LOCAL;
  // Within a run only the last 64 characters can be a local part: what stands before them must not hide an address.
  const isInside = isLocal(text.before(at));
  if (isInside && far < text.length && text.code(far) !== AT) return 0;
  let sign = at;
  while (sign <= far && isLocal(text.code(sign))) sign++;
  if (sign === at || sign > far || text.code(sign) !== AT || (isInside && sign !== far)) return 0;
  const end = domainEnd(text, sign + 1);
  return end === undefined ? 0 : end - at;
}

/** Where the longest domain ends whose last label is one of letters. */
function domainEnd(text: TextReader, start: number): number | undefined {
  let end: number | undefined;
  let label = start;
  for (let at = start; at - start <= LONGEST_DOMAIN; at = label) {
    while (isDomain(text.code(at)) && at - start <= LONGEST_DOMAIN) at++;
    if (at === label) break;
    if (label > start && isTopLevel(text.slice(label, at))) end = at;
    if (text.code(at) !== DOT) break;
    label = at + 1;
  }
  return end;
}

const isTopLevel = (label: string): boolean => /^(?:xn--[a-z0-9-]+|[^0-9-]{2,63})$/i.test(label);
