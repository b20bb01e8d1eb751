import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problemPaths } from '../../tests/support/problem-paths.ts';
import { UnderstudyError } from '../errors/index.ts';
import { blocklist } from './blocklist.ts';
import type { Guard } from './guard.ts';
import { judge } from './judge.ts';
import { length } from './length.ts';
import { guard } from './own-guard.ts';
import { pii } from './pii.ts';
import { redactor } from './redactor.ts';

const whole = (guards: readonly Guard<never>[], text: string): string => {
  const stream = redactor(guards);
  return stream.push(text) + stream.end();
};
const inChunks = (guards: readonly Guard<never>[], chunks: readonly string[]): string => {
  const stream = redactor(guards);
  return chunks.map((chunk) => stream.push(chunk)).join('') + stream.end();
};
const GUARDS = [
  pii(),
  blocklist({
    words: ['project apollo', 'Straße', 'x'],
    patterns: [/id-\d+/i, /^secret|\bkey$/m],
    longest: 12,
    action: 'redact',
  }),
];

test.each([
  'my card is 4111 1111 1111 1111, thanks',
  'mail jane.doe@example.co.uk or +49 30 1234567 (see 10.0.0.1)',
  'eth0:fe80::1.Then 10.0.0.1:443 VISA4111111111111111and tel+491701234567x, face:2001:db8::1',
  'DE89 3704 0044 0532 0130 00 and fe80::1 for Project Apollo, ID-123456789012345',
])('a chunk may end anywhere: %s', (text) => {
  const expected = whole(GUARDS, text);
  expect(expected).not.toBe(text);
  for (let first = 0; first <= text.length; first++) {
    expect(inChunks(GUARDS, [text.slice(0, first), text.slice(first)])).toBe(expected);
    for (let second = first; second <= text.length; second += 3)
      expect(inChunks(GUARDS, [text.slice(0, first), text.slice(first, second), text.slice(second)])).toBe(expected);
  }
  expect(inChunks(GUARDS, text.split(''))).toBe(expected);
});

test('any text, in any chunks, is what it is as a whole', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '4111 1111 1111 1111',
      '4111-1111',
      ' 11',
      'jane@example.com',
      'jane@',
      'example.',
      'com',
      '+49 30 ',
      '1234567',
      '(415) 555-',
      '2671',
      'DE89 3704 0044 0532 0130 00',
      'fe80::',
      '10.0.0.1',
      ':443',
      'eth0:',
      'ab',
      'VISA',
      '_',
      '2001:db8::1',
      '4111111111111111',
      'tel+491701234567',
      '.',
      ':',
      '-',
      ' ',
      'x',
      'project apollo',
      'STRASSE straße',
      'id-77',
      'secret',
      '\n',
      'a'.repeat(70),
    ),
    fc.string({ maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 14 }),
      fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 40 }),
      (pieces, sizes) => {
        const text = pieces.join('');
        const chunks: string[] = [];
        for (let at = 0, index = 0; at < text.length; index++) {
          const size = sizes[index % sizes.length] ?? 1;
          const step = index > 200 ? text.length : size;
          chunks.push(text.slice(at, at + step));
          at += step;
        }
        expect(inChunks(GUARDS, chunks)).toBe(whole(GUARDS, text));
      },
    ),
    { numRuns: 500 },
  );
});

test('words are handed out as they end, and what is held back is bounded', () => {
  const stream = redactor([pii()]);
  expect(stream.push('hello wor')).toBe('hello ');
  expect(stream.held).toBe(3);
  expect(stream.push('ld, 4111 1111')).toBe('world, ');
  expect(stream.push(' 1111 1111')).toBe('');
  expect(stream.push('.\n')).toBe('[card].\n');
  expect([stream.held, stream.end()]).toEqual([0, '']);
  const hostile = redactor([pii()]);
  let most = 0;
  for (let index = 0; index < 2000; index++) {
    hostile.push('a@a.');
    most = Math.max(most, hostile.held);
  }
  expect(most).toBeLessThanOrEqual(322);
});

describe('block', () => {
  test('throws before anything of what was found is handed out, and lets nothing through after', () => {
    const stream = redactor([pii({ action: 'block', name: 'private' })], { model: 'chat' });
    let told = stream.push('Her address is jane@exam');
    const thrown = (() => {
      try {
        told += stream.push('ple.com, and more');
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(told).toBe('Her address is ');
    expect(UnderstudyError.is(thrown, 'GUARD_BLOCKED') && thrown.details).toEqual({
      model: 'chat',
      guard: 'private',
      side: 'output',
    });
    expect(String(thrown)).not.toContain('jane');
    expect(() => stream.push('x')).toThrow('make another one');
    expect(() => stream.end()).toThrow('make another one');
  });

  test('by length: the chunk that is too much, and a text that stays too short', () => {
    const long = redactor([length({ maxCharacters: 5 })]);
    expect(long.push('12345')).toBe('12345');
    expect(() => long.push('6')).toThrow('Guard "length" blocked the output');
    const short = redactor([length({ minCharacters: 3 })]);
    expect([short.push(' a'), short.held]).toEqual(['', 2]);
    expect(() => short.end()).toThrow('Guard "length"');
    expect(whole([length({ minCharacters: 3, maxCharacters: 5 })], ' abc ')).toBe(' abc ');
  });
});

test('guards that need a whole text are refused, and so are wrong ones', () => {
  const wrong = [guard({ name: 'own', check: () => true }), judge({ ask: () => true }), {} as never];
  expect(problemPaths(() => redactor(wrong))).toEqual(['guards[0]', 'guards[1]', 'guards[2]']);
  expect(problemPaths(() => redactor(pii() as never))).toEqual(['guards']);
  expect(problemPaths(() => redactor([pii()], { sides: 'input' } as never))).toEqual(['redactor.sides']);
  expect(problemPaths(() => redactor([pii()], { side: 'in' as never, model: 7 as never }))).toEqual([
    'redactor.model',
    'redactor.side',
  ]);
  expect(problemPaths(() => redactor([pii()], null as never))).toEqual(['redactor']);
  const stream = redactor([]);
  expect(stream.push('a') + stream.end()).toBe('a');
  expect(() => stream.end()).toThrow('one text');
});
