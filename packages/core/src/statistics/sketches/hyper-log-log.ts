import { PrefixedHash } from './murmur3.ts';
import { checkLength, checkWithin } from '../argument-checks.ts';
import { checkVersion } from './json-version.ts';

const FIRST = new PrefixedHash('', 0);
const SECOND = new PrefixedHash('', 0x9e37_79b9);
/** Bits of a hash: two independent words, so that 10^9 values do not collide enough to be missed. */
const HASH_BITS = 64;
/** A register is written as one character from '0' on. */
const ZERO = 48;

/** A {@link HyperLogLog} as JSON. */
export interface HyperLogLogJson {
  readonly version: 1;
  readonly precision: number;
  /** A character a register, '0' plus its value. */
  readonly registers: string;
}

/**
 * How many distinct strings a stream has, in 2^precision bytes: HyperLogLog (P. Flajolet and others, 2007) with the estimator of
 * O. Ertl (2017), which needs no table and no switch for small counts. The standard error is 1.04/√(2^precision):
 * 1.6 % at the default. Merging is exact.
 */
export class HyperLogLog {
  readonly precision: number;
  readonly #registers: Uint8Array;

  /**
   * @param precision an integer from 4 to 16. @defaultValue 12
   * @throws UnderstudyError `INPUT_INVALID` otherwise
   */
  constructor(precision = 12) {
    checkWithin(precision, 4, 16, 'precision');
    this.precision = Math.floor(precision);
    this.#registers = new Uint8Array(1 << this.precision);
  }

  add(value: string): void {
    const first = FIRST.of(value);
    const rest = first << this.precision;
    // One more than the leading zeros of the bits behind those of the register.
    const zeros = rest === 0 ? 32 - this.precision + Math.clz32(SECOND.of(value)) : Math.clz32(rest);
    this.#raise(first >>> (32 - this.precision), zeros + 1);
  }

  /** An estimate of the number of distinct values. */
  get count(): number {
    const registers = this.#registers.length;
    const top = HASH_BITS - this.precision;
    const holding = new Float64Array(top + 2);
    for (const register of this.#registers) holding[register] = (holding[register] as number) + 1;
    let sum = registers * tau(1 - (holding[top + 1] as number) / registers);
    for (let value = top; value >= 1; value--) sum = (sum + (holding[value] as number)) / 2;
    sum += registers * sigma((holding[0] as number) / registers);
    return Math.round((registers * registers) / (2 * Math.LN2 * sum));
  }

  /**
   * Adds the values of another.
   *
   * @throws UnderstudyError `CONFIGURATION_INVALID` if it has another precision
   */
  merge(other: HyperLogLog): void {
    checkLength(other.#registers.length, this.#registers.length, 'registers');
    for (const [index, register] of other.#registers.entries()) this.#raise(index, register);
  }

  toJSON(): HyperLogLogJson {
    const registers = Array.from(this.#registers, (register) => String.fromCharCode(ZERO + register)).join('');
    return { version: 1, precision: this.precision, registers };
  }

  /** @throws UnderstudyError for JSON of another version or registers that cannot be */
  static from(json: HyperLogLogJson): HyperLogLog {
    checkVersion(json, 'The distinct count');
    const counter = new HyperLogLog(json.precision);
    checkLength(json.registers.length, counter.#registers.length, 'registers');
    for (let index = 0; index < json.registers.length; index++) {
      const register = json.registers.charCodeAt(index) - ZERO;
      checkWithin(register, 0, HASH_BITS - counter.precision + 1, `registers[${index}]`);
      counter.#raise(index, register);
    }
    return counter;
  }

  #raise(index: number, value: number): void {
    if (value > (this.#registers[index] as number)) this.#registers[index] = value;
  }
}

/** x + Σ x^(2^k) 2^(k−1), for empty registers (O. Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017, (25)). */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let power = x;
  let sum = x;
  for (let weight = 1, before = -1; sum !== before; weight *= 2) {
    before = sum;
    power *= power;
    sum += power * weight;
  }
  return sum;
}

/** (1 − x − Σ (1 − x^(2^−k))² 2^−k) / 3, for full registers (the same, (26)). */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let sum = 1 - x;
  for (let weight = 0.5, before = -1; sum !== before; weight /= 2) {
    before = sum;
    root = Math.sqrt(root);
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
