import { beforeAll, describe, expect, it } from 'vitest';
import { llmServer, type Turn } from '../../tests/support/llm-server.ts';
import { UnderstudyError } from '../errors/index.ts';
import { fakeCall } from '../testing/fake-call.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import type { ChatPredictor } from './chat-options.ts';
import type { Connection } from './connection.ts';
import { ollamaChat } from './ollama-chat.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';

type Make = (url: string, connection: Connection) => ChatPredictor<string>;
const COMMON = { model: 'm', messages: (text: string) => [{ role: 'user' as const, content: text }] };

const VENDORS: readonly (readonly [string, Make])[] = [
  ['openaiChat', (url, connection) => openaiChat({ url: `${url}/v1`, ...COMMON, ...connection })],
  ['openaiResponses', (url, connection) => openaiResponses({ url: `${url}/v1`, ...COMMON, ...connection })],
  ['anthropicMessages', (url, connection) => anthropicMessages({ url, ...COMMON, ...connection })],
  ['ollamaChat', (url, connection) => ollamaChat({ url, ...COMMON, ...connection })],
];

const TEXT = 'Zwölf 🌍 Wörter';
const TURNS: readonly Turn[] = [
  { text: TEXT },
  { text: TEXT, lineEnd: '\r\n', comments: true, bom: true },
  { text: TEXT, reasoning: 'Hm 🤔.', pieces: ['Zw', 'ö', 'lf ', '🌍', ' ', 'Wörter'] },
  { text: TEXT, fault: { kind: 'error-event', after: 2 } },
];
/** Cases of each vendor, in so many tests: a slow machine ends each in time. */
const CASES = 5_000;
const TESTS = 2;

type End = 'close' | 'error' | 'garbage';
const BROKEN = new Error('reset');
const encoder = new TextEncoder();

/** The bytes in pieces of these sizes, over and over, and then the end. */
function bodyOf(bytes: Uint8Array, sizes: readonly number[], end: End): ReadableStream<Uint8Array> {
  let at = 0;
  let piece = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at < bytes.length) {
          const size = sizes[piece++ % sizes.length] ?? 1;
          controller.enqueue(bytes.slice(at, at + size));
          at += size;
        } else if (end === 'error') controller.error(BROKEN);
        else {
          if (end === 'garbage') controller.enqueue(encoder.encode('\n\n{"garb\n\n'));
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
}

async function textOf(predictor: ChatPredictor<string>, call = fakeCall(), chunks: string[] = []): Promise<void> {
  for await (const chunk of await predictor.stream('x', call)) chunks.push(chunk);
}

describe.each(VENDORS)('streams of %s in any pieces', (name, make) => {
  const recorded: { readonly bytes: Uint8Array; readonly contentType: string }[] = [];

  beforeAll(async () => {
    await using server = await llmServer({ script: TURNS });
    for (const _ of TURNS) {
      const tap: typeof fetch = async (input, init) => {
        const response = await fetch(input, init);
        const bytes = new Uint8Array(await response.arrayBuffer());
        recorded.push({ bytes, contentType: response.headers.get('content-type') ?? '' });
        return new Response(bytes, { headers: response.headers });
      };
      // oxlint-disable-next-line no-await-in-loop
      await textOf(make(server.url, { fetch: tap })).catch(() => undefined);
    }
  });

  /** What comes of a body: the text, and how it ended. Never more than the text, never a short success, never a hang. */
  async function check(turn: number, cut: number, sizes: readonly number[], end: End): Promise<string | undefined> {
    const { bytes, contentType } = recorded[turn] ?? { bytes: new Uint8Array(), contentType: '' };
    const body = bodyOf(bytes.subarray(0, cut), sizes, end);
    const ky = (): Promise<Response> => Promise.resolve(new Response(body, { headers: { 'content-type': contentType } }));
    const call = fakeCall();
    const chunks: string[] = [];
    const error: unknown = await textOf(make('http://host', { ky }), call, chunks).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const text = chunks.join('');
    const told = (): string => JSON.stringify({ turn, cut, of: bytes.length, sizes, end, text, error: String(error) });
    if (error === undefined) {
      if (text !== TEXT || TURNS[turn]?.fault !== undefined || call.reported?.estimated !== false)
        return `a short success: ${told()}`;
      // The terminator may stand without its line end.
      if (cut < bytes.length - 4) return `an end before the terminator: ${told()}`;
    } else {
      if (!TEXT.startsWith(text)) return `another text: ${told()}`;
      if (!UnderstudyError.is(error, 'STREAM_CUT') && !(end === 'garbage' && UnderstudyError.is(error, 'RESPONSE_INVALID')))
        return `another error: ${told()}`;
      if (cut === bytes.length && TURNS[turn]?.fault === undefined) return `a whole answer that failed: ${told()}`;
    }
    return undefined;
  }

  it('every prefix', async () => {
    const problems: string[] = [];
    expect(recorded).toHaveLength(TURNS.length);
    for (const [turn, { bytes }] of recorded.entries()) {
      // Every one of the first turn; some of the others.
      for (let cut = 0; cut <= bytes.length; cut += turn === 0 ? 1 : 7) {
        // oxlint-disable-next-line no-await-in-loop
        const problem = await check(turn, cut, cut % 50 === 0 ? [1] : [bytes.length], cut % 2 === 0 ? 'close' : 'error');
        if (problem !== undefined) problems.push(problem);
      }
    }
    expect(problems).toEqual([]);
  });

  it.each(Array.from({ length: TESTS }, (_, seed) => seed + 1))('any prefix, pieces and end, seed %i', async (seed) => {
    const problems: string[] = [];
    const random = seededRandom(seed * 7919 + name.length);
    const upTo = (most: number): number => Math.floor(random() * (most + 1));
    for (let count = 0; count < CASES / TESTS; count++) {
      const turn = upTo(TURNS.length - 1);
      const { length } = recorded[turn]?.bytes ?? [];
      const cut = random() < 0.3 ? length : upTo(length);
      const sizes = Array.from({ length: 1 + upTo(3) }, () => 1 + upTo(random() < 0.1 ? 8 : 400));
      // After the terminator nothing is read that matters.
      const end = (['close', 'error', 'garbage'] as const)[upTo(2)] ?? 'close';
      // oxlint-disable-next-line no-await-in-loop
      const problem = await check(turn, cut, sizes, end);
      if (problem !== undefined) problems.push(problem);
    }
    expect(problems).toEqual([]);
  });
});
