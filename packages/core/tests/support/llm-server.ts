/**
 * A server of language models for tests: it speaks OpenAI's chat completions, responses and embeddings, Anthropic's messages and Ollama's chat
 * over real HTTP, answers what a script says, fails as real ones fail, and counts what it would bill. No randomness: the same script gives
 * the same bytes.
 *
 * ```ts
 * await using server = await llmServer({ script: [{ text: 'Hello' }, { fault: { kind: 'reset', after: 1 } }] });
 * openaiChat({ url: `${server.url}/v1`, model: 'm', messages });
 * ```
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The protocols it speaks, by their paths: `/v1/chat/completions`, `/v1/responses`, `/v1/embeddings`, `/v1/messages`, `/api/chat`. */
export type Api = 'openai-chat' | 'openai-responses' | 'openai-embeddings' | 'anthropic' | 'ollama';

/** Where in a request something happens: before the headers, before the first content, or after so many pieces of it. */
export type Moment = 'request' | 'headers' | number;

export type Fault =
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly after: Moment }
  /** Nothing comes any more, and the connection stays open. */
  | { readonly kind: 'stall'; readonly after: Moment }
  /** A stream says that it failed, under status 200. Not streamed: the body says so. `type` and `code` are the vendor's. */
  | {
      readonly kind: 'error-event';
      readonly after?: number;
      readonly type?: string;
      readonly code?: string | number;
      readonly message?: string;
      /** As vLLM says it: `{ object: 'error', message }`. */
      readonly bare?: boolean;
    }
  /** The stream ends without its terminator, after all of its pieces or so many. */
  | { readonly kind: 'no-terminator'; readonly after?: number }
  /** One event, or the body, is no JSON. */
  | { readonly kind: 'invalid-json'; readonly after?: number }
  /** A page of a proxy in place of an answer, under status 200. */
  | { readonly kind: 'html' }
  /** Another status, with the vendor's body for it. `retryAfter` in seconds or as a date. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly type?: string;
      readonly code?: string;
      readonly message?: string;
      readonly retryAfter?: number | string;
      readonly retryAfterMs?: number;
    };

/** Statuses as vendors answer them. */
export const rateLimited = (retryAfter?: number | string): Fault => ({
  kind: 'status',
  status: 429,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
/** 503, or Anthropic's 529. */
export const overloaded = (status: 503 | 529 = 503): Fault => ({ kind: 'status', status });
/** The quota is gone: a 429 that another try cannot mend. */
export const quotaExhausted = (): Fault => ({
  kind: 'status',
  status: 429,
  type: 'insufficient_quota',
  code: 'insufficient_quota',
});
/** The conversation is longer than the model takes. */
export const contextTooLong = (): Fault => ({
  kind: 'status',
  status: 400,
  type: 'invalid_request_error',
  code: 'context_length_exceeded',
});

/** One answer. */
export interface Turn {
  /** @defaultValue what `answer` of the server says */
  readonly text?: string;
  /** How the text is cut into deltas. @defaultValue before each word */
  readonly pieces?: readonly string[];
  /** Thoughts before the text. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: unknown }[];
  /** The model refuses with this text. */
  readonly refusal?: string;
  /** @defaultValue 'stop', or what fits the rest of the turn */
  readonly finish?: 'stop' | 'length' | 'content-filter';
  /** Tokens to tell and to bill. `input` is all of the input. @defaultValue a token for four characters, nothing cached */
  readonly usage?: {
    readonly input?: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
    readonly output?: number;
    readonly reasoning?: number;
  };
  readonly headers?: Readonly<Record<string, string>>;
  /** Before the headers. @defaultValue 0 */
  readonly latencyMs?: number;
  /** Between the headers and the first content. @defaultValue 0 */
  readonly firstMs?: number;
  /** Before each further piece. @defaultValue 0 */
  readonly betweenMs?: number;
  /** Sizes in bytes of what is written at once, over and over: cuts events and characters anywhere. @defaultValue an event */
  readonly cut?: readonly number[];
  /** Before each byte range of `cut`: a slow drip. @defaultValue 0 */
  readonly dripMs?: number;
  /** @defaultValue '\n' */
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  /** Comments between the events, as OpenRouter sends them; lines of JSON have none. @defaultValue false */
  readonly comments?: boolean;
  /** A byte order mark at the start. @defaultValue false */
  readonly bom?: boolean;
  readonly fault?: Fault;
}

/** A request that came. */
export interface SeenRequest {
  /** From 0. */
  readonly index: number;
  readonly api: Api;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly stream: boolean;
}

/** Dollars for a million tokens. Cached tokens cost as `input` where nothing else is said. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** What was asked and billed. Answers that broke off are billed for the input and for the pieces that were sent; errors are not billed. */
export interface Account {
  readonly requests: number;
  /** Requests by the status that was answered; a request that got none is not here. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Answers that were sent to their end. */
  readonly whole: number;
  /** Answers that ended before: the client left, or a fault broke them. */
  readonly broken: number;
  /** All of the input, whatever the vendor calls it. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly costMicroUsd: number;
}

export interface LlmServerOptions {
  /** One turn for each request, or a function of it. When a list has ended, every request gets an answer without faults. */
  readonly script?: readonly Turn[] | ((request: SeenRequest) => Turn);
  /** The text where a turn has none. @defaultValue 'pong' */
  readonly answer?: (request: SeenRequest) => string;
  /** By model. @defaultValue nothing costs anything */
  readonly prices?: Readonly<Record<string, Price>>;
  /** Keys that are taken. @defaultValue any, and none */
  readonly keys?: readonly string[];
}

export interface LlmServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without the `/v1`. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly account: Account;
  /** Answers that are being sent, or stall. */
  readonly open: number;
  /** Connections that were made. */
  readonly connections: number;
  /** Adds turns to a script that is a list. */
  script(...turns: readonly Turn[]): void;
  /** Refuses connections, and resets those that are open. */
  down(): Promise<void>;
  /** Takes them again, on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

const PATHS: Readonly<Record<string, Api>> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/responses': 'openai-responses',
  '/v1/embeddings': 'openai-embeddings',
  '/v1/messages': 'anthropic',
  '/api/chat': 'ollama',
};

type Json = Readonly<Record<string, unknown>>;
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const tokensOf = (text: string): number => Math.ceil(text.length / 4);
const sleep = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

export async function llmServer(options: LlmServerOptions = {}): Promise<LlmServer> {
  const turns: Turn[] = typeof options.script === 'function' ? [] : [...(options.script ?? [])];
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const ledger = new Ledger(options.prices ?? {});
  let connections = 0;
  let open = 0;

  const server = createServer((request, response) => {
    open++;
    let settled = false;
    const settle = (): void => {
      if (!settled) open--;
      settled = true;
    };
    response.on('close', settle);
    void serve(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += String(part);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const api = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
    if (api === undefined)
      return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"no such path"}}');
    const body = record(parsed(text));
    const seen: SeenRequest = {
      index: requests.length,
      api,
      path: request.url ?? '',
      headers: request.headers,
      body,
      model: typeof body['model'] === 'string' ? body['model'] : '',
      // Ollama streams unless it is told not to.
      stream: api === 'ollama' ? body['stream'] !== false : body['stream'] === true,
    };
    requests.push(seen);
    ledger.asked();
    const turn = typeof options.script === 'function' ? options.script(seen) : (turns.shift() ?? {});
    const fault = faultOf(seen, options.keys) ?? turn.fault;
    await new Answer(seen, { ...turn, ...(fault === undefined ? {} : { fault }) }, response, ledger, options.answer).send();
  };

  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get account() {
      return ledger.account();
    },
    get open() {
      return open;
    },
    get connections() {
      return connections;
    },
    script: (...more) => void turns.push(...more),
    down: shut,
    up: () => listen(port),
    close: shut,
    [Symbol.asyncDispose]: shut,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** What a real server refuses. */
function faultOf(request: SeenRequest, keys: readonly string[] | undefined): Fault | undefined {
  const { api, headers, body } = request;
  const given = api === 'anthropic' ? headers['x-api-key'] : headers.authorization?.replace(/^Bearer /, '');
  if (keys !== undefined && !keys.includes(String(given))) {
    return api === 'anthropic'
      ? { kind: 'status', status: 401 }
      : { kind: 'status', status: 401, type: 'invalid_request_error', code: 'invalid_api_key' };
  }
  const bad = (message: string): Fault => ({ kind: 'status', status: 400, type: 'invalid_request_error', message });
  if (request.model === '') return bad('model is required');
  if (api === 'anthropic') {
    if (headers['anthropic-version'] === undefined) return bad('anthropic-version: header is required');
    if (typeof body['max_tokens'] !== 'number') return bad('max_tokens: field required');
    const last = record(list(body['messages']).at(-1));
    if (last['role'] === 'assistant' && /\s$/.test(contentOf(last)))
      return bad('messages: final assistant content cannot end with trailing whitespace');
  }
  return undefined;
}

/** Texts of a message, or of an item. */
function contentOf(message: unknown): string {
  const { content } = record(message);
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => (typeof record(part)['text'] === 'string' ? String(record(part)['text']) : ''))
    .join('');
}

class Ledger {
  readonly #prices: Readonly<Record<string, Price>>;
  readonly #statuses: Record<number, number> = {};
  #requests = 0;
  #whole = 0;
  #broken = 0;
  #input = 0;
  #cacheRead = 0;
  #cacheWrite = 0;
  #output = 0;
  #picoUsd = 0;

  constructor(prices: Readonly<Record<string, Price>>) {
    this.#prices = prices;
  }

  asked(): void {
    this.#requests++;
  }

  answered(status: number): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
  }

  ended(isWhole: boolean): void {
    if (isWhole) this.#whole++;
    else this.#broken++;
  }

  bill(model: string, usage: TurnUsage, output: number): void {
    const { input, cacheRead, cacheWrite } = usage;
    this.#input += input;
    this.#cacheRead += cacheRead;
    this.#cacheWrite += cacheWrite;
    this.#output += output;
    const price = this.#prices[model];
    if (price === undefined) return;
    // Dollars for a million tokens are millionths of a dollar for one: in millionths of those, all are whole numbers.
    const pico = (tokens: number, dollars: number): number => tokens * Math.round(dollars * 1e6);
    this.#picoUsd +=
      pico(input - cacheRead - cacheWrite, price.input) +
      pico(cacheRead, price.cacheRead ?? price.input) +
      pico(cacheWrite, price.cacheWrite ?? price.input) +
      pico(output, price.output);
  }

  account(): Account {
    return {
      requests: this.#requests,
      statuses: { ...this.#statuses },
      whole: this.#whole,
      broken: this.#broken,
      inputTokens: this.#input,
      cacheReadTokens: this.#cacheRead,
      cacheWriteTokens: this.#cacheWrite,
      outputTokens: this.#output,
      costMicroUsd: Math.round(this.#picoUsd / 1e6),
    };
  }
}

interface TurnUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

/** An event of a stream: its name where the protocol has names, and its document or its text. */
interface Outgoing {
  readonly name?: string;
  readonly data: Json | string;
  /** How many pieces of content have been sent with it. */
  readonly piece?: number;
}

/** One answer on its way. */
class Answer {
  readonly #request: SeenRequest;
  readonly #turn: Turn;
  readonly #response: ServerResponse;
  readonly #ledger: Ledger;
  readonly #text: string;
  readonly #pieces: readonly string[];
  readonly #usage: TurnUsage;
  readonly #id: string;
  #cutAt = 0;

  constructor(
    request: SeenRequest,
    turn: Turn,
    response: ServerResponse,
    ledger: Ledger,
    answer: ((request: SeenRequest) => string) | undefined,
  ) {
    this.#request = request;
    this.#turn = turn;
    this.#response = response;
    this.#ledger = ledger;
    this.#id = `gen-${request.index}`;
    const full = turn.text ?? (turn.refusal !== undefined || turn.toolCalls !== undefined ? '' : (answer?.(request) ?? 'pong'));
    this.#text = continued(request, full);
    this.#pieces = turn.pieces ?? this.#text.match(/\s*\S+|\s+$/g) ?? [];
    const told = turn.usage ?? {};
    const reasoning = told.reasoning ?? tokensOf(turn.reasoning ?? '');
    const said = this.#pieces.join('') + (turn.refusal ?? '') + JSON.stringify(turn.toolCalls ?? '').slice(2);
    this.#usage = {
      input: told.input ?? tokensOf(inputText(request)),
      cacheRead: told.cacheRead ?? 0,
      cacheWrite: told.cacheWrite ?? 0,
      output: told.output ?? tokensOf(said) + reasoning,
      reasoning,
    };
  }

  async send(): Promise<void> {
    const { fault, latencyMs = 0 } = this.#turn;
    if (latencyMs > 0) await sleep(latencyMs);
    if (await this.#breaks('request')) return;
    if (fault?.kind === 'status') return this.#status(fault);
    if (fault?.kind === 'html') return this.#document('<html><body>Sign in</body></html>', 'text/html');
    if (this.#request.api === 'openai-embeddings') return this.#document(JSON.stringify(this.#embeddings()));
    if (this.#request.stream) await this.#stream();
    else await this.#whole();
  }

  /** Whether the turn ends here, by its fault. */
  async #breaks(moment: Moment): Promise<boolean> {
    const { fault } = this.#turn;
    if (fault === undefined || !('after' in fault) || fault.after !== moment) return false;
    if (fault.kind === 'reset') {
      // What was written before must have left: a reset takes with it what is still in the socket.
      if (moment !== 'request') await sleep(5);
      this.#response.socket?.resetAndDestroy();
      return true;
    }
    return fault.kind === 'stall';
  }

  #status(fault: Fault & { readonly kind: 'status' }): void {
    const { status, retryAfter, retryAfterMs } = fault;
    this.#ledger.answered(status);
    this.#response
      .writeHead(status, {
        'content-type': 'application/json',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
        ...(retryAfterMs === undefined ? {} : { 'retry-after-ms': String(retryAfterMs) }),
        ...this.#turn.headers,
      })
      .end(JSON.stringify(this.#errorBody(fault)));
  }

  #errorBody(fault: {
    readonly status?: number;
    readonly type?: string;
    readonly code?: string | number;
    readonly message?: string;
  }): Json {
    const { status = 500, code } = fault;
    const message = fault.message ?? 'It failed, as the script said.';
    switch (this.#request.api) {
      case 'anthropic': {
        const type =
          fault.type === 'insufficient_quota' ? 'rate_limit_error' : (fault.type ?? ANTHROPIC_TYPES[status] ?? 'api_error');
        const errorCode = code === 'insufficient_quota' ? 'enforced_spend_limit_reached' : code;
        const details = errorCode === undefined ? {} : { details: { error_code: errorCode } };
        return { type: 'error', error: { type, message, ...details }, request_id: this.#id };
      }
      case 'ollama':
        return { error: message };
      default: {
        const type = fault.type ?? (status === 429 ? 'requests' : status < 500 ? 'invalid_request_error' : 'server_error');
        return { error: { message, type, param: null, code: code ?? (status === 429 ? 'rate_limit_exceeded' : null) } };
      }
    }
  }

  #document(text: string, type = 'application/json'): void {
    this.#ledger.answered(200);
    if (type === 'application/json')
      this.#ledger.bill(this.#request.model, this.#usage, this.#request.api === 'openai-embeddings' ? 0 : this.#usage.output);
    this.#ledger.ended(true);
    this.#response.writeHead(200, { 'content-type': type, ...this.#turn.headers }).end(text);
  }

  async #whole(): Promise<void> {
    const { fault } = this.#turn;
    if (fault?.kind === 'error-event') return this.#failed(fault);
    const text = JSON.stringify(this.#message());
    if (fault?.kind === 'invalid-json') return this.#document(text.slice(0, -5));
    const isCut = fault !== undefined && 'after' in fault && (fault.kind === 'reset' || fault.kind === 'stall');
    if (!isCut) return this.#document(text);
    this.#ledger.answered(200);
    this.#ledger.bill(this.#request.model, this.#usage, this.#usage.output);
    this.#response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...this.#turn.headers,
    });
    this.#response.flushHeaders();
    if (fault.after !== 'headers') this.#response.write(text.slice(0, text.length / 2));
    await this.#breaks(fault.after ?? 'headers');
  }

  #failed(fault: Fault & { readonly kind: 'error-event' }): void {
    this.#ledger.answered(200);
    this.#response
      .writeHead(200, { 'content-type': 'application/json', ...this.#turn.headers })
      .end(JSON.stringify(this.#errorEvent(fault).data));
  }

  #errorEvent(fault: Fault & { readonly kind: 'error-event' }): Outgoing {
    const body = this.#errorBody({
      ...fault,
      type: fault.type ?? (this.#request.api === 'anthropic' ? 'overloaded_error' : 'server_error'),
    });
    if (fault.bare === true)
      return {
        data: { object: 'error', message: 'It failed.', type: fault.type ?? 'InternalServerError', code: fault.code ?? 500 },
      };
    if (this.#request.api === 'anthropic') return { name: 'error', data: body };
    if (this.#request.api === 'openai-responses') {
      const error = { code: fault.code ?? 'server_error', message: fault.message ?? 'It failed.' };
      return {
        name: 'response.failed',
        data: { type: 'response.failed', sequence_number: 99, response: { ...this.#shell('failed'), error } },
      };
    }
    return { data: body };
  }

  async #stream(): Promise<void> {
    const { fault, comments = false, bom = false, firstMs = 0, betweenMs = 0 } = this.#turn;
    const response = this.#response;
    this.#ledger.answered(200);
    const type = this.#request.api === 'ollama' ? 'application/x-ndjson' : 'text/event-stream; charset=utf-8';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', ...this.#turn.headers });
    response.flushHeaders();
    let sent = 0;
    let settled = false;
    // What the client leaves, or a fault breaks, is billed as far as it was sent.
    const settle = (isWhole: boolean): void => {
      if (settled) return;
      settled = true;
      const share = this.#pieces.length === 0 ? 0 : tokensOf(this.#pieces.slice(0, sent).join(''));
      this.#ledger.bill(this.#request.model, this.#usage, isWhole ? this.#usage.output : share);
      this.#ledger.ended(isWhole);
    };
    response.once('close', () => settle(false));
    if (bom) await this.#write(Buffer.from('\uFEFF'));
    if (await this.#breaks('headers')) return;
    if (firstMs > 0) await sleep(firstMs);
    if (fault?.kind === 'error-event' && (fault.after ?? 0) === 0) return this.#end([this.#errorEvent(fault)]);
    for (const event of this.#events()) {
      if (event.piece !== undefined) {
        // The fault stands after so many pieces: before the next one.
        if (await this.#breaks(event.piece)) return;
        if (fault?.kind === 'error-event' && fault.after === event.piece) return this.#end([this.#errorEvent(fault)]);
        if (fault?.kind === 'no-terminator' && fault.after === event.piece) return this.#end([]);
        if (fault?.kind === 'invalid-json' && (fault.after ?? 0) === event.piece) return this.#end([{ data: '{"broken' }]);
        if (event.piece > 0 && betweenMs > 0) await sleep(betweenMs);
      }
      if (fault?.kind === 'no-terminator' && this.#isTerminator(event)) return this.#end([]);
      if (comments && this.#request.api !== 'ollama')
        await this.#write(Buffer.from(`: PROCESSING${this.#lineEnd}${this.#lineEnd}`));
      if (response.destroyed) return;
      // The account is right when the client has got the end.
      if (this.#isTerminator(event)) settle(true);
      await this.#write(this.#bytes(event));
      if (event.piece !== undefined) sent = event.piece + 1;
    }
    response.end();
  }

  async #end(events: readonly Outgoing[]): Promise<void> {
    for (const event of events) await this.#write(this.#bytes(event));
    this.#response.end();
  }

  get #lineEnd(): string {
    return this.#turn.lineEnd ?? '\n';
  }

  #bytes({ name, data }: Outgoing): Buffer {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    if (this.#request.api === 'ollama') return Buffer.from(`${text}${this.#lineEnd}`);
    const end = this.#lineEnd;
    return Buffer.from(`${name === undefined ? '' : `event: ${name}${end}`}data: ${text}${end}${end}`);
  }

  async #write(bytes: Buffer): Promise<void> {
    const { cut, dripMs = 0 } = this.#turn;
    if (cut === undefined || cut.length === 0) return this.#put(bytes);
    for (let from = 0; from < bytes.length;) {
      const size = Math.max(1, cut[this.#cutAt++ % cut.length] ?? 1);
      if (dripMs > 0) await sleep(dripMs);
      await this.#put(bytes.subarray(from, from + size));
      from += size;
    }
  }

  async #put(bytes: Buffer): Promise<void> {
    if (this.#response.destroyed) return;
    if (!this.#response.write(bytes)) await Promise.race([once(this.#response, 'drain'), once(this.#response, 'close')]);
    // Small writes would leave in one packet.
    if (this.#turn.cut !== undefined) await new Promise((next) => void setImmediate(next));
  }

  #isTerminator(event: Outgoing): boolean {
    if (event.data === '[DONE]') return true;
    const data = record(event.data);
    return data['done'] === true || ['message_stop', 'response.completed', 'response.incomplete'].includes(String(data['type']));
  }

  // The documents of each protocol.

  #message(): Json {
    switch (this.#request.api) {
      case 'anthropic':
        return {
          ...this.#anthropicShell(),
          content: [
            ...(this.#turn.reasoning === undefined
              ? []
              : [{ type: 'thinking', thinking: this.#turn.reasoning, signature: 'sig' }]),
            ...(this.#said === '' ? [] : [{ type: 'text', text: this.#said, citations: null }]),
            ...this.#calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input })),
          ],
          stop_reason: this.#anthropicReason,
          usage: this.#anthropicUsage(this.#usage.output),
        };
      case 'ollama':
        return { ...this.#ollamaLine(this.#said, true), ...this.#ollamaEnd() };
      case 'openai-responses':
        return this.#shell(this.#turn.finish === undefined || this.#turn.finish === 'stop' ? 'completed' : 'incomplete');
      default:
        return {
          ...this.#chatShell('chat.completion'),
          choices: [
            {
              index: 0,
              message: {
                role: 'assistant',
                content: this.#turn.refusal === undefined ? this.#pieces.join('') : null,
                refusal: this.#turn.refusal ?? null,
                ...(this.#turn.reasoning === undefined ? {} : { reasoning_content: this.#turn.reasoning }),
                ...(this.#calls.length === 0
                  ? {}
                  : {
                      tool_calls: this.#calls.map(({ id, name, input }) => ({
                        id,
                        type: 'function',
                        function: { name, arguments: JSON.stringify(input) },
                      })),
                    }),
              },
              logprobs: null,
              finish_reason: this.#chatReason,
            },
          ],
          usage: this.#chatUsage(),
        };
    }
  }

  #events(): readonly Outgoing[] {
    switch (this.#request.api) {
      case 'anthropic':
        return this.#anthropicEvents();
      case 'ollama':
        return this.#ollamaEvents();
      case 'openai-responses':
        return this.#responsesEvents();
      default:
        return this.#chatEvents();
    }
  }

  /** What Anthropic and Ollama say in place of a refusal: they have no field for it. */
  get #said(): string {
    return this.#pieces.join('') + (this.#turn.refusal ?? '');
  }

  get #calls(): readonly { readonly id: string; readonly name: string; readonly input: unknown }[] {
    return (this.#turn.toolCalls ?? []).map(({ name, input }, index) => ({
      id: `call_${this.#request.index}_${index}`,
      name,
      input,
    }));
  }

  #chatShell(object: string): Json {
    return { id: this.#id, object, created: 1_790_000_000, model: this.#request.model };
  }

  get #chatReason(): string {
    if (this.#turn.finish === 'content-filter') return 'content_filter';
    return this.#calls.length > 0 ? 'tool_calls' : (this.#turn.finish ?? 'stop');
  }

  #chatUsage(): Json {
    const { input, output, cacheRead, cacheWrite, reasoning } = this.#usage;
    return {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: cacheRead, ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }) },
      completion_tokens_details: { reasoning_tokens: reasoning },
    };
  }

  #chatEvents(): readonly Outgoing[] {
    const shell = this.#chatShell('chat.completion.chunk');
    const chunk = (delta: Json, finish: string | null = null): Json => ({
      ...shell,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const { reasoning, refusal } = this.#turn;
    const wantsUsage = record(this.#request.body['stream_options'])['include_usage'] === true;
    return [
      { data: chunk({ role: 'assistant', content: '', refusal: null }) },
      ...(reasoning === undefined ? [] : [{ data: chunk({ reasoning_content: reasoning }) }]),
      ...this.#pieces.map((content, piece) => ({ data: chunk({ content }), piece })),
      ...(refusal === undefined ? [] : [{ data: chunk({ refusal }) }]),
      ...this.#calls.flatMap(({ id, name, input }, index) => [
        { data: chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }) },
        { data: chunk({ tool_calls: [{ index, function: { arguments: JSON.stringify(input) } }] }) },
      ]),
      { data: chunk({}, this.#chatReason), piece: this.#pieces.length },
      ...(wantsUsage ? [{ data: { ...shell, choices: [], usage: this.#chatUsage() } }] : []),
      { data: '[DONE]' },
    ];
  }

  get #anthropicReason(): string {
    if (this.#turn.refusal !== undefined || this.#turn.finish === 'content-filter') return 'refusal';
    if (this.#calls.length > 0) return 'tool_use';
    return this.#turn.finish === 'length' ? 'max_tokens' : 'end_turn';
  }

  #anthropicShell(): Json {
    return {
      id: `msg_${this.#request.index}`,
      type: 'message',
      role: 'assistant',
      model: this.#request.model,
      stop_sequence: null,
    };
  }

  #anthropicUsage(output: number): Json {
    const { input, cacheRead, cacheWrite, reasoning } = this.#usage;
    return {
      // Cached tokens are outside.
      input_tokens: input - cacheRead - cacheWrite,
      cache_read_input_tokens: cacheRead,
      cache_creation_input_tokens: cacheWrite,
      output_tokens: output,
      output_tokens_details: reasoning === 0 ? null : { thinking_tokens: reasoning },
      service_tier: 'standard',
    };
  }

  #anthropicEvents(): readonly Outgoing[] {
    const named = (data: Json, piece?: number): Outgoing => ({
      name: String(data['type']),
      data,
      ...(piece === undefined ? {} : { piece }),
    });
    const block = (index: number, start: Json, deltas: readonly Outgoing[]): readonly Outgoing[] => [
      named({ type: 'content_block_start', index, content_block: start }),
      ...deltas,
      named({ type: 'content_block_stop', index }),
    ];
    const { reasoning, refusal } = this.#turn;
    const pieces = refusal === undefined ? this.#pieces : [...this.#pieces, refusal];
    const from = reasoning === undefined ? 0 : 1;
    return [
      named({
        type: 'message_start',
        message: { ...this.#anthropicShell(), content: [], stop_reason: null, usage: this.#anthropicUsage(1) },
      }),
      named({ type: 'ping' }),
      ...(reasoning === undefined
        ? []
        : block(0, { type: 'thinking', thinking: '', signature: '' }, [
            named({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: reasoning } }),
            named({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } }),
          ])),
      ...block(
        from,
        { type: 'text', text: '' },
        pieces.map((text, piece) =>
          named({ type: 'content_block_delta', index: from, delta: { type: 'text_delta', text } }, piece),
        ),
      ),
      ...this.#calls.flatMap(({ id, name, input }, at) =>
        block(from + 1 + at, { type: 'tool_use', id, name, input: {} }, [
          named({
            type: 'content_block_delta',
            index: from + 1 + at,
            delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
          }),
        ]),
      ),
      named(
        {
          type: 'message_delta',
          delta: { stop_reason: this.#anthropicReason, stop_sequence: null },
          usage: { ...this.#anthropicUsage(this.#usage.output), input_tokens: null },
        },
        pieces.length,
      ),
      named({ type: 'message_stop' }),
    ];
  }

  #shell(status: string): Json {
    const { finish, refusal } = this.#turn;
    const isRunning = status === 'in_progress';
    const content =
      refusal === undefined
        ? { type: 'output_text', text: this.#pieces.join(''), annotations: [], logprobs: [] }
        : { type: 'refusal', refusal };
    return {
      ...this.#chatShell('response'),
      created_at: 1_790_000_000,
      status,
      error: null,
      incomplete_details:
        isRunning || finish === undefined || finish === 'stop'
          ? null
          : { reason: finish === 'length' ? 'max_output_tokens' : 'content_filter' },
      output: isRunning
        ? []
        : [
            { id: `msg_${this.#request.index}`, type: 'message', role: 'assistant', status: 'completed', content: [content] },
            ...this.#calls.map(({ id, name, input }) => ({
              id: `fc_${id}`,
              type: 'function_call',
              call_id: id,
              name,
              arguments: JSON.stringify(input),
              status: 'completed',
            })),
          ],
      parallel_tool_calls: true,
      tool_choice: 'auto',
      tools: [],
      usage: isRunning
        ? null
        : {
            input_tokens: this.#usage.input,
            input_tokens_details: { cached_tokens: this.#usage.cacheRead, cache_write_tokens: this.#usage.cacheWrite },
            output_tokens: this.#usage.output,
            output_tokens_details: { reasoning_tokens: this.#usage.reasoning },
            total_tokens: this.#usage.input + this.#usage.output,
          },
    };
  }

  #responsesEvents(): readonly Outgoing[] {
    const { refusal, finish } = this.#turn;
    const isWhole = finish === undefined || finish === 'stop';
    const item = { id: `msg_${this.#request.index}`, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    const at = { item_id: item.id, output_index: 0, content_index: 0 };
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    const text = this.#pieces.join('');
    const events: (Json & { readonly piece?: number })[] = [
      { type: 'response.created', response: this.#shell('in_progress') },
      { type: 'response.in_progress', response: this.#shell('in_progress') },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.content_part.added', ...at, part },
      ...this.#pieces.map((delta, piece) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [], piece })),
      ...(refusal === undefined ? [] : [{ type: 'response.refusal.delta', ...at, delta: refusal }]),
      { type: 'response.output_text.done', ...at, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part: { ...part, text } },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { ...item, status: 'completed', content: [{ ...part, text }] },
      },
      {
        type: isWhole ? 'response.completed' : 'response.incomplete',
        response: this.#shell(isWhole ? 'completed' : 'incomplete'),
        piece: this.#pieces.length,
      },
    ];
    return events.map(({ piece, ...data }, index) => {
      const outgoing = { name: String(data['type']), data: Object.assign(data, { sequence_number: index }) };
      return piece === undefined ? outgoing : Object.assign(outgoing, { piece });
    });
  }

  #ollamaLine(content: string, done: boolean): Json {
    const { reasoning } = this.#turn;
    const calls =
      done && this.#calls.length > 0
        ? this.#calls.map(({ name, input }) => ({ function: { name, arguments: input } }))
        : undefined;
    return {
      model: this.#request.model,
      created_at: '2026-01-01T00:00:00Z',
      message: {
        role: 'assistant',
        content,
        ...(reasoning === undefined || !done ? {} : { thinking: reasoning }),
        ...(calls === undefined ? {} : { tool_calls: calls }),
      },
      done,
    };
  }

  #ollamaEnd(): Json {
    return {
      done_reason: this.#turn.finish === 'length' ? 'length' : 'stop',
      total_duration: 1000,
      prompt_eval_count: this.#usage.input,
      eval_count: this.#usage.output,
    };
  }

  #ollamaEvents(): readonly Outgoing[] {
    return [
      ...this.#pieces.map((piece, index) => ({ data: this.#ollamaLine(piece, false), piece: index })),
      { data: { ...this.#ollamaLine(this.#turn.refusal ?? '', true), ...this.#ollamaEnd() }, piece: this.#pieces.length },
    ];
  }

  #embeddings(): Json {
    const { input, dimensions, encoding_format: encoding } = this.#request.body;
    const texts = Array.isArray(input) ? input.map(String) : [String(input)];
    const size = typeof dimensions === 'number' ? dimensions : 8;
    return {
      object: 'list',
      // Not in their order: a client must read the index.
      data: texts
        .map((text, index) => {
          const vector = embeddingOf(text, size);
          const embedding = encoding === 'base64' ? base64Of(vector) : vector;
          return { object: 'embedding', index, embedding };
        })
        .toReversed(),
      model: this.#request.model,
      usage: { prompt_tokens: this.#usage.input, total_tokens: this.#usage.input },
    };
  }
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** A model goes on with an answer that is the last message. */
function continued(request: SeenRequest, text: string): string {
  const last = record(list(request.body['messages'] ?? request.body['input']).at(-1));
  const begun = last['role'] === 'assistant' ? contentOf(last) : '';
  return text.startsWith(begun) ? text.slice(begun.length) : text;
}

/** All that a model is told. */
function inputText({ body }: SeenRequest): string {
  const { messages, input, system, instructions } = body;
  if (typeof input === 'string') return input;
  const texts = list(messages ?? input).map((message) => (typeof message === 'string' ? message : contentOf(message)));
  return [typeof system === 'string' ? system : '', typeof instructions === 'string' ? instructions : '', ...texts].join('');
}

/** A vector of 32-bit floats that depends on the text alone. */
export function embeddingOf(text: string, size: number): readonly number[] {
  let state = 2166136261;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  return Array.from({ length: size }, (_, index) => {
    state = Math.imul(state ^ (index + 1), 16777619);
    return Math.fround((state >>> 8) / 0x1000000 - 0.5);
  });
}

function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
