/** Classes of UTF-16 code units. Nothing is of any class beyond the end of a text. */

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isAsciiLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
/** Latin letters beyond ASCII, without the signs × and ÷. */
const isLatinLetter = (code: number): boolean => code >= 0xc0 && code <= 0x24f && code !== 0xd7 && code !== 0xf7;
/** Letters of addresses, internationalised ones included. */
export const isAddressLetter = (code: number): boolean => isAsciiLetter(code) || isLatinLetter(code);
export const isAlphanumeric = (code: number): boolean => isDigit(code) || isAsciiLetter(code);
export const isHexDigit = (code: number): boolean => isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
/** Spaces, also those that do not break, which language models write between digits. */
export const isSpace = (code: number): boolean => code === 0x20 || code === 0xa0 || code === 0x2009 || code === 0x202f;
/** Hyphens, also those that do not break, and the en dash. */
export const isHyphen = (code: number): boolean => code === 0x2d || code === 0x2010 || code === 0x2011 || code === 0x2013;

const LETTER_OR_NUMBER = /[\p{L}\p{N}]/u;
/** Letters, digits and the underscore, of every script in the basic plane. */
export const isWordCharacter = (code: number): boolean =>
  isAlphanumeric(code) || code === 0x5f || (code >= 0x80 && LETTER_OR_NUMBER.test(String.fromCharCode(code)));
