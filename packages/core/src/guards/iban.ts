import { isAlphanumeric, isAsciiLetter, isDigit, isHyphen, isSpace } from './characters.ts';
import { mayBegin, mayEnd } from './number-edges.ts';
import type { Recogniser } from './recogniser.ts';
import type { TextReader } from './text-reader.ts';

/** Lengths by country. Source: SWIFT, IBAN registry (ISO 13616). */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27
  GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22
  MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28
  TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))] as const),
);

/** International bank account numbers: a country, its length, and check digits that fit; with or without spaces or hyphens, in any case. */
export const iban: Recogniser = { label: 'iban', startsWith: isAsciiLetter, lengthAt };

function lengthAt(text: TextReader, at: number): number {
  if (!mayBegin(text, at) || !isAsciiLetter(text.code(at + 1)) || !isDigit(text.code(at + 2))) return 0;
  const length = LENGTHS.get(text.slice(at, at + 2).toUpperCase());
  if (length === undefined || !isDigit(text.code(at + 3))) return 0;
  let number = '';
  for (let end = at; ; end++) {
    const code = text.code(end);
    if (isAlphanumeric(code)) number += String.fromCharCode(code);
    else if (!(isSpace(code) || isHyphen(code)) || !isAlphanumeric(text.code(end + 1))) return 0;
    if (number.length === length) return mayEnd(text, end + 1) && isChecked(number) ? end + 1 - at : 0;
  }
}

/** Source: ISO 7064, MOD 97-10: letters are 10 to 35, and the first four characters go last. */
function isChecked(number: string): boolean {
  let rest = 0;
  for (const character of number.slice(4) + number.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
