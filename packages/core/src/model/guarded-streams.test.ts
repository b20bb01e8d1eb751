import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { blocklist } from '../guards/blocklist.ts';
import type { GuardLists } from '../guards/guard.ts';
import { length } from '../guards/length.ts';
import { guard } from '../guards/own-guard.ts';
import { pii } from '../guards/pii.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { ContractReads } from '../types/index.ts';
import { textStream } from './model-stream.ts';
import type { StreamOptions } from './stream-contract.ts';

const input = z.object({});
type Reads = ContractReads<object, string, string, never>;

function setUp(
  chunks: readonly string[],
  output: NonNullable<GuardLists<Reads>['output']>,
  { fallback = [], stream = {} }: Partial<{ fallback: readonly unknown[]; stream: StreamOptions }> = {},
) {
  const clock = new VirtualClock();
  const state = { left: 0, asked: 0, sent: 0 };
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'talk', input, output: z.string(), stream: textStream() },
    {
      variants: {
        a: {
          predictor: async function* () {
            let isDone = false;
            try {
              for (const chunk of chunks) {
                state.sent++;
                yield chunk;
              }
              isDone = true;
            } finally {
              if (!isDone) state.left++;
            }
          },
          version: '1',
        },
        b: {
          predictor: () => {
            state.asked++;
            return 'from b';
          },
          version: '1',
        },
      },
      champion: 'a',
      fallback: fallback as readonly 'b'[],
      guards: { output },
      stream,
    },
  );
  const read = async () => {
    const open = model.stream({});
    const got: string[] = [];
    let error: unknown;
    try {
      for await (const chunk of open) got.push(chunk);
    } catch (thrown) {
      error = thrown;
    }
    return { got, text: got.join(''), error, decision: open.decision };
  };
  return { model, state, read, clock };
}

describe('a text that is redacted as it comes', () => {
  const CARD = '4111 1111 1111 1111';
  const TEXT = `My card is ${CARD}, thank you.`;

  test.each(Array.from({ length: TEXT.length - 1 }, (_, index) => index + 1))(
    'a card is never delivered, cut at %i',
    async (at) => {
      const { read, model } = setUp([TEXT.slice(0, at), TEXT.slice(at)], [pii()]);
      const { got, text, decision } = await read();
      expect(text).toBe('My card is [card], thank you.');
      expect(got.every((chunk) => !/\d/.test(chunk))).toBe(true);
      expect((await decision).output).toBe(text);
      expect(model.status()).toMatchObject({ guards: { output: [{ checked: 1, texts: 1, found: 1 }] }, calls: { inFlight: 0 } });
    },
  );

  test('in chunks of one character too, and what is safe is read before the end has come', async () => {
    const { read } = setUp(TEXT.split(''), [pii()]);
    expect((await read()).text).toBe('My card is [card], thank you.');
    const { model, state } = setUp(['Good morning. ', 'I am ', 'jane@exam', 'ple.com'], [pii()]);
    const open = model.stream({});
    expect(await open.next()).toEqual({ done: false, value: 'Good morning. ' });
    expect(state.sent).toBe(1);
    await open.return?.();
    expect([state.left, model.status().calls.cancelled]).toEqual([1, 1]);
  });

  test('guards run in order, and one that has nothing to find says so', async () => {
    const { read, model } = setUp(
      ['a secret, jane@', 'example.com'],
      [pii(), blocklist({ words: ['secret'], action: 'redact' }), length({ maxCharacters: 99 })],
    );
    expect((await read()).text).toBe('a [blocked], [email]');
    expect(model.status().guards?.output).toMatchObject([{ found: 1 }, { found: 1 }, { found: 0, checked: 1 }]);
  });
});

describe('a text that is blocked', () => {
  test('before anything was read: no other model is asked, a fixed answer serves', async () => {
    const fixed = setUp(['sec', 'ret'], [blocklist({ words: ['secret'] })], { fallback: ['b', always('Sorry.')] });
    expect(await fixed.read()).toMatchObject({ text: 'Sorry.', error: undefined });
    expect(fixed.state).toMatchObject({ asked: 0 });
    const none = setUp(['sec', 'ret'], [blocklist({ words: ['secret'] })]);
    expect((await none.read()).error).toMatchObject({ code: 'GUARD_BLOCKED' });
  });

  test('after some was read: nothing of what was found is delivered, and the source is left', async () => {
    const { read, state, model } = setUp(['It is a ', 'sec', 'ret. ', 'more'], [blocklist({ words: ['secret'] })], {
      fallback: ['b'],
    });
    const { text, error } = await read();
    expect(text).toBe('It is a ');
    expect(error).toMatchObject({ code: 'STREAM_CUT', cause: { code: 'GUARD_BLOCKED' } });
    expect(state).toMatchObject({ left: 1, asked: 0 });
    expect(model.status()).toMatchObject({ guards: { output: [{ checked: 1, found: 1 }] }, calls: { failed: 1, inFlight: 0 } });
  });

  test('by a guard that falls back: the next tier answers while nothing was read', async () => {
    const { read } = setUp(['a', ' long', ' answer'], [length({ maxCharacters: 1, action: 'fall-back' })], { fallback: ['b'] });
    expect((await read()).error).toMatchObject({ code: 'STREAM_CUT' });
    const early = setUp(['long'], [length({ maxCharacters: 1, action: 'fall-back' })], { fallback: ['b'] });
    // The answer of the next tier is too long as well.
    expect((await early.read()).error).toMatchObject({ code: 'NOTHING_SERVED' });
    const long = setUp(['longer than that'], [length({ maxCharacters: 6, action: 'fall-back' })], { fallback: ['b'] });
    expect(await long.read()).toMatchObject({ text: 'from b', error: undefined });
  });

  test.each([true, false])('by a function that sees the whole at its end: the stream is cut (later: %s)', async (isLater) => {
    const whole = guard({
      name: 'polite',
      check: (text) => (isLater ? Promise.resolve(text.includes('please')) : text.includes('please')),
    });
    const { read } = setUp(['Wait', ' now.'], [whole, pii()], { fallback: ['b'] });
    const { text, error } = await read();
    expect(text).toBe('Wait now.');
    expect(error).toMatchObject({ code: 'STREAM_CUT', cause: { code: 'GUARD_BLOCKED', details: { guard: 'polite' } } });
    const fine = setUp(['Wait', ' please.'], [whole]);
    expect(await fine.read()).toMatchObject({ text: 'Wait please.', error: undefined });
  });

  test('a function that redacts needs the text whole: nothing is read before', async () => {
    const ticket = guard({
      name: 'ticket',
      action: 'redact',
      check: (text) => [...text.matchAll(/T-\d+/g)].map(({ 0: found, index }) => ({ start: index, end: index + found.length })),
    });
    const { read } = setUp(['See T-', '12 now'], [ticket]);
    const { got } = await read();
    expect(got).toHaveLength(1);
    expect(got[0]).not.toContain('T-12');
  });
});
