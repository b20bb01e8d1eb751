import { describe, expect, it } from 'vitest';
import { line, outline } from './outline.ts';

describe('line', () => {
  it('cuts, puts all on one line, and shows what would hide or turn', () => {
    expect(line('a\nb\tc')).toBe('a b c');
    expect(line('x'.repeat(500), 10)).toBe(`${'x'.repeat(9)}…`);
    expect(line('safe\u202Egnp.exe\u200B\u0000')).toBe('safe\\u202egnp.exe\\u200b\\u0000');
    expect(line('\uD800 alone')).toBe('\\ud800 alone');
    expect(line('a 🙂')).toBe('a 🙂');
  });
});

describe('outline', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [12n, '12n'],
    [true, 'true'],
    ['<b>"hi"</b>', '"<b>\\"hi\\"</b>"'],
    [Symbol('x'), '(symbol)'],
    [() => 1, '(function)'],
    [[], '[]'],
    [{}, '{}'],
    [new Date(0), '(date) 1970-01-01T00:00:00.000Z'],
    [new Date(NaN), '(date) invalid'],
    [new Uint8Array(9), '(9 bytes)'],
    [Promise.resolve(1), '(promise)'],
    [new Error('broke'), '(error) "broke"'],
    [{ a: 1, 'b c': [true] }, '{\n  a: 1\n  "b c": [\n    true\n  ]\n}'],
    [new Map([['k', 1]]), '(map)\n  "k" → 1'],
    [new Set(['v']), '(set)\n  "v"'],
    [Object.create(null), '{}'],
  ])('shows %o', (value, text) => {
    expect(outline(value)).toBe(text);
  });

  it('runs no code of the value', () => {
    let ran = 0;
    const value = {
      get secret() {
        return ++ran;
      },
      toString: () => ++ran,
      toJSON: () => ++ran,
      // A thenable is never awaited.
      then: () => ++ran,
      [Symbol.toPrimitive]: () => ++ran,
    };
    expect(outline([value])).toContain('secret: (getter)');
    expect(ran).toBe(0);
  });

  it('survives what throws when it is looked at', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(outline({ proxy, hostile, after: 1 })).toBe(
      '{\n  proxy: (throws when it is looked at)\n  hostile: (throws when it is looked at)\n  after: 1\n}',
    );
  });

  it('names cycles, and shows twice what is there twice', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const twice = { n: 1 };
    expect(outline(cycle)).toBe('{\n  self: (the same as above: a cycle)\n}');
    expect(outline([twice, twice])).not.toContain('cycle');
  });

  it('is bounded in depth, entries, texts and all', () => {
    let deep: unknown = 1;
    for (let n = 0; n < 10_000; n++) deep = { deep };
    expect(outline(deep)).toContain('{…}');
    expect(outline(Array.from({ length: 1_000_000 }, (_, n) => n))).toContain('… 999950 more');
    expect(outline('x'.repeat(10_000_000))).toContain('… 9998000 more characters');
    const wide = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, 'y'.repeat(1900)]));
    expect(outline(wide).length).toBeLessThan(20_100);
    expect(outline(new Map(Array.from({ length: 900 }, (_, n) => [n, n])))).toContain('… and more');
  });
});
