import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { problemPaths } from '../../tests/support/problem-paths.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { blocklist } from './blocklist.ts';
import type { Guard, GuardLists } from './guard.ts';
import { guardRunner, type RunningGuards } from './guard-runner.ts';
import { judge } from './judge.ts';
import { length } from './length.ts';
import { matchesSchema } from './matches-schema.ts';
import { guard, type OwnGuardOptions } from './own-guard.ts';
import { pii } from './pii.ts';

type Lists = GuardLists<never>;

function started(guards: Lists): { readonly run: RunningGuards; readonly failed: string[] } {
  const failed: string[] = [];
  const run = guardRunner.start(guards, 'm', {
    clock: new VirtualClock(),
    random: () => 0,
    defer: (task) => task(),
    failed: (callback, error) => failed.push(`${callback}: ${String(error)}`),
  });
  return { run, failed };
}
const own = (check: OwnGuardOptions['check'], options: Partial<OwnGuardOptions> = {}): Guard<never> =>
  guard({ name: 'own', check, ...options });
/** What becomes of an output: its value, or why it is stopped. */
async function output(value: unknown, ...guards: readonly Guard<never>[]): Promise<unknown> {
  const { value: passed, stop, isFinal } = await started({ output: guards }).run.output(value);
  return stop === undefined ? passed : `${stop.message}${isFinal ? '' : ' (next tier)'}`;
}

test('guards run in order, each on what those before it have redacted; nothing of the caller is changed', async () => {
  const input = Object.freeze({ note: 'jane@example.com is Apollo', n: 1 });
  const { run } = started({ input: [pii(), blocklist({ words: ['apollo'], action: 'redact' })] });
  expect(await run.input(input)).toMatchObject({ value: { note: '[email] is [blocked]', n: 1 }, stop: undefined });
  expect(input.note).toBe('jane@example.com is Apollo');
  const clean = { note: 'nothing' };
  expect((await run.input(clean)).value).toBe(clean);
  expect(run.status()).toEqual({
    input: [
      { name: 'pii', action: 'redact', checked: 2, texts: 2, found: 1, errors: 0 },
      { name: 'blocklist', action: 'redact', checked: 2, texts: 2, found: 1, errors: 0 },
    ],
    output: [],
  });
});

test('synchronous guards answer at once', () => {
  expect(started({ input: [pii(), own(() => true)] }).run.input('a')).not.toBeInstanceOf(Promise);
});

test.each<[string, unknown, readonly Guard<never>[], unknown]>([
  ['block', 'jane@example.com', [pii({ action: 'block' })], 'Guard "pii" blocked the output of model "m". It found: email.'],
  [
    'fall back',
    'jane@example.com',
    [pii({ action: 'fall-back' })],
    'Guard "pii" blocked the output of model "m". It found: email. (next tier)',
  ],
  ['too long', { a: 'abcd' }, [length({ maxCharacters: 3 })], 'Guard "length" blocked the output of model "m".'],
  [
    'too short',
    '  ',
    [length({ minCharacters: 1, action: 'fall-back' })],
    'Guard "length" blocked the output of model "m". (next tier)',
  ],
  ['long enough', 'abc', [length({ minCharacters: 3, maxCharacters: 3 })], 'abc'],
  [
    'fields',
    { a: 'x@example.com', b: { c: 'x@example.com' } },
    [pii({ fields: ['b'] })],
    { a: 'x@example.com', b: { c: '[email]' } },
  ],
  [
    'a word of a list',
    'Apollo and apollo',
    [blocklist({ words: ['apollo'] })],
    'Guard "blocklist" blocked the output of model "m". It found a word or pattern of its list.',
  ],
  ['a value that fits', { n: 1 }, [matchesSchema(z.object({ n: z.number() }))], { n: 1 }],
  [
    'a value that does not',
    { n: 'x' },
    [matchesSchema(z.object({ n: z.number() }))],
    'Guard "matchesSchema" blocked the output of model "m".',
  ],
  ['JSON that fits', '{"n":1}', [matchesSchema(z.object({ n: z.number() }), { json: true })], '{"n":1}'],
  [
    'JSON that does not',
    '{"n":""}',
    [matchesSchema(z.object({ n: z.number() }), { json: true })],
    'Guard "matchesSchema" blocked the output of model "m".',
  ],
  [
    'no JSON',
    'n: 1',
    [matchesSchema(z.object({}), { json: true, action: 'fall-back' })],
    'Guard "matchesSchema" blocked the output of model "m". (next tier)',
  ],
  [
    'an asynchronous schema',
    { n: 1 },
    [matchesSchema(z.object({ n: z.number().refine(async (n) => n > 1) }))],
    'Guard "matchesSchema" blocked the output of model "m".',
  ],
  ['own, true', 'a', [own(() => true)], 'a'],
  ['own, false', 'a', [own(() => false)], 'Guard "own" blocked the output of model "m".'],
  ['own, later', 'a', [own(async () => false)], 'Guard "own" blocked the output of model "m".'],
  ['own, redacting all', ['a', 'b'], [own((text) => text !== 'a', { action: 'redact' })], ['[own]', 'b']],
  [
    'own, parts in any order that overlap',
    'abcdef',
    [
      own(
        () => [
          { start: 3, end: 5, label: 'late' },
          { start: 1, end: 4 },
          { start: 0, end: 1 },
        ],
        { action: 'redact' },
      ),
    ],
    '[own][own]f',
  ],
  ['own, no parts', 'a', [own(() => [])], 'a'],
  ['after an asynchronous one the next', 'jane@example.com', [own(async () => true), pii()], '[email]'],
])('%s', async (_, value, guards, expected) => {
  expect(await output(value, ...guards)).toEqual(expected);
});

test('a guard of whole values counts no texts', () => {
  const { run } = started({ output: [matchesSchema(z.string()), judge({ ask: () => true }), pii({ fields: ['a'] })] });
  void run.output({ b: 'x' });
  const { output: status } = run.status();
  expect(status.map((one) => 'texts' in one)).toEqual([false, false, true]);
});

test('an own guard is told where a text is', async () => {
  const seen: unknown[] = [];
  await output(
    { rows: [{ text: 'a' }] },
    own((text, context) => seen.push([text, context]) > 0),
  );
  expect(seen).toEqual([['a', { model: 'm', side: 'output', field: 'rows.text' }]]);
});

describe('a guard that fails itself', () => {
  const throwing = (): never => {
    throw new TypeError('secret');
  };
  test.each<[string, OwnGuardOptions['check']]>([
    ['throws', throwing],
    ['rejects', async () => throwing()],
    ['answers nonsense', (() => 'yes') as never],
    ['answers a part that is not there', () => [{ start: 0, end: 99 }]],
    ['answers an unreadable thenable', (() => Object.defineProperty({}, 'then', { get: throwing })) as never],
    ['answers a thenable that throws', (() => ({ then: throwing })) as never],
  ])('that %s blocks, and is told; or passes', async (_, check) => {
    const { run, failed } = started({ output: [own(check)] });
    const { stop, isFinal } = await run.output('a');
    expect([stop?.code, stop?.details, isFinal]).toEqual(['GUARD_BLOCKED', { model: 'm', guard: 'own', side: 'output' }, true]);
    expect(stop?.message).toContain('failed');
    expect(stop?.message).not.toContain('secret');
    expect(failed).toHaveLength(1);
    expect(run.status().output[0]).toMatchObject({ errors: 1, found: 0 });
    expect(await output('a', own(check, { onError: 'pass' }))).toBe('a');
    expect(await output('a', own(check, { action: 'fall-back' }))).toContain('(next tier)');
    expect(await output('a', own(check, { action: 'redact' }))).toContain('blocked');
  });
  test('data that cannot be walked counts as such', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(await output(circle, pii())).toContain('failed');
    expect(await output(circle, pii({ onError: 'pass' }))).toBe(circle);
  });
  test('a schema that throws is a failure of the guard', async () => {
    const schema = z.object({}).refine(throwing);
    expect(await output({}, matchesSchema(schema))).toContain('failed');
  });
});

describe('what is wrong is told with its path', () => {
  const told = (given: unknown): readonly string[] => guardRunner.check(given).map(({ path }) => path);

  test.each<[string, unknown, readonly string[]]>([
    ['nothing', { input: [pii()], output: [pii(), judge({ ask: () => true })] }, []],
    ['no object', [pii()], ['']],
    ['an unknown side', { inputs: [pii()] }, ['inputs']],
    ['no list', { input: pii() }, ['input']],
    ['no guard', { output: [{}, null, 'pii'] }, ['output[0]', 'output[1]', 'output[2]']],
    ['two of a name', { input: [pii(), pii({ name: 'other' }), pii()] }, ['input[2]']],
    ['a fall-back of an input', { input: [pii({ action: 'fall-back' })] }, ['input[0].action']],
    ['a judge of inputs', { input: [judge({ ask: () => true })] }, ['input[0]']],
  ])('%s', (_, given, paths) => {
    expect(told(given)).toEqual(paths);
  });
  test.each<[string, () => unknown, readonly string[]]>([
    ['a kind of data', () => pii({ kinds: ['mail' as never] }), ['pii.kinds[0]']],
    ['no limit', () => length({}), ['length.maxCharacters']],
    ['no schema', () => matchesSchema({} as never), ['matchesSchema.schema']],
    ['fields of a whole value', () => matchesSchema(z.string(), { fields: ['a'] }), ['matchesSchema.fields']],
    ['no function', () => guard({ name: '', check: 1 as never }), ['guard.name', 'guard.check']],
    ['a redaction by length', () => length({ maxCharacters: 1, action: 'redact' as never }), ['length.action']],
  ])('at once: %s', (_, made, paths) => {
    expect(problemPaths(made)).toEqual(paths);
  });
  test('fields that the contract does not have', () => {
    const known = { input: ['question', 'meta'], output: undefined };
    const fields = ['quesion', 'meta.note', 'answers'];
    const own = guard({ name: 'own', fields, check: () => true });
    expect(guardRunner.check({ input: [own], output: [pii({ fields })] }, known)).toEqual([
      { path: 'input[0].fields[0]', message: 'the input has no field quesion, did you mean question?' },
      { path: 'input[0].fields[2]', message: 'the input has no field answers: its fields are question, meta' },
    ]);
  });
});
