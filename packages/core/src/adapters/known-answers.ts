import { isRecord } from '../errors/index.ts';
import type { CallReport } from '../types/index.ts';
import { messagesAnswers } from './anthropic-messages.ts';
import type { AnswerProtocol } from './answer-protocol.ts';
import { ollamaAnswers } from './ollama-chat.ts';
import { chatAnswers } from './openai-chat.ts';
import { responsesAnswers } from './openai-responses.ts';
import { reportOf } from './stream-tally.ts';
import { chatCompletionUsage } from './vendor-usage.ts';

type Document = Readonly<Record<string, unknown>>;

/** Events that Anthropic's streams begin with. */
const ANTHROPIC_STARTS: ReadonlySet<unknown> = new Set(['message_start', 'ping', 'error']);

/** The protocol whose streams begin with such an event; `undefined`: none that is known. */
export function protocolOfEvent(event: Document, isLine: boolean): AnswerProtocol | undefined {
  const { type, choices, error, object } = event;
  if (isLine) return typeof error === 'string' || isOllama(event) ? ollamaAnswers : undefined;
  if (typeof type === 'string' && type.startsWith('response.')) return responsesAnswers;
  if (ANTHROPIC_STARTS.has(type)) return messagesAnswers;
  if (Array.isArray(choices)) {
    const first: unknown = choices[0];
    return first === undefined || (isRecord(first) && ('delta' in first || 'error' in first)) ? chatAnswers : undefined;
  }
  // An answer of JSON-RPC may be an error too, and is whole then.
  const isError = object === 'error' || (isRecord(error) && typeof error['message'] === 'string');
  return isError && !('jsonrpc' in event) ? chatAnswers : undefined;
}

/** Whether an answer of a language model is expected from such an address, so that an empty body is none. */
export const isModelPath = (path: string): boolean => /\/(?:chat\/completions|responses|messages|api\/chat)$/.test(path);

/** What an answer that came whole tells of itself; `undefined`: it is none that is known. */
export function reportOfDocument(document: Document): CallReport | undefined {
  const told = protocolOfDocument(document)?.answer(document);
  if (told !== undefined) return reportOf({ usage: told.usage, model: told.model, finishReason: told.finishReason });
  const { object, model, usage } = document;
  if (object !== 'list') return undefined;
  return reportOf({ usage: chatCompletionUsage(usage), model: typeof model === 'string' ? model : undefined });
}

function protocolOfDocument(document: Document): AnswerProtocol | undefined {
  if (Array.isArray(document['choices'])) return chatAnswers;
  if (document['object'] === 'response') return responsesAnswers;
  if (document['type'] === 'message') return messagesAnswers;
  return isOllama(document) ? ollamaAnswers : undefined;
}

const isOllama = ({ message, done }: Document): boolean => isRecord(message) && typeof done === 'boolean';
