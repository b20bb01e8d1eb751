import { isAlphanumeric, isHexDigit } from './characters.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

const [DOT, COLON, UNDERSCORE] = [0x2e, 0x3a, 0x5f];
const LONGEST = 45;

/** IP addresses: four octets of at most 255, or IPv6 in any of its forms, with a digit in it. */
export const ip: Recogniser = { label: 'ip', startsWith: (code) => code === COLON || isHexDigit(code), lengthAt };

function lengthAt(text: TextReader, at: number): number {
  const before = text.before(at);
  if (isAlphanumeric(before) || before === DOT || before === COLON || before === UNDERSCORE) return 0;
  let end = at;
  let isV6 = false;
  while (end - at <= LONGEST) {
    const code = text.code(end);
    if (code === COLON) isV6 = true;
    else if (!isHexDigit(code) && code !== DOT) break;
    end++;
  }
  const next = text.code(end);
  if (end - at > LONGEST || isAlphanumeric(next) || next === UNDERSCORE) return 0;
  // What ends a sentence is no part of it.
  const run = text.slice(at, end).replace(/\.$|(?<!:):$/, '');
  return (isV6 ? isIpv6(run) : isIpv4(run)) ? run.length : 0;
}

const OCTET = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

function isIpv4(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet));
}

/** Source: RFC 4291, 2.2. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || !/\d/.test(text)) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const hasIpv4 = last.includes('.') && !text.endsWith('::');
  if (hasIpv4 && !isIpv4(last)) return false;
  const hex = hasIpv4 ? groups.slice(0, -1) : groups;
  const count = hex.length + (hasIpv4 ? 2 : 0);
  return hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}
