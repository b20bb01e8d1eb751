import { isRecord, UnderstudyError } from '../errors/index.ts';
import type { CallReport } from '../types/index.ts';
import { type ServerEvent, type Splitter, streamCut } from './body-events.ts';
import { type AnswerProtocol, DONE } from './answer-protocol.ts';
import { eventSplitter } from './event-stream.ts';
import { lineSplitter } from './json-lines.ts';
import { parseJson } from './json-response.ts';
import { isModelPath, protocolOfEvent } from './known-answers.ts';
import { saidError } from './said-error.ts';
import { StreamTally } from './stream-tally.ts';

/** What is watched. */
export interface WatchedAnswer {
  /** Method and address without its query. */
  readonly where: string;
  readonly contentType: string;
  /** Characters of the request, for an estimate of its tokens. */
  readonly inputCharacters: number;
}

/** Bytes before the first content: OpenAI's first events repeat instructions and tools. */
const MAX_PREAMBLE_BYTES = 4 * 1024 * 1024;
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads along in the bytes of a stream that passes through: whether there is content yet, whether the answer is whole or failed, and what it
 * used. The protocol is told by the first event; of an unknown one each event is content, and its end is the end of the body.
 */
export class AnswerWatch {
  /** Whether something came that a reader could show. */
  hasContent = false;
  /** Bytes that came. */
  bytes = 0;
  /** What the server said in place of an answer, or an event that is no JSON. */
  error: UnderstudyError | undefined;
  readonly #answer: WatchedAnswer;
  readonly #tally: StreamTally;
  readonly #decoder = new TextDecoder();
  readonly #splitter: Splitter;
  readonly #isLines: boolean;
  #protocol: AnswerProtocol | 'unknown' | undefined;
  #read: ReturnType<AnswerProtocol['reader']> | undefined;
  #isAtEnd = false;
  /** Whether the body ended within a document. */
  #isTorn = false;

  constructor(answer: WatchedAnswer) {
    this.#answer = answer;
    this.#tally = new StreamTally('', answer.inputCharacters);
    this.#isLines = !answer.contentType.startsWith('text/event-stream');
    const source = { where: answer.where, maxEventCharacters: MAX_EVENT_CHARACTERS };
    this.#splitter = (this.#isLines ? lineSplitter : eventSplitter)(source, (event) => this.#came(event));
  }

  /** Whether the event came that ends an answer of its protocol. */
  get isWhole(): boolean {
    return this.#tally.isWhole;
  }

  /** @throws UnderstudyError `RESPONSE_INVALID` for one event, or a time without content, that is too large */
  feed(bytes: Uint8Array): void {
    this.bytes += bytes.byteLength;
    if (this.#protocol === 'unknown') return;
    this.#splitter.feed(this.#decoder.decode(bytes, { stream: true }));
    if (this.hasContent || this.isWhole || this.bytes <= MAX_PREAMBLE_BYTES) return;
    const { where } = this.#answer;
    throw new UnderstudyError('RESPONSE_INVALID', `${where} sent ${this.bytes} bytes of its stream without content.`, {
      details: { maxBytes: MAX_PREAMBLE_BYTES },
    });
  }

  /** The body has ended. @throws UnderstudyError `STREAM_CUT` where the answer is not whole, or an error */
  end(): void {
    if (this.#isUnknown() || this.error !== undefined) return;
    this.#isAtEnd = true;
    this.#splitter.feed(this.#decoder.decode());
    this.#splitter.end();
    const { where } = this.#answer;
    const protocol = this.#protocol;
    if (protocol === 'unknown') return;
    if (protocol === undefined) {
      if (this.#isTorn || isModelPath(where)) throw streamCut(where, 'ended its stream without an answer');
      return;
    }
    if (!this.isWhole) throw streamCut(where, `ended its stream without ${protocol.terminator}`);
    // A model may have nothing to say; then it says why it ended.
    if (!this.hasContent && this.#tally.finishReason === undefined)
      throw streamCut(where, 'ended its stream without content and without a reason');
  }

  /** What to report, once. */
  report(): CallReport | undefined {
    this.#tally.failed = this.error !== undefined;
    return this.#protocol === 'unknown' || this.#protocol === undefined ? undefined : this.#tally.report();
  }

  #isUnknown(): boolean {
    return this.#protocol === 'unknown';
  }

  #came({ event: name, data }: ServerEvent): void {
    if (this.isWhole || this.error !== undefined || this.#protocol === 'unknown') return;
    const event = this.#parsed(data);
    if (event === undefined) return;
    if (event === DONE) {
      this.#protocol ??= protocolOfEvent({ choices: [] }, false);
      this.#tally.isWhole = typeof this.#protocol === 'object' && this.#protocol.terminator === DONE;
      return;
    }
    const protocol = (this.#protocol ??= protocolOfEvent(event, this.#isLines) ?? 'unknown');
    if (protocol === 'unknown') {
      this.hasContent = true;
      return;
    }
    const said = protocol.errorIn(event) ?? (name === 'error' ? event : undefined);
    if (said !== undefined) {
      const error = saidError('STREAM_CUT', this.#answer.where, said);
      this.error = error;
      // Without a line end after it its client does not see it.
      if (this.#isAtEnd) throw error;
      return;
    }
    this.#read ??= protocol.reader();
    const part = this.#read(event);
    this.#tally.add(part);
    const { text = '', beside = '', refusal = '', toolCalls = [] } = part;
    if (text !== '' || beside !== '' || refusal !== '' || toolCalls.length > 0) this.hasContent = true;
  }

  /** `undefined` for what is none of the documents of a known protocol. */
  #parsed(data: string): Readonly<Record<string, unknown>> | typeof DONE | undefined {
    if (data === DONE && !this.#isLines) return DONE;
    try {
      const event = parseJson(data, this.#answer);
      return isRecord(event) ? event : this.#odd(undefined);
    } catch (error) {
      if (this.#isAtEnd) this.#isTorn = data.startsWith('{');
      return this.#odd(error as UnderstudyError);
    }
  }

  /** An event that is no document: of an unknown protocol it is content, and at the end of the body half of one. */
  #odd(error: UnderstudyError | undefined): undefined {
    if (this.#isAtEnd) return;
    if (this.#protocol !== undefined || isModelPath(this.#answer.where)) {
      this.error = error;
      return;
    }
    this.#protocol = 'unknown';
    this.hasContent = true;
  }
}
