import type { CallReport, Usage } from '../types/index.ts';
import type { ToolCall } from './chat-options.ts';

/** What one event of a stream adds to an answer, or what a whole answer holds. */
export interface AnswerPart {
  readonly text?: string | undefined;
  /** Reasoning and arguments of tools, which are no text and cost as much. */
  readonly beside?: string | undefined;
  readonly refusal?: string | undefined;
  /** Whether a filter of the vendor stopped the answer, or the model refused by its reason to end. */
  readonly stopped?: 'refused' | 'content-filtered' | undefined;
  readonly finishReason?: CallReport['finishReason'];
  readonly usage?: Usage | undefined;
  readonly model?: string | undefined;
  /** The id of the answer. */
  readonly id?: string | undefined;
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** How many calls of tools begin in an event, where they come in pieces. */
  readonly begunCalls?: number | undefined;
  /** Whether the answer is whole. */
  readonly isEnd?: boolean | undefined;
}

/** How a protocol answers. */
export interface AnswerProtocol {
  /** What ends a stream whose answer is whole, in words. */
  readonly terminator: string;
  /** What of a document is an error under status 200; `undefined`: it is none. */
  readonly errorIn: (document: Readonly<Record<string, unknown>>) => unknown;
  /** The answer of a whole document; `undefined`: it is none. */
  readonly answer: (document: Readonly<Record<string, unknown>>) => AnswerPart | undefined;
  /** Reads the events of one stream. */
  readonly reader: () => (event: Readonly<Record<string, unknown>>) => AnswerPart;
}

/** What ends a stream of OpenAI and of those that answer like it. */
export const DONE = '[DONE]';
