import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { BodyEvents, ServerEvent, StreamSource } from './body-events.ts';
import { eventStream } from './event-stream.ts';
import { jsonLines } from './json-lines.ts';

type Open = (body: ReadableStream<Uint8Array> | null, source: StreamSource) => BodyEvents<ServerEvent>;
const encoder = new TextEncoder();
const sourceWith = (more: Partial<StreamSource> = {}): StreamSource => ({
  where: 'POST https://host/x',
  signal: new AbortController().signal,
  maxBytes: 1e6,
  maxEventCharacters: 1e5,
  ...more,
});

function bodyOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[at++];
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
}

/** All events; `half` is one that stood at the end without its line end. */
async function all(open: Open, pieces: readonly Uint8Array[], source = sourceWith()) {
  const events = open(bodyOf(pieces), source);
  const whole: ServerEvent[] = [];
  let half: ServerEvent | undefined;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const event = await events.next();
    if (event === undefined) break;
    if (events.ended) half = event;
    else whole.push(event);
  }
  events.close(true);
  return { whole, half };
}

const FORMATS: readonly (readonly [string, Open, (random: () => number) => string])[] = [
  ['server-sent events', eventStream, randomEvents],
  ['lines of JSON', jsonLines, randomLines],
];
const WORDS = ['a', 'é', '🌍', '日本', ' ', ':', 'data: x', '"', '\\n', '{}', '[DONE]', 'ﷺ', '\u2028'];
const pick = <T>(random: () => number, from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];

function randomText(random: () => number): string {
  return Array.from({ length: Math.floor(random() * 6) }, () => WORDS[Math.floor(random() * WORDS.length)] ?? '').join('');
}

function randomEvents(random: () => number): string {
  const end = pick(random, ['\n', '\r\n', '\r']);
  const field = (): string =>
    pick<() => string>(random, [
      () => `data: ${randomText(random)}`,
      () => `data:${randomText(random)}`,
      () => `: ${randomText(random)}`,
      () => `event: ${randomText(random)}`,
      () => `id: ${randomText(random)}`,
      () => 'retry: 10',
      () => `unknown ${randomText(random)}`,
    ])();
  const event = (): string => Array.from({ length: 1 + Math.floor(random() * 3) }, () => field() + end).join('') + end;
  return (random() < 0.2 ? '\uFEFF' : '') + Array.from({ length: 1 + Math.floor(random() * 4) }, event).join('');
}

function randomLines(random: () => number): string {
  const end = pick(random, ['\n', '\r\n']);
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => `${JSON.stringify({ x: randomText(random) })}${end}`).join(
    '',
  );
}

describe.each(FORMATS)('%s', (_, open, randomBody) => {
  it.each([1, 2, 3, 4])('are the same in any pieces, and of any start the same start, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const different: unknown[] = [];
    for (let body = 0; body < 500; body++) {
      const bytes = encoder.encode(randomBody(random));
      // oxlint-disable-next-line no-await-in-loop
      const expected = await all(open, [bytes]);
      for (let count = 0; count < 20; count++) {
        const cut = count % 2 === 0 ? bytes.length : Math.floor(random() * (bytes.length + 1));
        const largest = 1 + Math.floor(random() * (count % 5 === 0 ? 3 : 60));
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < cut; at += pieces.at(-1)?.length ?? 1)
          pieces.push(bytes.slice(at, Math.min(cut, at + 1 + Math.floor(random() * largest))));
        // oxlint-disable-next-line no-await-in-loop
        const got = await all(open, pieces);
        const same = cut === bytes.length ? got : got.whole;
        const wanted = cut === bytes.length ? expected : expected.whole.slice(0, got.whole.length);
        // An assertion for each of them would take most of the time.
        if (JSON.stringify(same) !== JSON.stringify(wanted)) different.push({ pieces, same, wanted });
      }
    }
    expect(different).toEqual([]);
  });

  it('are read when they are asked for', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(encoder.encode('data: {}\n\n'));
        },
      },
      { highWaterMark: 0 },
    );
    const events = open(body, sourceWith());
    expect(pulled).toBe(0);
    await events.next();
    expect(pulled).toBe(1);
    events.close(false);
  });

  it('of one line without an end are bounded, and so is the whole', async () => {
    const piece = encoder.encode(`data: ${'x'.repeat(94)}`);
    const endless = Array.from({ length: 100 }, () => piece);
    const codeOf = (error: unknown): unknown => (UnderstudyError.is(error) ? [error.code, error.details] : error);
    expect(codeOf(await all(open, endless, sourceWith({ maxEventCharacters: 1000 })).catch((error: unknown) => error))).toEqual([
      'RESPONSE_INVALID',
      { maxEventCharacters: 1000 },
    ]);
    expect(codeOf(await all(open, endless, sourceWith({ maxBytes: 2000 })).catch((error: unknown) => error))).toEqual([
      'RESPONSE_INVALID',
      { maxResponseBytes: 2000 },
    ]);
  });

  it('end with the reason of an abort, also where the body hears nothing', async () => {
    const controller = new AbortController();
    const reason = new Error('gone');
    const events = open(new ReadableStream({ pull: () => new Promise(() => {}) }), sourceWith({ signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 5);
    await expect(events.next()).rejects.toBe(reason);
    events.close(false);
    const late = open(new ReadableStream(), sourceWith({ signal: AbortSignal.abort(reason) }));
    await expect(late.next()).rejects.toBe(reason);
  });

  it('of no body are none', async () => {
    const events = open(null, sourceWith());
    expect(await events.next()).toBe(undefined);
    events.close(true);
  });

  it('of a connection that is lost are cut, without what the client hangs on its error', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET', headers: 'secret' })),
    });
    const error: unknown = await open(body, sourceWith())
      .next()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'STREAM_CUT',
      retryable: true,
      details: { kind: 'stream-cut' },
      cause: { code: 'ECONNRESET' },
    });
    expect(error).not.toHaveProperty('cause.headers');
  });
});

describe('a body that is whole', () => {
  it('is given up when its server does not end it', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode('data: [DONE]\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    const events = eventStream(body, sourceWith());
    expect(await events.next()).toEqual({ data: '[DONE]' });
    events.close(true);
    await expect.poll(() => cancelled).toBe(true);
  });

  it('is cancelled when more comes after it', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => controller.enqueue(encoder.encode('data: x\n\n')),
        cancel: () => {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const events = eventStream(body, sourceWith());
    await events.next();
    events.close(true);
    await expect.poll(() => cancelled).toBe(true);
  });
});
