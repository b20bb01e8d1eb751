import type { CallReport, Usage } from '../types/index.ts';
import type { AnswerPart } from './answer-protocol.ts';
import { partialUsage } from './vendor-usage.ts';

/** What is known of an answer that comes in parts. */
export class StreamTally {
  isWhole = false;
  failed = false;
  refusal = '';
  stopped: AnswerPart['stopped'];
  #isTold = false;
  #characters = 0;
  #usage: Usage | undefined;
  #finishReason: CallReport['finishReason'];
  #model: string;
  readonly #inputCharacters: number;

  constructor(model: string, inputCharacters: number) {
    this.#model = model;
    this.#inputCharacters = inputCharacters;
  }

  add(part: AnswerPart): void {
    this.#characters += (part.text?.length ?? 0) + (part.beside?.length ?? 0) + (part.refusal?.length ?? 0);
    this.refusal += part.refusal ?? '';
    this.stopped = part.stopped ?? this.stopped;
    this.#usage = part.usage ?? this.#usage;
    this.#finishReason = part.finishReason ?? this.#finishReason;
    this.#model = part.model ?? this.#model;
    if (part.isEnd === true) this.isWhole = true;
  }

  get finishReason(): CallReport['finishReason'] {
    return this.#finishReason;
  }

  /**
   * What to report, once. A stream that failed before it began has used nothing that anybody knows of.
   *
   * @param guesses whether a whole answer whose usage nobody told is estimated
   */
  report(guesses = false): CallReport | undefined {
    if (this.#isTold) return undefined;
    this.#isTold = true;
    const [model, finishReason] = [this.#model, this.#finishReason];
    if (this.isWhole && (this.#usage !== undefined || !guesses)) return reportOf({ usage: this.#usage, model, finishReason });
    if (this.failed && this.#characters === 0 && this.#usage === undefined) return undefined;
    return reportOf({
      usage: partialUsage(this.#usage, this.#inputCharacters, this.#characters),
      model,
      finishReason: finishReason ?? (this.isWhole ? undefined : 'error'),
      estimated: true,
    });
  }
}

/** A report of what is known. */
export function reportOf(known: { readonly [K in keyof CallReport]: CallReport[K] | undefined }): CallReport {
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
