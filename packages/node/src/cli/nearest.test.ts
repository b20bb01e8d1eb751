import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const COMMANDS = ['plan', 'profile', 'report'];

it.each([
  ['plan', 'plan'],
  ['paln', 'plan'],
  ['plans', 'plan'],
  ['pla', 'plan'],
  ['rport', 'report'],
  ['reoprt', 'report'],
  ['profiel', 'profile'],
])('%s may mean %s', (word, meant) => {
  expect(nearest(word, COMMANDS)).toBe(`, did you mean ${meant}?`);
});

it.each(['', 'deploy', 'p', 'reports now'])('"%s" means none', (word) => {
  expect(nearest(word, COMMANDS)).toBe('');
});

it('two letters put in, left out or changed are found, whichever they are (property)', () => {
  const edit = fc.tuple(fc.constantFrom('in', 'out', 'other'), fc.nat(20), fc.constantFrom('a', 'e', 'n', 'x'));
  fc.assert(
    fc.property(fc.constantFrom(...COMMANDS), fc.array(edit, { maxLength: 2 }), (name, edits) => {
      let word = name;
      for (const [kind, place, letter] of edits) {
        const at = place % (word.length + 1);
        word = word.slice(0, at) + (kind === 'out' ? '' : letter) + word.slice(kind === 'in' ? at : at + 1);
      }
      expect(nearest(word, [name])).toBe(`, did you mean ${name}?`);
    }),
  );
});
