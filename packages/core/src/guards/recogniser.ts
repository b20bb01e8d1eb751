import { TextReader } from './text-reader.ts';

/** Recognises one kind of text. What it recognises is of bounded length, so that a text of any length takes linear time. */
export interface Recogniser {
  /** What stands for it where it is redacted, in brackets: `email`. */
  readonly label: string;
  /** Whether it may begin with this code unit: asked once for each ASCII character, and once for all others. */
  readonly startsWith: (code: number) => boolean;
  /** The length of what begins at an index, in UTF-16 code units; 0: nothing. It may read `LEFT_CONTEXT` units before the index. */
  readonly lengthAt: (text: TextReader, at: number) => number;
}

/** What was found in a text: from `start` up to but not including `end`. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** Units before an index that recognisers may read: a colon, and a group of an address with what stands before it. */
export const LEFT_CONTEXT = 6;
const ASCII = 128;

/**
 * Finds what recognisers recognise, from left to right: at each place the longest, of equally long ones the first; then it goes on behind it.
 */
export class Scanner {
  readonly #recognisers: readonly Recogniser[];
  /** For each ASCII character, then for all others, who may begin with it. */
  readonly #starts: readonly (readonly Recogniser[])[];

  constructor(recognisers: readonly Recogniser[]) {
    this.#recognisers = recognisers;
    this.#starts = Array.from({ length: ASCII + 1 }, (_, code) => recognisers.filter((one) => one.startsWith(code)));
  }

  /** All that is in a text. */
  find(text: string): readonly Finding[] {
    const found: Finding[] = [];
    this.scan(new TextReader(text, true), 0, (finding) => found.push(finding));
    return found;
  }

  /**
   * Looks at a text from an index on, as far as the answer cannot change by what may still come.
   *
   * @param found told of each finding, in order
   * @returns up to where it is decided
   */
  scan(text: TextReader, from: number, found: (finding: Finding) => void): number {
    let at = from;
    while (at < text.length) {
      const code = text.code(at);
      const candidates = this.#starts[code < ASCII ? code : ASCII] ?? this.#recognisers;
      let length = 0;
      let label = '';
      text.isShort = false;
      for (const recogniser of candidates) {
        const own = recogniser.lengthAt(text, at);
        if (own > length) {
          length = own;
          label = recogniser.label;
        }
      }
      if (text.isShort) return at;
      if (length > 0) found({ start: at, end: at + length, label });
      at += Math.max(1, length);
    }
    return at;
  }
}

/** A text with what was found replaced by its label in brackets. */
export function redacted(text: string, findings: readonly Finding[]): string {
  let from = 0;
  let result = '';
  for (const { start, end, label } of findings) {
    result += `${text.slice(from, start)}[${label}]`;
    from = end;
  }
  return result + text.slice(from);
}
