import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskPii, pii } from './pii.ts';
import { redactor } from './redactor.ts';

const clean = maskPii({ kinds: ['national-id'] });

describe('national-id', () => {
  // Numbers that the authorities publish as examples, or that fit their rules and are given to nobody.
  test.each([
    ['United States', '078-05-1120'],
    ['United States, with spaces', '219 09 9999'],
    ['Canada', '130 692 544'],
    ['Brazil', '529.982.247-25'],
    ['Brazil, digits alone', '52998224725'],
    ['United Kingdom', 'AB 12 34 56 C'],
    ['United Kingdom, in one', 'ab123456c'],
    ['Germany', '86095742719'],
    ['Germany, with spaces', '86 095 742 719'],
    ['France', '255081416802538'],
    ['France, with spaces', '2 55 08 14 168 025 38'],
    ['France, Corsica', '1 85 05 2A 006 084 35'],
    ['Spain', '12345678Z'],
    ['Spain, of a foreigner', 'X-1234567-L'],
    ['Italy', 'RSSMRA85T10A562S'],
    ['Poland', '44051401359'],
    ['Belgium', '85.07.30-033.28'],
    ['Sweden', '811228-9874'],
    ['Finland', '131052-308T'],
    ['Switzerland', '756.9217.0769.85'],
    ['India', '2345 6789 0124'],
  ])('%s: %s', (_, number) => {
    expect(clean(`of ${number}, she said`)).toBe('of [national-id], she said');
    expect(clean(number)).toBe('[national-id]');
  });

  test.each([
    ['an area that there is not', '000-12-3456'],
    ['an area of tax numbers', '912-34-5678'],
    ['a group of zeros', '123-00-4567'],
    ['nine digits without separators', '123456789'],
    ['a check digit that does not fit', '130 692 545'],
    ['a check digit that does not fit', '529.982.247-26'],
    ['equal digits', '111.111.111-11'],
    ['letters that are not given out', 'BG123456A'],
    ['a letter that does not fit', '12345678A'],
    ['a key that does not fit', '255081416802539'],
    ['no day', '990230-9874'],
    ['a part of a longer number', '9944051401359'],
    ['a part of an id', 'a44051401359'],
    ['a decimal fraction', '3.14159'],
    ['a date and time', '2026-11-30 20:15'],
    ['prose', 'is a people person; I am at no 7, and in 1984 she had 21 books.'],
  ])('%s is none: %s', (_, text) => {
    expect(clean(text)).toBe(text);
  });

  test('a text that comes in chunks is masked as a whole one, wherever it is cut', () => {
    const text = 'a 078-05-1120 b 2 55 08 14 168 025 38 c RSSMRA85T10A562S d AB 12 34 56 C.';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (lengths) => {
        const stream = redactor([pii({ kinds: ['national-id'] })]);
        let [at, told] = [0, ''];
        for (let turn = 0; at < text.length; turn++) {
          const length = lengths[turn % lengths.length] ?? 1;
          told += stream.push(text.slice(at, at + length));
          at += length;
        }
        expect(told + stream.end()).toBe('a [national-id] b [national-id] c [national-id] d [national-id].');
      }),
    );
  });
});

describe('maskPii', () => {
  test('puts the kind in the place of each finding, and leaves everything else', () => {
    expect(maskPii()('Ana (ana@example.com, 078-05-1120) paid with 4111 1111 1111 1111')).toBe(
      'Ana ([email], [national-id]) paid with [card]',
    );
    expect(maskPii({ kinds: ['email'] })('ana@example.com 078-05-1120')).toBe('[email] 078-05-1120');
  });
  test('refuses kinds that there are not', () => {
    expect(() => maskPii({ kinds: ['name' as 'email'] })).toThrow('maskPii.kinds[0]');
  });
});
