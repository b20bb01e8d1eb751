import { atOnce, type WallTime } from '../time/index.ts';
import type { TierKind } from '../types/index.ts';
import { decodeBytes, encode24, encode72, encode96 } from './base64-words.ts';
import { TOTAL_WEIGHT } from './bucketing.ts';
import { murmur3, PrefixedHash } from '../statistics/sketches/murmur3.ts';
import { wordHex } from './word-hex.ts';
import type { RandomWords } from './random-words.ts';

/** Version of the layout below; readers accept it and, once there is one, the version before. */
const FORMAT = 1;
const LENGTH = 48;
/** Six bits that ids begin with, which make a `d`: time needs 42 bits until the year 2109, and with `-` an id would be an option in a shell. */
const HEAD = 41;
const SEAL_BYTES = 7;
/** The bit above the 14 of the probability. */
const AT_RISK = 0x8000;
const TIERS: readonly TierKind[] = ['model', 'cache', 'rules', 'always'];

/** The hash of a call without a unit, as ids carry it: such a call is one by itself. */
export const NO_UNIT = '0000000000';

/** Makes 7 bytes from the 29 bytes of an id before its seal. With a secret key only those who hold it can make ids. */
export interface IdSigner {
  readonly keyed: boolean;
  seal(body: Uint8Array): Uint8Array;
}

/** What an id says of its decision, without any lookup. */
export interface Exposure {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly modelHash: number;
  readonly assignedHash: number;
  readonly servedHash: number;
  readonly tier: TierKind;
  /** Stage of the rollout, 0–15; 0 without one. */
  readonly stage: number;
  /** Whether the unit was left to chance in that stage: only then is an outcome evidence. */
  readonly atRisk: boolean;
  /** Probability of the assignment, 0–1, exact to 0.01 %. */
  readonly probability: number;
  /** 40 bits of a hash of the unit, as 10 hexadecimal digits. */
  readonly unitHash: string;
  /** Whether the seal was made with a secret key: only then may an outcome feed a gate. */
  readonly keyed: boolean;
}

/** The 12 characters of an id that say who served, and what they add to its checksum. */
export interface ExposurePart {
  readonly text: string;
  readonly sum: number;
}

/** 16 bits that stand for a name in an id. */
export function nameHash(name: string): number {
  return murmur3(name) & 0xffff;
}

/** 48 of the 72 random bits of an id, as an integer: it stands for the decision where ids are too large to keep. */
export function stemKey(id: string): number {
  const bytes = decodeBytes(id.slice(8, 16)) ?? new Uint8Array(0);
  return bytes.reduce((key, byte) => key * 256 + byte, 0);
}

const PREFIX = 'exposure:';

/** Eight more bits of a unit from an independent hash (FNV-1a over UTF-16 units): 32 alone collide at some 77,000 units. */
function highOf(unit: string): number {
  let high = 0x811c_9dc5;
  for (let index = 0; index < unit.length; index++) high = Math.imul(high ^ unit.charCodeAt(index), 0x0100_0193);
  return high >>> 24;
}

/**
 * The `unitHash` that events have of a unit where the runtime makes no pseudonyms: 40 bits of a hash without a key, as 10 hexadecimal digits;
 * all zero for `''`. To find what is kept of a person.
 */
export function unitHashOf(unit: string): string {
  if (unit === '') return NO_UNIT;
  return highOf(unit).toString(16).padStart(2, '0') + wordHex(new PrefixedHash(PREFIX).of(unit));
}

/**
 * Ids of decisions: 36 bytes in 48 URL-safe characters, in order of time. Layout: 6 bits that make a `d`, 42 bits time, 8 bytes random and 1 of a sequence (together
 * the stem, which is known when the call starts), 2 model, 2 assigned, 2 served, 1 format, tier and stage, 2 probability and whether the unit was at risk (the exposure),
 * 5 unit, 7 seal. An outcome can be counted from its id alone, in another process, weeks later.
 */
export class DecisionIds {
  readonly #wallTime: WallTime;
  readonly #words: RandomWords;
  readonly #signer: IdSigner | undefined;
  readonly #failed: ((error: unknown) => void) | undefined;
  readonly #modelHash: number;
  readonly #units = new PrefixedHash(PREFIX);
  #millisecond = -1;
  #timeText = '';
  /** The words of the id that is being made, 24 bits each: time, time, and three random ones. */
  #high = 0;
  #low = 0;
  #a = 0;
  #b = 0;
  #c = 0;
  #sequence = 0;
  readonly #pseudonym: ((unit: string) => string) | undefined;
  #lastUnit = '';
  #lastName = '';
  #lastWord = 0;

  /**
   * @param failed told of a signer that fails
   * @param pseudonym what stands for a unit; empty: it counts as no unit
   */
  constructor(
    model: string,
    wallTime: WallTime,
    words: RandomWords,
    signer: IdSigner | undefined,
    failed?: (error: unknown) => void,
    pseudonym?: (unit: string) => string,
  ) {
    this.#failed = failed;
    this.#pseudonym = pseudonym;
    this.#wallTime = wallTime;
    this.#words = words;
    this.#signer = signer;
    this.#modelHash = nameHash(model);
  }

  /** The first 20 characters of an id: unique, in order of time. `now` is the monotonic clock. */
  stem(now: number): string {
    this.#draw(now);
    return this.#timeText + this.#randomText();
  }

  /** The exposure part of ids; there are few different ones, so callers keep them. */
  exposure(
    assignedHash: number,
    servedHash: number,
    tier: TierKind,
    stage: number,
    probability: number,
    atRisk: boolean,
  ): ExposurePart {
    const weight = Math.round(probability * TOTAL_WEIGHT) | (atRisk ? AT_RISK : 0);
    const meta = (FORMAT << 6) | (TIERS.indexOf(tier) << 4) | (stage & 15);
    const words = [
      (this.#modelHash << 8) | (assignedHash >>> 8),
      ((assignedHash & 0xff) << 16) | servedHash,
      (meta << 16) | weight,
    ] as const;
    return { text: encode72(...words), sum: exposureSum(...words) };
  }

  /** 40 bits of a hash of a unit, as 10 hexadecimal digits; all zero for no unit. */
  unitHash(unit: string): string {
    const name = this.unitName(unit);
    if (name === '') return NO_UNIT;
    return highOf(name).toString(16).padStart(2, '0') + wordHex(this.#lastWord);
  }

  /** The low 32 bits of that hash. */
  unitWord(unit: string): number {
    this.unitName(unit);
    return this.#lastWord;
  }

  /** What stands for a unit: its pseudonym where there are any, else itself. The last one is remembered: one call asks more than once. */
  unitName(unit: string): string {
    if (unit !== this.#lastUnit) {
      this.#lastUnit = unit;
      this.#lastName = unit === '' || this.#pseudonym === undefined ? unit : this.#pseudonym(unit);
      this.#lastWord = this.#lastName === '' ? 0 : this.#units.of(this.#lastName);
    }
    return this.#lastName;
  }

  /** A whole id: 48 characters. `stem` undefined: one is drawn, of the moment `now` on the monotonic clock. */
  complete(stem: string | undefined, exposure: ExposurePart, unit: string, now: number): string {
    const name = this.unitName(unit);
    const high = name === '' ? 0 : highOf(name);
    const low = this.#lastWord;
    let head: string;
    if (stem === undefined) {
      this.#draw(now);
      head = this.#timeText + this.#randomText();
    } else {
      head = stem;
      this.#recall(stem);
    }
    head += exposure.text;
    if (this.#signer !== undefined) return this.#signed(head + encode24((high << 16) | (low >>> 16)), low & 0xffff);
    const sum = checksum(this.#high, this.#low, this.#a, this.#b, this.#c, exposure.sum, high, low);
    const check = firstCheck(sum);
    const more = secondCheck(check, this.#a);
    return head + encode96((high << 16) | (low >>> 16), ((low & 0xffff) << 8) | (check >>> 24), check, more);
  }

  /** {@link stemKey} of the id that was completed last. */
  get key(): number {
    return this.#a * 0x100_0000 + this.#b;
  }

  /** Reads an id; `undefined` when it is not one of this format, `'forged'` when its seal does not fit. */
  parse(id: string): Exposure | 'forged' | undefined {
    const bytes = typeof id === 'string' && id.length === LENGTH ? decodeBytes(id) : undefined;
    if (bytes === undefined) return undefined;
    const view = new DataView(bytes.buffer);
    const meta = view.getUint8(21);
    const tier = TIERS[(meta >>> 4) & 3];
    if (meta >>> 6 !== FORMAT || tier === undefined || view.getUint8(0) >>> 2 !== HEAD) return undefined;
    if (!this.#sealed(bytes)) return 'forged';
    const weight = view.getUint16(22);
    return {
      at: (view.getUint16(0) & 0x3ff) * 0x1_0000_0000 + view.getUint32(2),
      modelHash: view.getUint16(15),
      assignedHash: view.getUint16(17),
      servedHash: view.getUint16(19),
      tier,
      stage: meta & 15,
      atRisk: (weight & AT_RISK) !== 0,
      probability: (weight & ~AT_RISK) / TOTAL_WEIGHT,
      unitHash: hex(bytes.subarray(24, 29)),
      keyed: this.#signer?.keyed ?? false,
    };
  }

  #draw(now: number): void {
    const millisecond = Math.floor(this.#wallTime.at(now));
    if (millisecond !== this.#millisecond) {
      this.#millisecond = millisecond;
      this.#high = (HEAD << 18) | (Math.floor(millisecond / 0x100_0000) & 0x3_ffff);
      this.#low = millisecond % 0x100_0000;
      this.#timeText = encode24(this.#high) + encode24(this.#low);
    }
    const first = this.#words.word();
    const second = this.#words.word();
    this.#a = first >>> 8;
    this.#b = second >>> 8;
    this.#sequence = (this.#sequence + 1) & 0xff;
    this.#c = ((first & 0xff) << 16) | ((second & 0xff) << 8) | this.#sequence;
  }

  #randomText(): string {
    return encode72(this.#a, this.#b, this.#c);
  }

  /** The words of a stem that was drawn before. */
  #recall(stem: string): void {
    const bytes = decodeBytes(stem) ?? new Uint8Array(15);
    const word = (index: number): number =>
      ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    this.#millisecond = -1;
    this.#high = word(0);
    this.#low = word(3);
    this.#a = word(6);
    this.#b = word(9);
    this.#c = word(12);
  }

  #signed(head: string, unitLow: number): string {
    const body = new Uint8Array(29);
    const start = decodeBytes(head);
    if (start !== undefined) body.set(start);
    body[27] = unitLow >>> 8;
    body[28] = unitLow;
    const seal = this.#seal(body);
    const byte = (index: number): number => seal?.[index] ?? 0;
    return (
      head +
      encode72((unitLow << 8) | byte(0), (byte(1) << 16) | (byte(2) << 8) | byte(3), (byte(4) << 16) | (byte(5) << 8) | byte(6))
    );
  }

  /** A signer that fails must not fail the call: what it did not seal is no id that anybody trusts. */
  #seal(body: Uint8Array): Uint8Array | undefined {
    try {
      const seal = atOnce(this.#signer?.seal(body));
      if (seal instanceof Uint8Array && seal.length >= SEAL_BYTES) return seal;
      throw new TypeError(`It answered no Uint8Array of at least ${SEAL_BYTES} bytes.`);
    } catch (error) {
      this.#failed?.(error);
      return undefined;
    }
  }

  #sealed(bytes: Uint8Array): boolean {
    const expected = this.#signer === undefined ? unkeyedSeal(bytes) : this.#seal(bytes.slice(0, 29));
    if (expected === undefined) return false;
    let difference = 0;
    for (let index = 0; index < SEAL_BYTES; index++) difference |= (expected[index] ?? 0) ^ (bytes[29 + index] ?? 0);
    return difference === 0;
  }
}

/** A mix of all words of an id, so that a damaged id is told from a whole one. It proves nothing: anybody can compute it. */
function checksum(
  high: number,
  low: number,
  a: number,
  b: number,
  c: number,
  exposure: number,
  unitHigh: number,
  unitLow: number,
): number {
  let sum = Math.imul(high ^ 0x9e37_79b9, 0x85eb_ca6b) ^ low;
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2_ae35) ^ a;
  sum = Math.imul(sum ^ (sum >>> 16), 0x85eb_ca6b) ^ b;
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2_ae35) ^ c;
  sum = Math.imul(sum ^ (sum >>> 16), 0x85eb_ca6b) ^ exposure;
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2_ae35) ^ unitLow;
  return Math.imul(sum ^ (sum >>> 16), 0x85eb_ca6b) ^ unitHigh;
}

function exposureSum(first: number, second: number, third: number): number {
  return Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca77) ^ third;
}

/** The 56 bits of an unkeyed seal: 32, and 24 that follow from them and the random part. */
const firstCheck = (sum: number): number => Math.imul(sum ^ (sum >>> 15), 0x2c1b_3c6d);
const secondCheck = (check: number, a: number): number => Math.imul(check ^ a, 0x297a_2d39) >>> 8;

function unkeyedSeal(bytes: Uint8Array): Uint8Array {
  const word = (index: number): number => ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
  const unitLow = ((word(25) << 8) | (bytes[28] ?? 0)) >>> 0;
  const check = firstCheck(
    checksum(word(0), word(3), word(6), word(9), word(12), exposureSum(word(15), word(18), word(21)), bytes[24] ?? 0, unitLow),
  );
  const more = secondCheck(check, word(6));
  return Uint8Array.of(check >>> 24, check >>> 16, check >>> 8, check, more >>> 16, more >>> 8, more);
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
