import { isLuhn } from './card.ts';
import { isAlphanumeric, isAsciiLetter, isDigit, isHyphen, isSpace } from './characters.ts';
import { mayBegin, mayEnd } from './number-edges.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

/** One national number: how it is written, and whether its digits and letters fit. */
interface NationalId {
  /** Of the whole of it, in upper case, spaces and hyphens as they stand on a keyboard. */
  readonly shape: RegExp;
  /** The shortest and the longest text that has this shape, in characters. */
  readonly lengths: readonly [least: number, most: number];
  /** @param compact its digits and letters alone */
  readonly fits: (compact: string) => boolean;
}

const [DOT, SLASH, PLUS] = [0x2e, 0x2f, 0x2b];
/** A French number with its spaces. */
const LONGEST = 21;
/** Letters that the numbers with letters begin with: X0…, AB0…, ABCDEF0… */
const LETTERS_FIRST: ReadonlySet<number> = new Set([1, 2, 6]);

/**
 * Numbers that a state gives to a person: of the United States, Canada, Brazil, the United Kingdom, Germany, France, Spain, Italy, Poland, Belgium,
 * Sweden, Finland, Switzerland and India. Those without separators count only where check digits and dates fit; numbers that have neither, such as
 * those of Denmark and the Netherlands, are not looked for.
 */
export const nationalId: Recogniser = { label: 'national-id', startsWith: isAlphanumeric, lengthAt };

function lengthAt(text: TextReader, at: number): number {
  let letters = 0;
  if (isAsciiLetter(text.code(at))) {
    // Most letters are inside of a word: these are passed over first.
    if (isAlphanumeric(text.before(at))) return 0;
    while (letters <= 6 && isAsciiLetter(text.code(at + letters))) letters++;
    if (!LETTERS_FIRST.has(letters) || !beginsNumber(text, at + letters)) return 0;
  } else if (!mayBegin(text, at)) return 0;
  // Two letters in a row are a word, but in an Italian code.
  const mostLetters = letters === 6 ? LONGEST : 1;
  let [found, inRow] = [0, 0];
  for (let length = letters; length < LONGEST; length++) {
    const code = text.code(at + length);
    if (isAlphanumeric(code)) {
      inRow = isDigit(code) ? 0 : inRow + 1;
      if (inRow > mostLetters) break;
      const ids = BY_LENGTH[length + 1];
      if (ids !== undefined && mayEnd(text, at + length + 1) && isOneOf(ids, text.slice(at, at + length + 1))) found = length + 1;
    } else if (!isSeparator(code) || !isAlphanumeric(text.code(at + length + 1))) break;
    else inRow = 0;
  }
  return found;
}

const isSeparator = (code: number): boolean => isSpace(code) || isHyphen(code) || code === DOT || code === SLASH || code === PLUS;

/** Whether digits follow, or a separator and digits: words are passed over quickly. */
const beginsNumber = (text: TextReader, at: number): boolean =>
  isDigit(text.code(at)) || ((isSpace(text.code(at)) || isHyphen(text.code(at))) && isDigit(text.code(at + 1)));

/** @param given as it stands in the text */
function isOneOf(ids: readonly NationalId[], given: string): boolean {
  const raw = given
    .toUpperCase()
    .replaceAll(/[\u00a0\u2009\u202f]/g, ' ')
    .replaceAll(/[\u2010\u2011\u2013]/g, '-');
  return ids.some(({ shape, fits }) => shape.test(raw) && fits(raw.replaceAll(/[^\dA-Z]/g, '')));
}

const digits = (text: string): readonly number[] => Array.from(text, Number);
const weighted = (text: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * Number(text[index]), 0);

/** A day that there is. Years of two digits are taken of any century. */
function isDay(day: number, month: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

/** Source: J. Verhoeff, Error detecting decimal codes, 1969: the dihedral group of ten elements. */
function isVerhoeff(text: string): boolean {
  const times = (a: number, b: number): number =>
    a < 5 ? (b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5) : b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5;
  const once = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  let check = 0;
  digits(text)
    .toReversed()
    .forEach((digit, index) => {
      let value = digit;
      for (let step = 0; step < index % 8; step++) value = once[value] ?? 0;
      check = times(check, value);
    });
  return check === 0;
}

/** Source: ISO 7064, MOD 11,10. */
function isMod1110(text: string): boolean {
  const product = digits(text.slice(0, -1)).reduce((rest, digit) => (((rest + digit) % 10 || 10) * 2) % 11, 10);
  return (11 - product) % 10 === Number(text.at(-1));
}

/** Of the first ten digits one stands there twice or three times, the others at most once. Source: German Federal Central Tax Office. */
function hasOneRepeated(text: string): boolean {
  const first = digits(text.slice(0, 10));
  const counts = Array.from({ length: 10 }, (_, digit) => first.filter((one) => one === digit).length);
  return counts.filter((count) => count > 1).length === 1 && Math.max(...counts) <= 3;
}

/** Source: Italian decree of 12 March 1974: values of characters at odd places, counted from 1. */
const ODD_PLACES =
  '1:0,0:1,5:2,7:3,9:4,13:5,15:6,17:7,19:8,21:9,2:K,4:L,18:M,20:N,11:O,3:P,6:Q,8:R,12:S,14:T,16:U,10:V,22:W,25:X,24:Y,23:Z'
    .split(',')
    .map((entry) => entry.split(':') as [string, string]);
const ODD_VALUES: ReadonlyMap<string, number> = new Map(
  ODD_PLACES.flatMap(([value, character]) =>
    /\d/.test(character)
      ? [[character, Number(value)] as const, [String.fromCharCode(65 + Number(character)), Number(value)] as const]
      : [[character, Number(value)] as const],
  ),
);

function isFiscalCode(text: string): boolean {
  const sum = Array.from(text.slice(0, 15)).reduce((total, character, index) => {
    const even = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
    return total + (index % 2 === 0 ? (ODD_VALUES.get(character) ?? 0) : even);
  }, 0);
  return String.fromCharCode(65 + (sum % 26)) === text[15];
}

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const HETU_CHARACTERS = '0123456789ABCDEFHJKLMNPRSTUVWXY';

const NATIONAL_IDS: readonly NationalId[] = [
  // United States, Social Security number: with separators only. Source: Social Security Administration, randomization of 2011.
  { lengths: [11, 11], shape: /^(?!000|666|9)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4}$/, fits: () => true },
  // Canada, Social Insurance Number.
  { lengths: [11, 11], shape: /^[1-79]\d\d([- ])\d{3}\1\d{3}$/, fits: isLuhn },
  // Brazil, CPF.
  {
    lengths: [11, 14],
    shape: /^\d{3}\.?\d{3}\.?\d{3}-?\d\d$/,
    fits: (text) => {
      const check = (length: number): number =>
        ((weighted(
          text,
          Array.from({ length }, (_, index) => length + 1 - index),
        ) *
          10) %
          11) %
        10;
      return !/^(\d)\1+$/.test(text) && check(9) === Number(text[9]) && check(10) === Number(text[10]);
    },
  },
  // United Kingdom, National Insurance number. Source: HMRC manual NIM39110.
  {
    lengths: [9, 13],
    shape: /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]$/,
    fits: () => true,
  },
  // Germany, tax identification number.
  { lengths: [11, 14], shape: /^[1-9]\d ?\d{3} ?\d{3} ?\d{3}$/, fits: (text) => hasOneRepeated(text) && isMod1110(text) },
  // France, NIR: a key that is 97 less the rest; Corsica has letters.
  {
    lengths: [15, 21],
    shape: /^[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d$/,
    fits: (text) => {
      const number = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
      return 97 - Number(BigInt(number) % 97n) === Number(text.slice(13));
    },
  },
  // Spain, DNI and NIE.
  {
    lengths: [9, 11],
    shape: /^(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z]$/,
    fits: (text) => {
      const number = Number(text.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))));
      return DNI_LETTERS[number % 23] === text.at(-1);
    },
  },
  // Italy, codice fiscale.
  { lengths: [16, 16], shape: /^[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPRST][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z]$/, fits: isFiscalCode },
  // Poland, PESEL: months of other centuries are 20, 40, 60 or 80 higher.
  {
    lengths: [11, 11],
    shape: /^\d{11}$/,
    fits: (text) =>
      isDay(Number(text.slice(4, 6)), Number(text.slice(2, 4)) % 20) &&
      weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
  },
  // Belgium, national register number; of those born since 2000 with a 2 before it.
  {
    lengths: [11, 15],
    shape: /^\d\d\.?\d\d\.?\d\d-?\d{3}\.?\d\d$/,
    fits: (text) =>
      isDay(Number(text.slice(4, 6)), Number(text.slice(2, 4))) &&
      ['', '2'].some((century) => 97 - (Number(century + text.slice(0, 9)) % 97) === Number(text.slice(9))),
  },
  // Sweden, personnummer: with its sign only. Source: Swedish Tax Agency, SKV 704.
  {
    lengths: [11, 13],
    shape: /^(?:19|20)?\d{6}[-+]\d{4}$/,
    fits: (text) => {
      const short = text.slice(-10);
      return isDay(Number(short.slice(4, 6)) % 60, Number(short.slice(2, 4))) && isLuhn(short);
    },
  },
  // Finland, personal identity code.
  {
    lengths: [11, 11],
    shape: /^\d{6}[-+A-FU-Y]\d{3}[\dA-FHJ-NPR-Y]$/,
    fits: (text) => {
      const number = text.slice(0, 6) + text.slice(-4, -1);
      return isDay(Number(text.slice(0, 2)), Number(text.slice(2, 4))) && HETU_CHARACTERS[Number(number) % 31] === text.at(-1);
    },
  },
  // Switzerland, AHV number: a code of EAN-13 that begins with 756.
  {
    lengths: [13, 16],
    shape: /^756\.?\d{4}\.?\d{4}\.?\d\d$/,
    fits: (text) => weighted(text, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
  },
  // India, Aadhaar.
  { lengths: [14, 14], shape: /^[2-9]\d{3}([ -])\d{4}\1\d{4}$/, fits: isVerhoeff },
];

/** Those that a text of so many characters may be. */
const BY_LENGTH: readonly (readonly NationalId[] | undefined)[] = Array.from({ length: LONGEST + 1 }, (_, length) => {
  const ids = NATIONAL_IDS.filter(({ lengths: [least, most] }) => length >= least && length <= most);
  return ids.length === 0 ? undefined : ids;
});
