const WORDS = 1024;

/**
 * Random words from a pool: one call of the platform's generator fills 4 KiB, since each such call costs about a microsecond.
 * Nothing is drawn before the first word is asked for: edge runtimes forbid it in global scope.
 */
export class RandomPool {
  readonly #fill: (words: Uint32Array<ArrayBuffer>) => void;
  #words: Uint32Array<ArrayBuffer> | undefined;
  #next = WORDS;

  /** `random` replaces the platform's generator, for tests: uniform in [0, 1). */
  constructor(random?: () => number) {
    this.#fill =
      random === undefined
        ? (words) => void crypto.getRandomValues(words)
        : (words) => words.forEach((_, index) => (words[index] = Math.floor(random() * 0x1_0000_0000)));
  }

  /** An unsigned 32-bit integer. */
  word(): number {
    if (this.#next === WORDS) {
      this.#words ??= new Uint32Array(WORDS);
      this.#fill(this.#words);
      this.#next = 0;
    }
    return this.#words?.[this.#next++] ?? 0;
  }
}
