import { isRecord, type Kinds, oneOf, type Problem, problemsError, readOptions, text, UnderstudyError } from '../errors/index.ts';
import type { Guard, GuardSide } from './guard.ts';
import { blockedError } from './guard-run.ts';
import { LEFT_CONTEXT, Scanner } from './recogniser.ts';
import { TextReader } from './text-reader.ts';

/** A text that comes in chunks, as far as guards let it through. */
export interface Redactor {
  /**
   * Takes a chunk: what may be handed out by now. What may still become a part of something that is redacted is held back.
   *
   * @throws UnderstudyError `GUARD_BLOCKED`, before anything of what was found is handed out
   */
  push(chunk: string): string;
  /**
   * The text has ended: the rest of it.
   *
   * @throws UnderstudyError `GUARD_BLOCKED`
   */
  end(): string;
  /** Characters that are held back now. */
  readonly held: number;
}

export interface RedactorOptions {
  /** Named in errors. @defaultValue none */
  readonly model?: string;
  /** Which side of a model the text is of, for errors. @defaultValue 'output' */
  readonly side?: GuardSide;
}

const REDACTOR: Kinds<RedactorOptions> = { model: text, side: oneOf('input', 'output') };

/**
 * Applies guards to a text that comes in chunks, wherever it is cut. What is handed out is, put together, what the guards make of the whole text.
 * It holds back no more than the longest thing that a guard may find: 320 characters for `pii()`, the longest word, or `longest` of patterns.
 * Ordinary words are held until they end.
 *
 * @param guards `pii()`, `blocklist()` and `length()`, in order
 * @throws UnderstudyError `CONFIGURATION_INVALID` for other guards, which need a whole text, and for wrong options
 */
export function redactor(guards: readonly Guard<never>[], options: RedactorOptions = {}): Redactor {
  const { model, side } = readOptions('redactor', options, REDACTOR, { model: '', side: 'output' as const });
  const problems: readonly Problem[] = Array.isArray(guards)
    ? guards.flatMap(problemsOf)
    : [{ path: 'guards', message: 'expected a list of guards, such as [pii()]' }];
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', 'redactor()', problems);
  const stages = guards.map((guard) => stageOf(guard, (labels) => blockedError(guard, side, model, labels)));
  let isOver = false;

  const through = (chunk: string, isEnd: boolean): string => {
    if (isOver) throw new UnderstudyError('CONFIGURATION_INVALID', 'A redactor takes one text: make another one after its end.');
    // Also where a guard blocks: nothing of the rest may be handed out.
    isOver = true;
    const safe = stages.reduce((text, stage) => stage.take(text, isEnd), chunk);
    isOver = isEnd;
    return safe;
  };
  return {
    push: (chunk) => through(chunk, false),
    end: () => through('', true),
    get held() {
      return stages.reduce((sum, { held }) => sum + held, 0);
    },
  };
}

function problemsOf(guard: unknown, index: number): readonly Problem[] {
  const path = `guards[${index}]`;
  const { '~part': part } = (isRecord(guard) ? guard : {}) as Partial<Guard<never>>;
  if (part === undefined) return [{ path, message: 'expected a guard: pii(), blocklist() or length()' }];
  const isIncremental = part.of === 'parts' || part.of === 'length';
  return isIncremental ? [] : [{ path, message: 'expected pii(), blocklist() or length(): others need a whole text' }];
}

/** What one guard makes of a text that comes in chunks. */
export interface Stage {
  /** What may be handed out by now; all of it at the end. */
  take(chunk: string, isEnd: boolean): string;
  readonly held: number;
}

type Blocked = (labels: readonly string[]) => UnderstudyError;

/** @param found told of what is replaced */
export function stageOf({ '~part': part, action }: Guard<never>, blocked: Blocked, found: () => void = () => undefined): Stage {
  if (part.of === 'length') return new LengthStage(part.min, part.max, blocked);
  const recognisers = part.of === 'parts' ? part.recognisers : [];
  return new PartsStage(new Scanner(recognisers), action === 'redact' ? undefined : blocked, found);
}

class PartsStage implements Stage {
  readonly #scanner: Scanner;
  readonly #blocked: Blocked | undefined;
  readonly #replaced: () => void;
  /** What is not decided yet, after some characters before it. */
  #text = '';
  #from = 0;

  /** @param blocked `undefined`: what is found is replaced, and `found` is told */
  constructor(scanner: Scanner, blocked: Blocked | undefined, found: () => void) {
    this.#scanner = scanner;
    this.#blocked = blocked;
    this.#replaced = found;
  }

  get held(): number {
    return this.#text.length - this.#from;
  }

  take(chunk: string, isEnd: boolean): string {
    const text = this.#text + chunk;
    let safe = '';
    let from = this.#from;
    const until = this.#scanner.scan(new TextReader(text, isEnd), from, ({ start, end, label }) => {
      if (this.#blocked !== undefined) throw this.#blocked([label]);
      this.#replaced();
      safe += `${text.slice(from, start)}[${label}]`;
      from = end;
    });
    safe += text.slice(from, until);
    const kept = Math.max(0, until - LEFT_CONTEXT);
    this.#text = text.slice(kept);
    this.#from = until - kept;
    return safe;
  }
}

/** Holds back a text until it is long enough. */
class LengthStage implements Stage {
  readonly #min: number;
  readonly #max: number;
  readonly #blocked: Blocked;
  #held = '';
  #isLongEnough: boolean;
  #length = 0;

  constructor(min: number, max: number, blocked: Blocked) {
    this.#min = min;
    this.#max = max;
    this.#blocked = blocked;
    this.#isLongEnough = min === 0;
  }

  get held(): number {
    return this.#held.length;
  }

  take(chunk: string, isEnd: boolean): string {
    this.#length += chunk.length;
    if (this.#length > this.#max) throw this.#blocked([]);
    if (this.#isLongEnough) return chunk;
    this.#held += chunk;
    this.#isLongEnough = this.#held.trim().length >= this.#min;
    if (!this.#isLongEnough && isEnd) throw this.#blocked([]);
    const safe = this.#isLongEnough ? this.#held : '';
    if (this.#isLongEnough) this.#held = '';
    return safe;
  }
}
