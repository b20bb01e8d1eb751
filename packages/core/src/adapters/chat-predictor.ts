import { jsonOfText } from '../contract/json-text.ts';
import { isRecord, readProperty, UnderstudyError } from '../errors/index.ts';
import { atOnce } from '../time/index.ts';
import { withAnswer } from '../policies/repair-json.ts';
import type { Call, CallReport } from '../types/index.ts';
import { type AnswerPart, type AnswerProtocol, DONE } from './answer-protocol.ts';
import type { AnswerSchema, JsonSchema } from './answer-schema.ts';
import { type BodyEvents, type ServerEvent, type StreamSource, streamCut } from './body-events.ts';
import { type ChatAnswer, type ChatOptions, type ChatPredictor } from './chat-options.ts';
import { type Connection, type Exchange, whereOf } from './connection.ts';
import { jsonBody } from './json-body.ts';
import { modelRequest } from './model-request.ts';
import { EXCERPT_CHARACTERS, parseJson } from './json-response.ts';
import { answerOf, requestOf } from './repair-request.ts';
import { saidError } from './said-error.ts';
import { stoppable } from './stoppable.ts';
import { StreamTally } from './stream-tally.ts';
import { badAnswer, type VendorEndpoint, vendorRequest } from './vendor-request.ts';

/** A message as every protocol takes it. */
export interface PlainMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What a request is made of. */
export interface ChatRequest<M> {
  readonly model: string;
  readonly messages: readonly (M | PlainMessage)[];
  readonly system: string | undefined;
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly tools: readonly object[] | undefined;
  readonly schema: JsonSchema | undefined;
  readonly stream: boolean;
}

/** One protocol of language models. */
export interface ChatProtocol<M> extends AnswerProtocol {
  readonly url: string;
  /** Who has made it: `openai`, `anthropic`, `ollama`. */
  readonly provider: string;
  /** What carries the key. */
  readonly keyHeader: (key: string) => Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly streamType: 'text/event-stream' | 'application/x-ndjson';
  readonly body: (request: ChatRequest<M>) => Readonly<Record<string, unknown>>;
}

const MAX_STREAM_BYTES = 256 * 1024 * 1024;
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

type Settings<I, M, E, C, O> = ChatOptions<I, M, E, C, AnswerSchema | undefined, O> & { readonly prefill: boolean };

/** The predictor of a protocol: requests, answers, streams, and what is reported of them. */
export function chatPredictor<I, M, E, C, O>(
  settings: Settings<I, M, E, C, O>,
  schema: JsonSchema | undefined,
  protocol: ChatProtocol<M>,
): ChatPredictor<I, O, C> {
  const { model, apiKey, messages, system, maxTokens, temperature, tools, body, parse, chunk, prefill, ...rest } = settings;
  const connection: Connection = rest;

  const bodyOf = (input: I, call: Call, stream: boolean): { readonly text: string; readonly characters: number } => {
    const request: ChatRequest<M> = {
      model,
      messages: [...(listFrom(atOnce(messages(input))) as readonly M[]), ...afterConversation(call, prefill)],
      system: typeof system === 'function' ? textFrom(atOnce(system(input))) : system,
      maxTokens,
      temperature,
      tools,
      schema,
      stream,
    };
    const more = typeof body === 'function' ? fieldsFrom(atOnce(body(input))) : body;
    return {
      text: jsonBody({ ...protocol.body(request), ...more, stream }),
      characters: textLength(request.messages) + (request.system?.length ?? 0),
    };
  };
  const request = modelRequest('chat', protocol.provider, model, protocol.url);
  const endpoint: VendorEndpoint = {
    url: protocol.url,
    request,
    apiKey,
    keyHeader: protocol.keyHeader,
    headers: protocol.headers,
  };
  const requestFor = (text: string, accept: string, call: Call, signal: AbortSignal): Promise<Exchange> =>
    vendorRequest(endpoint, text, accept, connection.clock, { signal, report: (report) => call.report(report) });
  const where = whereOf({ method: 'POST', url: protocol.url });

  /** A whole answer, reported and judged. `characters`: of the request; `isText`: whether an answer without text is none. */
  const whole = (
    text: string,
    contentType: string | null,
    call: Call,
    how: { readonly code: 'STREAM_CUT' | 'HTTP_STATUS'; readonly characters: number; readonly isText: boolean },
  ): ChatAnswer => {
    const raw = parseJson(text, { where, contentType });
    const document = isRecord(raw) ? raw : {};
    const error = protocol.errorIn(document);
    if (error !== undefined) throw saidError(how.code, where, error);
    const told = protocol.answer(document);
    if (told === undefined)
      throw new UnderstudyError('RESPONSE_INVALID', `${where} answered JSON that holds no answer of a language model.`);
    const { finishReason, usage } = told;
    tell(call, StreamTally.ofWhole(model, how.characters, told));
    refuse(where, told.stopped, told.refusal ?? '');
    const said = told.text ?? '';
    const toolCalls = told.toolCalls ?? [];
    if (how.isText && said === '') throw emptyAnswer(where, finishReason, toolCalls.length, 'parse');
    const isJson = schema !== undefined && !(said === '' && toolCalls.length > 0);
    const value = isJson ? jsonAnswer(where, said, finishReason) : said;
    return { text: said, value, toolCalls, finishReason, model: told.model, usage, raw };
  };

  const predict = async (input: I, call: Call): Promise<O> => {
    const { text: sent, characters } = bodyOf(input, call, false);
    // Loaded with the first request: whoever asks no server does not pay for an HTTP client.
    const { exchange } = await import('./exchange.ts');
    const request = await requestFor(sent, 'application/json', call, call.signal);
    const { response, text } = await exchange(connection, request, call);
    const how = { code: 'HTTP_STATUS', characters, isText: parse === undefined } as const;
    const answer = whole(text, response.headers.get('content-type'), call, how);
    // Where there is no `parse`, the types of the adapters let `O` be what comes.
    return parse === undefined ? (answer.value as O) : parse(answer);
  };

  /** The chunks; its first step ends when the response is open, and is none. */
  const chunksOf = async function* (input: I, call: Call, signal: AbortSignal): AsyncGenerator<C | undefined> {
    const { text: sent, characters } = bodyOf(input, call, true);
    const { openExchange, wholeText } = await import('./exchange.ts');
    const request = await requestFor(sent, protocol.streamType, call, signal);
    const response = await openExchange(connection, request, { signal, idempotencyKey: call.idempotencyKey, trace: call.trace });
    const contentType = response.headers.get('content-type');
    // What goes on with an answer may have nothing to add to it.
    const isGoingOn = deliveredText(call) !== '';
    if (contentType !== null && /\b(?:application\/json|text\/html)\b/i.test(contentType)) {
      // A server that does not stream, or an error of a proxy before it.
      yield;
      const how = { code: 'STREAM_CUT', characters, isText: chunk === undefined && !isGoingOn } as const;
      const { text } = whole(await wholeText(response, connection, where, signal), contentType, call, how);
      if (chunk !== undefined)
        throw new UnderstudyError('RESPONSE_INVALID', `${where} answered whole, where a stream was asked for.`);
      if (text !== '') yield text as C;
      return;
    }
    const { maxResponseBytes } = connection;
    const source: StreamSource = {
      where,
      signal,
      maxBytes: maxResponseBytes ?? MAX_STREAM_BYTES,
      maxEventCharacters: Math.min(maxResponseBytes ?? MAX_EVENT_CHARACTERS, MAX_EVENT_CHARACTERS),
    };
    const events = await openEvents(protocol.streamType, response, source);
    const read = protocol.reader();
    const tally = new StreamTally(model, characters);
    const trim = afterPrefill(call, prefill);
    // At once where the signal aborts: what is told after an attempt has ended is not counted.
    const stop = (): void => {
      signal.removeEventListener('abort', stop);
      tell(call, tally);
    };
    signal.addEventListener('abort', stop);
    let hasText = false;
    try {
      yield;
      while (!tally.isWhole) {
        // oxlint-disable-next-line no-await-in-loop
        const next = events.ready() ?? (await events.next());
        if (next === undefined) throw streamCut(where, `ended its stream without ${protocol.terminator}`);
        if (next.data === DONE) {
          tally.isWhole = protocol.terminator === DONE;
          continue;
        }
        const event = eventOf(next.data, events.ended, { where, contentType });
        const error = protocol.errorIn(event) ?? (next.event === 'error' ? event : undefined);
        if (error !== undefined) {
          tally.failed = true;
          throw saidError('STREAM_CUT', where, error);
        }
        const part = read(event);
        tally.add(part);
        if (chunk !== undefined) {
          const made = chunk(event as E);
          if (made !== undefined) yield made;
        } else if (part.text !== undefined && part.text !== '') {
          hasText = true;
          const text = trim(part.text);
          if (text !== '') yield text as C;
        }
      }
      refuse(where, tally.stopped, tally.refusal);
      if (chunk === undefined && !hasText && !isGoingOn) throw emptyAnswer(where, tally.finishReason, tally.toolCalls, 'chunk');
    } finally {
      events.close(tally.isWhole);
      stop();
    }
  };

  return Object.assign(predict, {
    stream: async (input: I, call: Call) => {
      const leaving = new AbortController();
      const steps = chunksOf(input, call, AbortSignal.any([call.signal, leaving.signal]));
      await steps.next();
      return stoppable(leaving, steps as AsyncGenerator<C>);
    },
    describe: () => ({ model }),
  });
}

async function openEvents(
  type: ChatProtocol<unknown>['streamType'],
  response: Response,
  source: StreamSource,
): Promise<BodyEvents<ServerEvent>> {
  if (type === 'application/x-ndjson') return (await import('./json-lines.ts')).jsonLines(response.body, source);
  return (await import('./event-stream.ts')).eventStream(response.body, source);
}

/** The JSON of one event. Half of one at the end of a body is a stream that was cut. */
function eventOf(
  data: string,
  isLast: boolean,
  source: { readonly where: string; readonly contentType: string | null },
): Readonly<Record<string, unknown>> {
  try {
    const event = parseJson(data, source);
    return isRecord(event) ? event : {};
  } catch (error) {
    if (isLast) throw streamCut(source.where, 'ended its stream in the middle of an event');
    throw error;
  }
}

function textFrom(value: unknown): string {
  if (typeof value === 'string') return value;
  throw badAnswer('system', 'a text at once');
}

function fieldsFrom(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw badAnswer('body', 'an object with fields of the request at once');
}

function listFrom(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw badAnswer('messages', 'a list of messages at once');
}

/** What comes after the conversation, where an attempt is to mend an output or to go on with one. */
function afterConversation(call: Call, prefill: boolean): readonly PlainMessage[] {
  const { repair } = call;
  const mending: readonly PlainMessage[] =
    repair === undefined
      ? []
      : [
          { role: 'assistant', content: answerOf(repair) },
          { role: 'user', content: requestOf(repair) },
        ];
  return [...mending, ...goOn(deliveredText(call), prefill)];
}

/** The texts that the caller has got. Chunks of other kinds cannot be shown to a model. */
const deliveredText = (call: Pick<Call, 'delivered'>): string =>
  (call.delivered ?? []).filter((chunk) => typeof chunk === 'string').join('');

function goOn(delivered: string, prefill: boolean): readonly PlainMessage[] {
  // Anthropic refuses a last message that ends with white space.
  const content = delivered.trimEnd();
  if (content === '') return [];
  if (prefill) return [{ role: 'assistant', content }];
  return [
    { role: 'assistant', content: delivered },
    { role: 'user', content: 'Your answer was cut off. Go on exactly where it ended, and repeat nothing of it.' },
  ];
}

/** Takes the white space that was cut from a prefilled text off the start of what comes: the caller has got it. */
function afterPrefill(call: Pick<Call, 'delivered'>, prefill: boolean): (text: string) => string {
  const delivered = deliveredText(call);
  let rest = prefill && delivered.trim() !== '' ? delivered.slice(delivered.trimEnd().length) : '';
  return (text) => {
    let at = 0;
    while (rest !== '' && at < text.length) {
      if (text[at] === rest[0]) {
        rest = rest.slice(1);
        at++;
      } else rest = '';
    }
    return text.slice(at);
  };
}

/** Characters of the texts in a conversation; images and files count nothing. */
function textLength(messages: readonly unknown[]): number {
  let length = 0;
  for (const message of messages) {
    const content = readProperty(message, 'content');
    if (typeof content === 'string') length += content.length;
    else if (Array.isArray(content)) {
      for (const part of content) {
        const text = readProperty(part, 'text');
        if (typeof text === 'string') length += text.length;
      }
    }
  }
  return length;
}

/** Reports what an answer used, once. */
function tell(call: Pick<Call, 'report'>, tally: StreamTally): void {
  const report = tally.report();
  if (report !== undefined) call.report(report);
}

function refuse(where: string, stopped: AnswerPart['stopped'], refusal: string): void {
  if (stopped === undefined && refusal === '') return;
  const kind = stopped ?? 'refused';
  throw new UnderstudyError(
    'ANSWER_REFUSED',
    kind === 'refused' ? `${where}: the model refused to answer.` : `${where}: a content filter stopped the answer.`,
    { details: { kind } },
  );
}

/**
 * The error for an answer without text, where no function of the user's makes something else of it.
 *
 * @param maker that function
 */
function emptyAnswer(
  where: string,
  finishReason: CallReport['finishReason'],
  toolCalls: number,
  maker: 'parse' | 'chunk',
): UnderstudyError {
  const calls = toolCalls === 0 ? '' : `, ${toolCalls} tool call${toolCalls === 1 ? '' : 's'}`;
  const came = `finish reason: ${finishReason ?? 'none'}${calls}`;
  const remedy =
    toolCalls > 0
      ? `set ${maker}, which is given them, or leave tools out`
      : finishReason === 'length'
        ? 'it reached its limit of tokens: raise maxTokens'
        : `retry() asks again; set ${maker} if an answer may be empty`;
  return new UnderstudyError('RESPONSE_INVALID', `${where} answered without text (${came}): ${remedy}.`, {
    retryable: true,
    details: { problems: [{ path: '', message: `expected a text, got none (${came})` }] },
  });
}

/** The JSON of a text that a model wrote. The text is in no message: it is an output. */
function jsonAnswer(where: string, text: string, finishReason: CallReport['finishReason']): unknown {
  try {
    return jsonOfText(text);
  } catch {
    const why = finishReason === 'length' ? ' It reached its limit of tokens: raise maxTokens.' : '';
    const message = `expected JSON, got ${text === '' ? 'no text' : `a text of ${text.length} characters`}.${why}`;
    const said = `${where}: the answer has a problem: ${message}`;
    const details = { problems: [{ path: '', message }], body: text.slice(0, EXCERPT_CHARACTERS) };
    throw withAnswer(new UnderstudyError('OUTPUT_INVALID', said, { details }), text);
  }
}
