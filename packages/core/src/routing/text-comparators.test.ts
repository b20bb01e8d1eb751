import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sameJson, type SameJsonOptions, sameText, type SameTextOptions } from './text-comparators.ts';

describe('sameText', () => {
  test.each<[string, SameTextOptions<string>, string, string, boolean]>([
    ['spaces do not count', {}, ' a  b\n', 'a b', true],
    ['case does', {}, 'a', 'A', false],
    ['unless it is said', { normalise: 'space-and-case' }, 'A  b', 'a B', true],
    ['nothing is left out', { normalise: 'nothing' }, 'a b', 'a  b', false],
    ['composed characters are the same', { normalise: 'nothing' }, 'é', 'e\u0301', true],
    ['a function of yours', { normalise: (text) => text.replace(/\d/g, '') }, 'a1', 'a2', true],
  ])('%s', (_, options, served, shadow, agrees) => {
    expect(sameText<string>(options)(served, shadow, 0)).toEqual({ agrees });
  });
  test('of a field; what is no text is not compared', () => {
    const compare = sameText<{ readonly answer: string }>({ field: 'answer' });
    expect(compare({ answer: 'a ' }, { answer: 'a' }, 0).agrees).toBe(true);
    expect(() => compare({ answer: 1 as never }, { answer: 'a' }, 0)).toThrow('answer is no text');
    expect(() => sameText()({}, 'a', 0)).toThrow('name its field');
    expect(() => sameText({ normalise: 'all' as never })).toThrow('sameText');
  });
});

describe('sameJson', () => {
  test.each<[string, SameJsonOptions<unknown>, unknown, unknown, object]>([
    ['spaces and the order of names', {}, '{"a":1,"b":[1,2]}', '{ "b": [1, 2], "a": 1 }', { agrees: true, difference: 0 }],
    ['a fence of Markdown', {}, '```json\n{"a":1}\n```', '{"a":1}', { agrees: true, difference: 0 }],
    ['data beside a text', {}, { a: 1 }, '{"a":1}', { agrees: true, difference: 0 }],
    [
      'how many values differ',
      {},
      '{"a":1,"b":{"c":2,"d":3},"e":[1,2]}',
      '{"a":2,"b":{"c":2},"e":[1]}',
      { agrees: false, difference: 3 },
    ],
    ['types', {}, '[1]', '{"0":1}', { agrees: false, difference: 1 }],
    ['null is not absent', {}, '{"a":null}', '{}', { agrees: false, difference: 1 }],
    [
      'fields that do not count',
      { ignore: ['id', 'rows.at'] },
      '{"id":1,"rows":[{"at":1,"x":2}]}',
      '{"rows":[{"at":9,"x":2}]}',
      { agrees: true, difference: 0 },
    ],
    ['within a tolerance', { tolerance: { relative: 0.1 } }, '[100]', '[109]', { agrees: true, difference: 0 }],
    ['beyond it', { tolerance: { absolute: 1 } }, '[100]', '[102]', { agrees: false, difference: 1 }],
    ['lists in order', {}, '[1,2]', '[2,1]', { agrees: false, difference: 2 }],
    ['lists in any order', { ordered: false }, '[{"a":1},{"a":2},3]', '[3,{"a":2},{"a":1}]', { agrees: true, difference: 0 }],
    ['lists in any order, with one that repeats', { ordered: false }, '[1,1,2]', '[1,2,2]', { agrees: false, difference: 1 }],
    ['a shadow that is no JSON', {}, '{}', 'Sure! {}', { agrees: false }],
  ])('%s', (_, options, served, shadow, expected) => {
    expect(sameJson(options)(served, shadow, 0)).toEqual(expected);
  });
  test('a served answer that is no JSON is not compared; a field may hold it', () => {
    expect(() => sameJson()('no', '{}', 0)).toThrow(SyntaxError);
    expect(sameJson<{ readonly text: string }>({ field: 'text' })({ text: '[]' }, { text: '[ ]' }, 0).agrees).toBe(true);
    const long = JSON.stringify(Array.from({ length: 1001 }, () => 1));
    expect(() => sameJson({ ordered: false })(long, long, 0)).toThrow('more than 1000');
    expect(() => sameJson({ tolerance: { absolute: -1 } })).toThrow('absolute');
    expect(() => sameJson({ tolerance: 1 as never })).toThrow('sameJson');
  });
  test('any data agrees with itself, in any order of lists, and a changed number does not', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        expect(sameJson()(text, JSON.stringify(value, null, 2), 0)).toEqual({ agrees: true, difference: 0 });
        const list = Array.isArray(value) ? value : [value];
        expect(sameJson({ ordered: false })(list, list.toReversed(), 0)).toEqual({ agrees: true, difference: 0 });
        expect(sameJson()(`[${text},1]`, `[${text},2]`, 0)).toEqual({ agrees: false, difference: 1 });
      }),
    );
  });
});
