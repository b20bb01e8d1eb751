import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import { allowFields } from '../events/redaction.ts';
import { always } from '../fallback/always.ts';
import { rules } from '../fallback/rules.ts';
import { blocklist } from '../guards/blocklist.ts';
import type { GuardLists } from '../guards/guard.ts';
import { judge } from '../guards/judge.ts';
import { guard } from '../guards/own-guard.ts';
import { pii } from '../guards/pii.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { ContractReads } from '../types/index.ts';
import { textStream } from './model-stream.ts';

const input = z.object({ question: z.string() });
const output = z.object({ answer: z.string() });
const contract = { name: 'chat', input, output };
type Reads = ContractReads<z.output<typeof input>, z.output<typeof output>, z.output<typeof output>, never>;
const table = rules<z.output<typeof input>, z.input<typeof output>>({
  name: 'canned',
  version: '1',
  rows: [{ id: 'R1', when: {}, then: { answer: 'write to help@example.com' } }],
});
const PRIVATE = { question: 'I am jane@example.com' };

function setUp(
  guards: GuardLists<Reads>,
  more: {
    readonly fallback?: readonly ('b' | typeof table)[];
    readonly shadow?: boolean;
    readonly answers?: readonly string[];
  } = {},
) {
  const clock = new VirtualClock();
  const sink = fakeSink({ content: true });
  const understudy = createUnderstudy({
    clock,
    random: seededRandom(3),
    sinks: [sink],
    redact: allowFields(['input.question', 'output.answer']),
  });
  const seen: Record<'a' | 'b' | 'c', unknown[]> = { a: [], b: [], c: [] };
  const [first = 'fine', second = 'fine'] = more.answers ?? [];
  const variant = (name: 'a' | 'b' | 'c', answer: string) => ({
    predictor: (given: unknown) => {
      seen[name].push(given);
      return { answer };
    },
    version: '1',
  });
  const model = understudy.defineModel(contract, {
    variants: { a: variant('a', first), b: variant('b', second), c: variant('c', first) },
    champion: 'a',
    guards,
    policies: [retry({ attempts: 3, baseMs: 1 })],
    ...(more.fallback === undefined ? {} : { fallback: more.fallback }),
    ...(more.shadow === true ? { shadow: { c: {} } } : {}),
  });
  return { clock, sink, understudy, model, seen };
}
const errorOf = async (work: Promise<unknown>): Promise<UnderstudyError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (UnderstudyError.is(error)) return error;
  throw new Error(`expected an UnderstudyError, got ${String(error)}`);
};

describe('an input', () => {
  test('is redacted before any model sees it, and before it is told', async () => {
    const { model, seen, sink, understudy, clock } = setUp({ input: [pii()] }, { shadow: true });
    const given = Object.freeze({ ...PRIVATE });
    const decision = await model.predict(given);
    await clock.advance(10);
    await understudy.flush();
    const clean = { question: 'I am [email]' };
    expect([seen.a, seen.c, decision.input]).toEqual([[clean], [clean], clean]);
    expect(sink.ofType('decision')[0]?.input).toEqual({ question: 'I am [email]' });
    expect(given).toEqual(PRIVATE);
  });

  test('that is blocked goes to no model and no shadow; rules serve', async () => {
    const world = setUp({ input: [pii({ action: 'block' })] }, { fallback: ['b', table], shadow: true });
    const decision = await world.model.predict(PRIVATE);
    await world.clock.advance(10);
    expect(world.seen).toEqual({ a: [], b: [], c: [] });
    expect(decision).toMatchObject({
      servedBy: { tier: 'rules', name: 'canned' },
      degraded: true,
      output: { answer: expect.any(String) },
    });
    expect(decision.reason).toContain('Guard "pii" blocked the input of model "chat". It found: email.');
    await world.understudy.flush();
    expect(world.sink.ofType('decision')[0]?.attempts).toMatchObject([
      { name: 'a', errorType: 'GUARD_BLOCKED', resultClass: 'rejected' },
      { name: 'b', errorType: 'GUARD_BLOCKED', resultClass: 'rejected' },
      { name: 'canned', resultClass: 'ok' },
    ]);
  });

  test('that is blocked rejects where nothing but models could serve', async () => {
    const { model, seen, sink, understudy } = setUp({ input: [blocklist({ words: ['jane'] })] }, { fallback: ['b'] });
    const error = await errorOf(model.predict(PRIVATE));
    expect([error.code, error.retryable, error.details]).toEqual([
      'GUARD_BLOCKED',
      false,
      { model: 'chat', guard: 'blocklist', side: 'input' },
    ]);
    expect(seen).toEqual({ a: [], b: [], c: [] });
    await understudy.flush();
    expect(sink.ofType('decision')[0]).toMatchObject({ outcome: 'failed', errorType: 'GUARD_BLOCKED' });
    expect(model.status().calls).toMatchObject({ failed: 1, inFlight: 0 });
  });

  test('waits for an asynchronous guard, within its deadline', async () => {
    const { model, clock, seen } = setUp({ input: [guard({ name: 'slow', check: () => new Promise(() => undefined) })] });
    const late = errorOf(model.predict(PRIVATE, { deadlineMs: 100 }));
    await clock.advance(200);
    expect(await late).toMatchObject({ code: 'TIMEOUT', details: { scope: 'guards' } });
    const caller = new AbortController();
    const aborted = model.predict(PRIVATE, { signal: caller.signal }).catch((error: unknown) => error);
    caller.abort(new Error('gone'));
    expect(await aborted).toEqual(new Error('gone'));
    expect([seen.a, model.status().calls.inFlight]).toEqual([[], 0]);
  });

  test('that an asynchronous guard lets through is served', async () => {
    const { model } = setUp({ input: [guard({ name: 'own', check: async () => true }), pii()] });
    expect(await model.predict(PRIVATE)).toMatchObject({ input: { question: 'I am [email]' }, output: { answer: 'fine' } });
  });
});

describe('an output', () => {
  const LEAK = ['call +49 30 1234567', 'fine'];

  test('is redacted before the caller gets it; that of a shadow too', async () => {
    const { model, clock, sink, understudy } = setUp({ output: [pii()] }, { answers: LEAK, shadow: true });
    expect((await model.predict({ question: 'x' })).output).toEqual({ answer: 'call [phone]' });
    await clock.advance(10);
    await understudy.flush();
    expect(sink.ofType('shadow-compared')).toMatchObject([{ agrees: true }]);
    expect(sink.ofType('decision')[0]?.output).toEqual({ answer: 'call [phone]' });
  });

  test('that falls back is a failed attempt: no retry, and the next tier', async () => {
    const world = setUp({ output: [pii({ action: 'fall-back' })] }, { answers: LEAK, fallback: ['b'] });
    const decision = await world.model.predict({ question: 'x' });
    expect(decision).toMatchObject({ output: { answer: 'fine' }, servedBy: { variant: 'b' } });
    expect(decision.explain().attempts).toMatchObject([
      { name: 'a', resultClass: 'caller-error', errorType: 'GUARD_BLOCKED' },
      { name: 'b' },
    ]);
    expect(world.seen.a).toHaveLength(1);
  });

  test('that is blocked ends the asking of models: rules may serve, whose own words are not checked', async () => {
    const world = setUp({ output: [pii({ action: 'block' })] }, { answers: LEAK, fallback: ['b', table] });
    expect(await world.model.predict({ question: 'x' })).toMatchObject({
      output: { answer: 'write to help@example.com' },
      servedBy: { tier: 'rules' },
    });
    expect(world.seen.b).toEqual([]);
    const bare = setUp({ output: [pii({ action: 'block' })] }, { answers: LEAK, fallback: ['b'] });
    expect(await errorOf(bare.model.predict({ question: 'x' }))).toMatchObject({
      code: 'GUARD_BLOCKED',
      details: { guard: 'pii', side: 'output' },
    });
    expect(bare.seen.b).toEqual([]);
  });

  test('is checked later by an asynchronous guard', async () => {
    const world = setUp(
      { output: [guard({ name: 'own', check: async (text) => text !== LEAK[0], action: 'fall-back' })] },
      { answers: LEAK, fallback: ['b'] },
    );
    expect(await world.model.predict({ question: 'x' })).toMatchObject({ servedBy: { variant: 'b' } });
  });

  test('a guard that throws is told, and blocks', async () => {
    const failing = guard({
      name: 'own',
      check: () => {
        throw new TypeError('secret');
      },
    });
    const { model, sink, understudy } = setUp({ output: [failing] });
    expect(await errorOf(model.predict({ question: 'x' }))).toMatchObject({ code: 'GUARD_BLOCKED' });
    await understudy.flush();
    expect(sink.ofType('callback-failed')).toMatchObject([
      { callback: 'guards.output.own', reason: 'guards.output.own threw TypeError.' },
    ]);
    expect(model.status().callbacks).toEqual({ 'guards.output.own': { count: 1, last: 'secret' } });
  });

  test('of a stream is checked as a whole before any of it is read', async () => {
    const understudy = createUnderstudy({ clock: new VirtualClock() });
    const model = understudy.defineModel(
      { name: 'talk', input, output: z.string(), stream: textStream() },
      {
        variants: {
          a: {
            predictor: async function* () {
              yield 'I am jane@exam';
              yield 'ple.com';
            },
            version: '1',
          },
        },
        champion: 'a',
        guards: { output: [pii()] },
      },
    );
    const chunks: string[] = [];
    const stream = model.stream({ question: 'who?' });
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.join('')).toBe('I am [email]');
    expect((await stream.decision).output).toBe('I am [email]');
  });

  test('of a stream that is blocked is never read; a fixed answer is', async () => {
    const understudy = createUnderstudy({ clock: new VirtualClock() });
    const model = understudy.defineModel(
      { name: 'talk', input, output: z.string(), stream: textStream() },
      {
        variants: {
          a: {
            predictor: async function* () {
              yield 'jane@example.com';
            },
            version: '1',
          },
        },
        champion: 'a',
        fallback: [always('Sorry.')],
        guards: { output: [pii({ action: 'block' })] },
      },
    );
    const chunks: string[] = [];
    for await (const chunk of model.stream({ question: 'who?' })) chunks.push(chunk);
    expect(chunks).toEqual(['Sorry.']);
  });
});

test('a judge reads what was served, and its verdict is an outcome', async () => {
  const results: unknown[] = [];
  const world = setUp({
    output: [
      judge({
        ask: ({ input: { question }, output: { answer } }) => question !== answer,
        report: async ({ passes }, { decisionId }) => {
          results.push(await world.model.recordOutcome(decisionId, { feedback: { agree: passes } }));
        },
      }),
    ],
  });
  const decision = await world.model.predict({ question: 'x' });
  expect(decision.degraded).toBe(false);
  await world.clock.advance(10);
  expect(results).toHaveLength(1);
  expect(world.model.status().guards?.output).toMatchObject([{ name: 'judge', checked: 1, found: 0 }]);
  expect(world.model.status().outcomes.counted).toBe(1);
});

test('a judge that hangs or throws changes nothing, and does not keep a model open for ever', async () => {
  const world = setUp({
    output: [
      judge({ name: 'hangs', ask: () => new Promise(() => undefined), timeoutMs: 100 }),
      judge({ ask: () => JSON.parse('{') }),
    ],
  });
  expect(await world.model.predict({ question: 'x' })).toMatchObject({ output: { answer: 'fine' }, degraded: false });
  await world.clock.advance(10);
  const closed = world.model.close();
  await world.clock.advance(200);
  await closed;
  expect(world.model.status().guards?.output).toMatchObject([{ errors: 1 }, { errors: 1 }]);
});

test('status has guards where there are any', () => {
  expect(setUp({}).model.status()).not.toHaveProperty('guards');
  expect(setUp({ input: [pii()] }).model.status().guards).toMatchObject({ input: [{ name: 'pii', checked: 0 }], output: [] });
});

test.each<[unknown, readonly string[]]>([
  [7, ['options.guards']],
  [[pii()], ['options.guards']],
  [{ inputs: [pii()] }, ['options.guards']],
  [{ input: [7] }, ['options.guards']],
  [{ input: [pii({ action: 'fall-back' })], output: 7 }, ['options.guards.input[0].action', 'options.guards.output']],
  [
    { input: [pii({ fields: ['quesion'] })], output: [pii({ fields: ['answer.text', 'note'] })] },
    ['options.guards.input[0].fields[0]', 'options.guards.output[0].fields[1]'],
  ],
])('%o is refused when the model is defined', (guards, paths) => {
  try {
    setUp(guards as never);
    expect.unreachable();
  } catch (error) {
    expect(UnderstudyError.is(error, 'CONFIGURATION_INVALID') && error.details.problems?.map(({ path }) => path)).toEqual(paths);
  }
});
