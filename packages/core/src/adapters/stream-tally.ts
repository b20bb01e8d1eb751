import type { CallReport, Usage } from '../types/index.ts';
import type { AnswerPart } from './answer-protocol.ts';
import { estimatedUsage } from './vendor-usage.ts';

/** What is known of an answer that comes in parts, or at once. */
export class StreamTally {
  isWhole = false;
  failed = false;
  refusal = '';
  stopped: AnswerPart['stopped'];
  /** How many calls of tools came. */
  toolCalls = 0;
  #isTold = false;
  #characters = 0;
  #usage: Usage | undefined;
  #finishReason: CallReport['finishReason'];
  #model: string;
  #id: string | undefined;
  readonly #inputCharacters: number;

  constructor(model: string, inputCharacters: number) {
    this.#model = model;
    this.#inputCharacters = inputCharacters;
  }

  static ofWhole(model: string, inputCharacters: number, answer: AnswerPart): StreamTally {
    const tally = new StreamTally(model, inputCharacters);
    tally.add(answer);
    tally.isWhole = true;
    return tally;
  }

  add(part: AnswerPart): void {
    this.#characters += (part.text?.length ?? 0) + (part.beside?.length ?? 0) + (part.refusal?.length ?? 0);
    this.refusal += part.refusal ?? '';
    this.stopped = part.stopped ?? this.stopped;
    this.#usage = part.usage ?? this.#usage;
    this.#finishReason = part.finishReason ?? this.#finishReason;
    this.#model = part.model ?? this.#model;
    this.#id = part.id ?? this.#id;
    this.toolCalls += part.toolCalls?.length ?? part.begunCalls ?? 0;
    if (part.isEnd === true) this.isWhole = true;
  }

  get finishReason(): CallReport['finishReason'] {
    return this.#finishReason;
  }

  /**
   * What to report, once: tokens that nobody told are estimated. A stream that failed before it began has used nothing that anybody knows of.
   */
  report(): CallReport | undefined {
    if (this.#isTold) return undefined;
    this.#isTold = true;
    const [model, finishReason, usage, responseId] = [this.#model, this.#finishReason, this.#usage, this.#id];
    const isTold = usage?.inputTokens.total !== undefined && usage.outputTokens.total !== undefined;
    if (this.isWhole && isTold) return reportOf({ usage, model, responseId, finishReason });
    if (this.failed && this.#characters === 0 && usage === undefined) return undefined;
    return reportOf({
      usage: estimatedUsage(usage, { input: this.#inputCharacters, output: this.#characters, isWhole: this.isWhole }),
      model,
      responseId,
      finishReason: finishReason ?? (this.isWhole ? undefined : 'error'),
      estimated: true,
    });
  }
}

/** A report of what is known. */
export function reportOf(known: { readonly [K in keyof CallReport]: CallReport[K] | undefined }): CallReport {
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}
