import { describe, expect, it } from 'vitest';
import { callback, count, either, list, ms, msOrNever, oneOf, required, share, text } from './kinds.ts';
import { checkOptions, options, readOptions } from './read-options.ts';

interface Sample {
  readonly url: string;
  readonly attempts?: number;
  readonly waitMs?: number;
  readonly mode?: 'fast' | 'slow';
  readonly parts?: readonly { readonly share?: number }[];
  readonly on?: () => void;
}
const KINDS = {
  url: required(text),
  attempts: count,
  waitMs: msOrNever,
  mode: oneOf('fast', 'slow'),
  parts: list(options<{ share?: number }>({ share })),
  on: callback,
};
const problemsOf = (given: unknown): string[] =>
  checkOptions<Sample, { attempts: number }>(given as Sample, KINDS, { attempts: 3 }).problems.map(
    ({ path, message }) => `${path}: ${message}`,
  );

describe('options are read once and checked all at once', () => {
  it('fills what is absent with its default, where undefined is absent', () => {
    const settings = readOptions<Sample, { attempts: number }>('thing', { url: 'x', waitMs: Infinity }, KINDS, { attempts: 3 });
    expect(settings).toEqual({ url: 'x', attempts: 3, waitMs: Infinity });
    expect(problemsOf({ url: 'x', attempts: undefined, mode: undefined })).toEqual([]);
  });

  it('tells every problem with its path, and the nearest option of a typing error', () => {
    expect(
      problemsOf({ attemps: 5, attempts: '5', waitMs: Number.NaN, mode: 'fats', parts: [{}, { share: 2 }, null], on: 1 }),
    ).toEqual([
      'attemps: is not an option, did you mean attempts?',
      'url: expected a text that is not empty, got undefined',
      'attempts: expected a whole number of at least 1, got "5"',
      'waitMs: expected milliseconds over 0, or Infinity for never, got NaN',
      'mode: expected one of "fast", "slow", did you mean fast?, got "fats"',
      'parts[1].share: expected a fraction over 0, at most 1, got 2',
      'parts[2]: expected an object with options (share), got null',
      'on: expected a function, got 1',
    ]);
    expect(problemsOf({ url: 'x', zzzzzzz: 1 })).toEqual([
      'zzzzzzz: is not an option: known are url, attempts, waitMs, mode, parts, on',
    ]);
  });

  it('throws one error whose paths begin with the factory', () => {
    expect(() => readOptions('thing', { ms: -1 }, { ms }, {})).toThrowError(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: { problems: [{ path: 'thing.ms', message: 'expected milliseconds over 0, got -1' }] },
      }),
    );
    expect(() => readOptions<{ ms?: number }, {}>('thing', null as never, { ms }, {})).toThrowError(
      'thing: expected an object with options (ms), got null',
    );
  });

  it('asks relations only where each option fits by itself', () => {
    const both = (given: { a?: number; b?: number }): unknown =>
      checkOptions(given, { a: count, b: count }, { a: 1, b: 2 }, ({ a, b }) => [[a <= b, 'a', `at most b (${b})`]]).problems;
    expect(both({ a: 3 })).toEqual([{ path: 'a', message: 'expected at most b (2), got 3' }]);
    expect(both({ a: 3, b: -1 })).toEqual([{ path: 'b', message: 'expected a whole number of at least 1, got -1' }]);
  });

  it('says what two kinds would take, and the parts of the one that came near', () => {
    const kind = either(text, list(count));
    expect([kind('a'), kind([1]), kind(4), kind([0])]).toEqual([
      undefined,
      undefined,
      'a text that is not empty, or a list',
      [{ path: '[0]', message: 'expected a whole number of at least 1, got 0' }],
    ]);
    const orOptions = either(text, (value) => checkOptions(value as object, { url: required(text) }, {}).problems);
    expect([orOptions(4), orOptions(null), orOptions({})]).toEqual([
      'a text that is not empty, or an object with options',
      'a text that is not empty, or an object with options',
      [{ path: 'url', message: 'expected a text that is not empty, got undefined' }],
    ]);
  });

  it.each([
    [
      'a getter that throws',
      Object.defineProperty({ url: 'x' }, 'mode', {
        enumerable: true,
        get: () => {
          throw new Error('no');
        },
      }),
      ['mode'],
    ],
    ['a proxy that was revoked', revoked(), ['']],
    [
      'a proxy that hides its names',
      new Proxy(
        { url: 1 },
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
      ['url'],
    ],
    ['an object without a prototype', Object.assign(Object.create(null), { url: Object.create(null) }), ['url']],
    ['a symbol as a value', { url: Symbol('x') }, ['url']],
    ['a value that was revoked', { url: revoked() }, ['url']],
    ['a list', [], ['']],
    ['a function', () => 1, ['']],
  ])('tells a problem of %s, and throws nothing', (_, given, paths) => {
    expect(checkOptions<Sample, {}>(given as Sample, KINDS, {}).problems.map(({ path }) => path)).toEqual(paths);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
