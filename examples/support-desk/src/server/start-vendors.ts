/**
 * A server that stands for two vendors of language models: it speaks OpenAI's chat completions and Anthropic's messages, takes its time, fails as
 * they do, and writes its own bills. The same seed gives the same faults.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prices } from '@understudy/core';
import { answerTo } from './answers.ts';
import { drawn, type Fate, fateOf } from './fate.ts';
import { type Bill, microUsdOf } from './ledger.ts';
import { type Question, questionOf, type Tokens, type VendorName, WIRES } from './vendor.ts';

export interface Vendors extends AsyncDisposable {
  /** The base of each API, with the `/v1` at its end. */
  readonly urls: Readonly<Record<VendorName, string>>;
  /** Vendors that answer nothing but 503 and 529. */
  readonly down: Set<VendorName>;
  readonly bills: readonly Bill[];
  /** How many requests met what, by vendor and fate. */
  readonly met: ReadonlyMap<string, number>;
  /** All that was asked, to see what a vendor has learned. */
  readonly asked: readonly string[];
}

const PATHS: Readonly<Record<VendorName, string>> = { openai: '/v1/chat/completions', anthropic: '/v1/messages' };
/** Until the headers, until the first word after them, and between two words, in milliseconds. */
const [HEADERS_MS, FIRST_MS, BETWEEN_MS, SLOW_MS] = [25, 40, 3, 1200];
/** OpenAI caches beginnings of at least 1024 tokens, in steps of 128. */
const [CACHED_FROM, CACHED_STEP] = [1024, 128];

const tokensOf = (said: string): number => Math.ceil(said.length / 4);

export async function startVendors(seed: number, prices: Prices): Promise<Vendors> {
  const down = new Set<VendorName>();
  const bills: Bill[] = [];
  const met = new Map<string, number>();
  const asked: string[] = [];
  const tries = new Map<string, number>();
  const cached = new Set<string>();

  const fate = (vendor: VendorName, ticket: string): Fate => {
    const number = (tries.get(`${vendor} ${ticket}`) ?? 0) + 1;
    tries.set(`${vendor} ${ticket}`, number);
    return down.has(vendor) ? { kind: 'overloaded' } : fateOf(seed, vendor, ticket, number);
  };

  /** The tokens of an answer, and what of them is cached from now on. */
  const counted = ({ vendor, model, system, said, caches }: Question, answer: string): Tokens => {
    const before = tokensOf(system);
    const isKnown = cached.has(`${vendor} ${model} ${system}`);
    const isLong = caches && before >= CACHED_FROM;
    if (isLong) cached.add(`${vendor} ${model} ${system}`);
    const whole = vendor === 'openai' ? before - (before % CACHED_STEP) : before;
    return {
      input: before + tokensOf(said),
      cacheRead: isLong && isKnown ? whole : 0,
      cacheWrite: isLong && !isKnown && vendor === 'anthropic' ? whole : 0,
      output: tokensOf(answer),
    };
  };

  const serve = async (vendor: VendorName, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    if (request.url !== PATHS[vendor]) return void response.writeHead(404).end('{}');
    asked.push(body);
    const question = questionOf(vendor, body);
    const ticket = /Ticket (T-\d+)/.exec(question.said)?.[1] ?? 'T-0';
    const drew = fate(vendor, ticket).kind;
    // An answer that comes whole has no middle.
    const kind = drew === 'cut' && !question.stream ? 'answered' : drew;
    met.set(`${vendor} ${kind}`, (met.get(`${vendor} ${kind}`) ?? 0) + 1);
    const pace = 0.6 + drawn(`pace/${seed}/${vendor}/${ticket}`) * 0.8;
    await sleep(kind === 'slow' ? SLOW_MS : HEADERS_MS * pace);
    if (response.destroyed) return;

    const wire = WIRES[vendor];
    if (kind === 'overloaded' || kind === 'rate-limited') {
      const status = kind === 'rate-limited' ? 429 : vendor === 'openai' ? 503 : 529;
      const wait = kind === 'rate-limited' ? { 'retry-after-ms': '60' } : {};
      return void response
        .writeHead(status, { 'content-type': 'application/json', ...wait })
        .end(JSON.stringify(wire.error(status)));
    }
    if (kind === 'reset') return void request.socket.resetAndDestroy();

    const answer = answerTo(question);
    const words = answer.match(/\s*\S+/g) ?? [];
    const bill = (whole: boolean, sent: string, tokens: Tokens): void => {
      const used = { ...tokens, output: tokensOf(sent) };
      bills.push({ vendor, ticket, whole, tokens: used, microUsd: microUsdOf(prices, question.model, used) });
    };
    if (!question.stream) {
      await sleep((FIRST_MS + words.length * BETWEEN_MS) * pace);
      // Nobody waits for it any more: these vendors do not bill what they have not sent.
      if (response.destroyed) return;
      const tokens = counted(question, answer);
      bill(true, answer, tokens);
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(wire.whole(question, answer, tokens)));
    }

    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }).flushHeaders();
    await sleep(FIRST_MS * pace);
    if (response.destroyed) return;
    const tokens = counted(question, answer);
    response.write(wire.begin(question, tokens));
    let sent = '';
    for (const [index, word] of words.entries()) {
      if (index > 0) await sleep(BETWEEN_MS * pace);
      if (kind === 'cut' && index > words.length / 2) {
        bill(false, sent, tokens);
        return void request.socket.destroy();
      }
      if (response.destroyed) return bill(false, sent, tokens);
      response.write(wire.piece(question, word));
      sent += word;
    }
    bill(true, sent, tokens);
    response.end(wire.end(question, tokens));
  };

  const listening = async (vendor: VendorName): Promise<readonly [url: string, server: Server]> => {
    const server = createServer((request, response) => {
      serve(vendor, request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    });
    // A client that leaves resets its connection.
    server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return [`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server];
  };
  const [openai, anthropic] = await Promise.all([listening('openai'), listening('anthropic')]);
  return {
    urls: { openai: openai[0], anthropic: anthropic[0] },
    down,
    bills,
    met,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const [, server] of [openai, anthropic]) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.resolve();
    },
  };
}
