/**
 * Random words for ids: xoshiro128++ (D. Blackman, S. Vigna, public domain algorithm), seeded with 128 bits from the platform. Ids must
 * be unique, not secret: who must not make them is kept out by the seal. The platform's generator costs some 30 ns an id even in
 * batches of 4 KiB, this one 5. Nothing is drawn before the first word is asked for: edge runtimes forbid it in global scope.
 */
export class RandomWords {
  readonly #random: (() => number) | undefined;
  #seeded = false;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** `random` seeds it instead of the platform's generator, for tests: uniform in [0, 1). */
  constructor(random?: () => number) {
    this.#random = random;
  }

  /** An unsigned 32-bit integer. */
  word(): number {
    if (!this.#seeded) this.#seed();
    const sum = (this.#a + this.#d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  #seed(): void {
    this.#seeded = true;
    const random = this.#random;
    const words =
      random === undefined
        ? crypto.getRandomValues(new Uint32Array(4))
        : Uint32Array.from({ length: 4 }, () => random() * 0x1_0000_0000);
    [this.#a = 1, this.#b = 0, this.#c = 0, this.#d = 0] = words;
    // All zeros is the one state that never changes.
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#a = 1;
  }
}
