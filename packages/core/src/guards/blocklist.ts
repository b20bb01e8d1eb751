import { count, flag, kind, type Kinds, list, text } from '../errors/index.ts';
import { isWordCharacter } from './characters.ts';
import type { GuardAction, GuardOptions, ModelGuard } from './guard.ts';
import { ACTIONS, guardOf } from './guard-base.ts';
import { type Recogniser, Scanner } from './recogniser.ts';
import { NOTHING, type TextReader } from './text-reader.ts';

export interface BlocklistOptions extends GuardOptions {
  /** Words or phrases, as they are: nothing in them is a pattern. @defaultValue none */
  readonly words?: readonly string[];
  /**
   * Patterns beside the words. Each is tried at every place, against `longest` characters: write it without nested quantifiers, which may take
   * exponential time.
   * @defaultValue none
   */
  readonly patterns?: readonly RegExp[];
  /** The longest text that a pattern may match, in characters: what is longer is found in parts. A stream is held back by it. @defaultValue 100 */
  readonly longest?: number;
  /** Whether words differ by their case. @defaultValue false */
  readonly caseSensitive?: boolean;
  /** Whether a word must stand alone, between characters that are no letters or digits. @defaultValue true */
  readonly wholeWords?: boolean;
  /** `redact` replaces what was found by `[blocked]`. @defaultValue 'block' */
  readonly action?: GuardAction;
}

const BLOCKLIST: Kinds<Omit<BlocklistOptions, keyof GuardOptions>> = {
  words: list(text),
  patterns: list(kind((value) => value instanceof RegExp, 'a regular expression')),
  longest: count,
  caseSensitive: flag,
  wholeWords: flag,
  action: ACTIONS,
};
const LABEL = 'blocked';

/**
 * Finds words, phrases and patterns of yours. Words take linear time, however many there are.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function blocklist(options: BlocklistOptions): ModelGuard {
  return guardOf<BlocklistOptions>(
    'blocklist',
    options,
    BLOCKLIST,
    'block',
    ({ words = [], patterns = [], longest = 100, caseSensitive = false, wholeWords = true }) => {
      const recognisers = [
        ...(words.length === 0 ? [] : [wordsOf(words, caseSensitive, wholeWords)]),
        ...patterns.map((pattern) => patternOf(pattern, longest)),
      ];
      const scanner = new Scanner(recognisers);
      return { of: 'parts', recognisers, check: (value) => scanner.find(value), finds: 'a word or pattern of its list' };
    },
    ({ words = [], patterns = [] }) => [[words.length + patterns.length > 0, 'words', 'a word, or a pattern']],
  );
}

/** Words by their code units: each step of the tree is one. */
interface Branch {
  readonly next: Map<number, Branch>;
  isEnd: boolean;
}

function wordsOf(words: readonly string[], caseSensitive: boolean, wholeWords: boolean): Recogniser {
  const fold = caseSensitive ? (code: number): number => code : folded;
  const root: Branch = { next: new Map(), isEnd: false };
  for (const word of words) {
    let branch = root;
    for (let index = 0; index < word.length; index++) {
      const code = fold(word.charCodeAt(index));
      const known = branch.next.get(code) ?? { next: new Map<number, Branch>(), isEnd: false };
      branch.next.set(code, known);
      branch = known;
    }
    branch.isEnd = true;
  }
  const hasOther = [...root.next.keys()].some((code) => code >= 0x80);
  return {
    label: LABEL,
    startsWith: (code) => (code >= 0x80 ? hasOther || !caseSensitive : root.next.has(fold(code))),
    lengthAt: (reader, at) => {
      if (wholeWords && isWordCharacter(reader.code(at)) && isWordCharacter(reader.before(at))) return 0;
      let length = 0;
      let branch: Branch | undefined = root;
      for (let end = at; branch !== undefined; end++) {
        // Whether it stands alone is seen from the character behind it.
        if (branch.isEnd && (!wholeWords || isEndOfWord(reader, end))) length = end - at;
        if (branch.next.size === 0) break;
        branch = branch.next.get(fold(reader.code(end)));
      }
      return length;
    },
  };
}

const isEndOfWord = (reader: TextReader, end: number): boolean =>
  !isWordCharacter(reader.before(end)) || !isWordCharacter(reader.code(end));

/** A code unit in lower case, where that is one unit too. */
function folded(code: number): number {
  if (code < 0x80) return code >= 65 && code <= 90 ? code + 32 : code;
  const lower = String.fromCharCode(code).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : code;
}

function patternOf(pattern: RegExp, longest: number): Recogniser {
  const sticky = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}y`);
  return {
    label: LABEL,
    startsWith: () => true,
    lengthAt: (reader, at) => {
      // Asked for, so that a stream waits until all is there that the pattern may look at.
      const hasMore = reader.code(at + longest) !== NOTHING;
      const from = Math.max(0, at - 1);
      sticky.lastIndex = at - from;
      const found = sticky.exec(reader.slice(from, at + longest + (hasMore ? 1 : 0)));
      return found === null ? 0 : Math.min(found[0].length, longest);
    },
  };
}
