import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { allowFields, NO_CONTENT, plainRedaction } from './redaction.ts';

function thrownBy(make: () => unknown): UnderstudyError {
  try {
    make();
  } catch (error) {
    if (UnderstudyError.is(error)) return error;
  }
  throw new Error('it threw no UnderstudyError');
}

describe('allowFields', () => {
  it('copies the allowed fields and nothing else', () => {
    const redaction = allowFields(['input.amount', 'input.applicant.age', 'output.score']);
    expect(redaction.input({ amount: 5, name: 'Ana', applicant: { age: 40, iban: 'DE00' } })).toEqual({
      amount: 5,
      'applicant.age': 40,
    });
    expect(redaction.output({ score: 0.5, embedding: [1] })).toEqual({ score: 0.5 });
  });

  it('gives nothing for a side without a path, and an empty record where no allowed field is there', () => {
    expect(allowFields(['input.a']).output({ a: 1 })).toBeUndefined();
    expect(allowFields(['input.a']).input({ b: 1 })).toEqual({});
    expect(allowFields(['input.a']).input('text')).toEqual({});
    expect(allowFields(['input.a']).input(null)).toEqual({});
    expect(NO_CONTENT.input({ a: 1 })).toBeUndefined();
  });

  it('reads own fields only: nothing of a prototype', () => {
    const redaction = allowFields(['input.constructor', 'input.secret', 'input.__proto__.secret', 'input.list.length']);
    expect(redaction.input(Object.create({ secret: 's' }))).toEqual({});
    expect(redaction.input({ list: [1, 2] })).toEqual({ 'list.length': 2 });
  });

  it('copies deeply: the caller may change the input later', () => {
    const input = { list: [{ a: 1 }], when: new Date(0) };
    const copy = allowFields(['input.list', 'input.when']).input(input);
    input.list[0] = { a: 2 };
    input.list.push({ a: 3 });
    input.when.setFullYear(1999);
    expect(copy).toEqual({ list: [{ a: 1 }], when: '1970-01-01T00:00:00.000Z' });
  });

  it('gives plain JSON data, whatever the field holds', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop['self'] = { back: loop };
    const input = {
      big: 2n ** 60n,
      floats: Float32Array.of(0.5, 1),
      longs: BigInt64Array.of(1n),
      map: new Map([['secret', 1]]),
      view: new DataView(new ArrayBuffer(2)),
      fn: () => 'secret',
      symbol: Symbol('secret'),
      holes: [1, undefined, () => 0],
      invalid: new Date(Number.NaN),
      loop,
      own: JSON.parse('{"__proto__":{"a":1}}') as unknown,
    };
    const paths = Object.keys(input).map((name) => `input.${name}`);
    expect(allowFields(paths).input(input)).toEqual({
      big: '1152921504606846976',
      floats: [0.5, 1],
      longs: ['1'],
      map: '[Map: not plain data]',
      view: '[DataView: not plain data]',
      holes: [1, null, null],
      invalid: null,
      loop: { name: 'loop', self: { back: '[circular]' } },
      own: Object.defineProperty({}, '__proto__', { value: { a: 1 }, enumerable: true }),
    });
  });

  it('repeats what is shared rather than calling it circular', () => {
    const shared = { a: 1 };
    expect(allowFields(['input.x']).input({ x: [shared, shared] })).toEqual({ x: [{ a: 1 }, { a: 1 }] });
  });

  it('survives getters and proxies that throw, and data that is too deep', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    const throwing = {
      fine: 1,
      deep,
      get trap(): never {
        throw new Error('secret');
      },
      proxy: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('secret');
          },
        },
      ),
    };
    expect(allowFields(['input.fine', 'input.deep', 'input.trap', 'input.proxy']).input(throwing)).toEqual({
      fine: 1,
      deep: '[unreadable]',
      trap: '[unreadable]',
      proxy: '[unreadable]',
    });
  });

  it('any copy survives JSON unchanged but for what JSON cannot say', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        (value) => {
          const copy = allowFields(['input.x']).input({ x: value });
          expect(() => JSON.stringify(copy)).not.toThrow();
        },
      ),
    );
  });

  it('never shows a value of a field that is not allowed', () => {
    const canary = 'canary-8c1f';
    fc.assert(
      fc.property(
        fc.object({ values: [fc.constant(canary), fc.integer()], maxDepth: 4, key: fc.constantFrom('a', 'b', 'c', 'allowed') }),
        (value) => {
          const copy = allowFields(['input.allowed.a']).input({ ...value, allowed: { ...value, a: 1 } });
          expect(JSON.stringify(copy)).not.toContain(canary);
        },
      ),
    );
  });

  it('names every path that is wrong', () => {
    const make = (): unknown => allowFields(['input.a', 'amount', 'output', 'input..b', 'inputs.a', 5 as never]);
    const error = thrownBy(make);
    expect(error.code).toBe('CONFIGURATION_INVALID');
    expect(error.details.problems?.map(({ path }) => path)).toEqual([
      'redact[1]',
      'redact[2]',
      'redact[3]',
      'redact[4]',
      'redact[5]',
    ]);
  });
});

describe('what a runtime makes of content', () => {
  const mask = (text: string): string => text.replaceAll(/\w+@\w+\.\w+/g, '[email]');

  it('masks names of members inside of an allowed field, and keeps them apart', () => {
    const redaction = plainRedaction(allowFields(['output.scores'], { mask }));
    expect(
      redaction.output({
        scores: { 'ana@example.com': 1, 'bob@example.com': { 'to cy@example.com': ['dan@example.com'] }, total: 2 },
      }),
    ).toEqual({ scores: { '[email]': 1, '[email] 2': { 'to [email]': ['[email]'] }, total: 2 } });
  });

  it('leaves names of allowed fields as they are, and those in named fields to the mask', () => {
    const redaction = plainRedaction(
      allowFields(['input.ana@example', 'input.who'], { mask: () => 'x' }),
      ['input.who'],
      () => 'p',
    );
    expect(redaction.input({ 'ana@example': 'a', who: { name: 'Ana' } })).toEqual({ 'ana@example': 'x', who: { x: 'p' } });
  });

  it('cannot be changed by who gets it: another sink would see that', () => {
    const content = plainRedaction(allowFields(['input.a'])).input({ a: { list: [{ b: 1 }] } });
    const list = Reflect.get(Reflect.get(content ?? {}, 'a') as object, 'list') as object[];
    for (const part of [content, Reflect.get(content ?? {}, 'a'), list, list[0]]) expect(Object.isFrozen(part)).toBe(true);
  });

  it('a mask that throws lets no name through', () => {
    const redaction = plainRedaction(
      allowFields(['input.a'], {
        mask: () => {
          throw new Error('no');
        },
      }),
    );
    expect(redaction.input({ a: { ana: 1, bob: 2 } })).toEqual({ a: { '[unreadable]': 1, '[unreadable] 2': 2 } });
  });
});
