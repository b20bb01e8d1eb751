/** What a text has at an index beyond its end. */
export const NOTHING = -1;

/**
 * Reads a text that may go on: of a stream, only its beginning is known. Whoever reads beyond what is known leaves `isShort` behind, and its
 * answer is no answer yet. So a recogniser says the same of a text in one piece and of one that comes in parts.
 */
export class TextReader {
  #text: string;
  #isWhole: boolean;
  /** Whether something was read that is not known yet, since it was last set to false. */
  isShort = false;

  constructor(text: string, isWhole: boolean) {
    this.#text = text;
    this.#isWhole = isWhole;
  }

  /** Characters that are known, in UTF-16 code units. */
  get length(): number {
    return this.#text.length;
  }

  /** The code unit at an index of at least 0; `NOTHING` beyond the end. */
  code(index: number): number {
    if (index < this.#text.length) return this.#text.charCodeAt(index);
    if (!this.#isWhole) this.isShort = true;
    return NOTHING;
  }

  /** The code unit before an index; `NOTHING` at the start. */
  before(index: number): number {
    return index > 0 ? this.#text.charCodeAt(index - 1) : NOTHING;
  }

  slice(from: number, to: number): string {
    return this.#text.slice(from, to);
  }
}
