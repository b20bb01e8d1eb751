import { createHmac } from 'node:crypto';
import { allowFields, createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { maskPii } from '@understudy/core/guards';
import { fakeSink } from '@understudy/core/testing';
import { describe, expect, it, test } from 'vitest';
import * as z from 'zod';
import { pseudonyms, type PseudonymsOptions } from './pseudonyms.ts';

const [OLD, NEW] = ['an old key of 32 bytes, quite long', 'a new key of 32 bytes, quite long.'];
const JULY = Date.UTC(2026, 6);
const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);

describe('pseudonyms', () => {
  it('are the HMAC of a text under the key of the epoch', () => {
    let at = JULY - 1;
    const made = pseudonyms({
      keys: [
        { epoch: 'h1', key: OLD },
        { epoch: 'h2', key: NEW, from: new Date(JULY) },
      ],
      now: () => at,
    });
    expect([made.fields, made.of('ana'), made.of('ana')]).toEqual([
      ['unit', 'tenant'],
      `h1.${hmac(OLD, 'ana')}`,
      `h1.${hmac(OLD, 'ana')}`,
    ]);
    at = JULY;
    expect(made.of('ana')).toBe(`h2.${hmac(NEW, 'ana')}`);
    expect(made.of('bob')).not.toBe(made.of('ana'));
    expect(made.all('ana')).toEqual([`h2.${hmac(NEW, 'ana')}`, `h1.${hmac(OLD, 'ana')}`]);
    // A clock that goes back.
    at = JULY - 1;
    expect(made.of('ana')).toBe(`h1.${hmac(OLD, 'ana')}`);
  });

  it('are the same for a key in bytes, which may be cleared afterwards, and for more texts than are remembered', () => {
    const bytes = new TextEncoder().encode(OLD);
    const made = pseudonyms({ keys: [{ epoch: 'h1', key: bytes }] });
    bytes.fill(0);
    const texts = Array.from({ length: 2500 }, (_, index) => `user-${index}`);
    expect(texts.map(made.of)).toEqual(texts.map((text) => `h1.${hmac(OLD, text)}`));
  });

  test.each<[string, Partial<PseudonymsOptions>, string]>([
    ['no keys', { keys: [] }, 'pseudonyms.keys'],
    ['a short key', { keys: [{ epoch: 'a', key: 'short' }] }, 'pseudonyms.keys[0].key'],
    ['an epoch with a dot', { keys: [{ epoch: 'a.b', key: OLD }] }, 'pseudonyms.keys[0].epoch'],
    [
      'two keys of one name',
      {
        keys: [
          { epoch: 'a', key: OLD },
          { epoch: 'a', key: NEW, from: 1 },
        ],
      },
      'pseudonyms.keys[1].epoch',
    ],
    [
      'a second key without a time',
      {
        keys: [
          { epoch: 'a', key: OLD },
          { epoch: 'b', key: NEW },
        ],
      },
      'pseudonyms.keys[1].from',
    ],
    ['a time that is none', { keys: [{ epoch: 'a', key: OLD, from: new Date('x') }] }, 'pseudonyms.keys[0].from'],
    ['a buffer that nobody filled', { keys: [{ epoch: 'a', key: new Uint8Array(32) }] }, 'pseudonyms.keys[0].key'],
    ['one character again and again', { keys: [{ epoch: 'a', key: 'x'.repeat(40) }] }, 'pseudonyms.keys[0].key'],
    [
      'a key of another epoch',
      {
        keys: [
          { epoch: 'a', key: OLD },
          { epoch: 'b', key: Buffer.from(OLD), from: 1 },
        ],
      },
      'pseudonyms.keys[1].key',
    ],
    ['a key alone', { keys: [OLD] as never }, 'pseudonyms.keys[0]'],
    ['a text of keys', { keys: OLD as never }, 'pseudonyms.keys'],
    ['a field that there is not', { keys: [{ epoch: 'a', key: OLD }], fields: ['name'] }, 'pseudonyms.fields[0]'],
  ])('refuses %s, and says where', (_, options, path) => {
    expect(() => pseudonyms(options as PseudonymsOptions)).toThrow(path);
    expect(() => pseudonyms(options as PseudonymsOptions)).not.toThrow(OLD);
  });
});

const input = z.object({ customer: z.unknown(), note: z.string(), person: z.object({ id: z.string() }) });
const ASK = { customer: 'ana-17', note: 'call ana@example.com', person: { id: 'ana-17' } };

function runtime(
  of = pseudonyms({ keys: [{ epoch: 'h1', key: OLD }] }).of,
  fields = ['unit', 'tenant', 'input.customer', 'input.person.id'],
) {
  const sink = fakeSink({ content: true });
  const understudy = createUnderstudy({
    sinks: [sink],
    redact: allowFields(['input.customer', 'input.note', 'input.person', 'output.text'], { mask: maskPii() }),
    pseudonyms: { fields, of },
  });
  const model = understudy.defineModel(
    { name: 'claims', input, output: z.object({ text: z.string() }) },
    { variants: { v1: { predictor: () => ({ text: 'mail bob@example.com' }), version: '1' } }, champion: 'v1' },
  );
  const ask = async (options: object, given: object = ASK): Promise<UnderstudyEvent & { type: 'decision' }> => {
    await model.predict(given as typeof ASK, options);
    await understudy.flush();
    return sink.ofType('decision').at(-1) as UnderstudyEvent & { type: 'decision' };
  };
  return { ask, model, understudy, sink };
}

describe('a runtime with pseudonyms and a mask', () => {
  const name = `h1.${hmac(OLD, 'ana-17')}`;

  it('tells units, tenants and named fields by their pseudonyms, and texts without personal data', async () => {
    const { ask, model, understudy, sink } = runtime();
    const event = await ask({ unit: 'ana-17', tenant: 'north' });
    expect(event).toMatchObject({
      unitHash: name,
      tenant: `h1.${hmac(OLD, 'north')}`,
      input: { customer: name, note: 'call [email]', person: { id: name } },
      output: { text: 'mail [email]' },
    });
    await model.recordOutcome(event.id, {
      override: { output: { text: 'x' }, by: 'dr', reason: 'she wrote from ana@example.com' },
    });
    await understudy.flush();
    expect(sink.ofType('outcome')).toMatchObject([{ reason: 'she wrote from [email]' }]);
    expect(JSON.stringify(sink.events)).not.toMatch(/ana|north|bob/);
  });

  it('makes ids from whose hash of the unit nobody can guess it without the key', async () => {
    const unitOf = async (of?: (text: string) => string): Promise<string> =>
      (await runtime(of).ask({ unit: 'ana-17' })).id.slice(32, 38);
    const [plain, keyed, other] = [
      await unitOf((text) => text),
      await unitOf(),
      await unitOf(pseudonyms({ keys: [{ epoch: 'h1', key: NEW }] }).of),
    ];
    expect(new Set([plain, keyed, other]).size).toBe(3);
    expect(await unitOf()).toBe(keyed);
  });

  it('tells a call without a unit as ever, and lists and numbers by their own pseudonyms', async () => {
    const { ask } = runtime();
    const event = await ask({}, { ...ASK, customer: [17, { nested: 'ana' }, null] });
    expect(event.unitHash).toBe('0000000000');
    expect(event.input).toMatchObject({ customer: [`h1.${hmac(OLD, '17')}`, { nested: `h1.${hmac(OLD, 'ana')}` }, null] });
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no key');
      },
    ],
    ['answers nothing', () => undefined],
    ['answers a promise', () => Promise.resolve('name')],
    ['answers a rejected promise', () => Promise.reject(new Error('no key'))],
    ['answers an empty text', () => ''],
    ['answers a long text', () => 'x'.repeat(201)],
  ])('that has a maker which %s tells nothing instead, serves, and counts', async (_, of) => {
    const { ask, model } = runtime(of as () => string);
    const event = await ask({ unit: 'ana-17', tenant: 'north' });
    expect(event.unitHash).toBe('0000000000');
    expect(event).not.toHaveProperty('tenant');
    expect(event.input).toMatchObject({ customer: '[unreadable]', person: { id: '[unreadable]' } });
    expect(JSON.stringify(event)).not.toMatch(/ana|north/);
    expect(model.status().callbacks).toHaveProperty('pseudonyms');
  });

  it('refuses pseudonyms that are none', () => {
    expect(() => createUnderstudy({ pseudonyms: { fields: ['name'], of: String } })).toThrow('pseudonyms');
    expect(() => createUnderstudy({ pseudonyms: {} as never })).toThrow('pseudonyms({ keys })');
    const withFields = (...fields: readonly string[]) =>
      createUnderstudy({ redact: allowFields(['input.customer', 'output.to.name']), pseudonyms: { fields, of: String } });
    expect(() => withFields('unit', 'input.costumer')).toThrow(
      'pseudonyms.fields[1]: expected a field that redact allows, got "input.costumer", did you mean input.customer?',
    );
    expect(() => createUnderstudy({ pseudonyms: { fields: ['input.customer'], of: String } })).toThrow('that redact allows');
    void withFields('unit', 'tenant', 'input.customer', 'input.customer.id', 'output.to').close();
  });
});

it.each([
  ['too short', { epoch: 'a', key: 'S3cret-value' }],
  ['in the place of its name', { epoch: 'S3cret-value is long and no name', key: OLD }],
  ['in the place of its entry', 'S3cret-value is long enough'],
])('a key that is %s is not repeated', (_, entry) => {
  let told: unknown;
  try {
    pseudonyms({ keys: [entry as never] });
  } catch (error) {
    told = error;
  }
  expect(told).toMatchObject({ code: 'CONFIGURATION_INVALID' });
  expect(JSON.stringify(told) + String(told)).not.toContain('S3cret');
});

it('texts that differ in halves of surrogate pairs alone have other pseudonyms, and long ones are not kept', () => {
  const { of, all } = pseudonyms({ keys: [{ epoch: 'h1', key: OLD }] });
  const names = ['\uD800', '\uD801', 'a\uDC00', 'a\uDC01', '\uFFFD'].map(of);
  expect(new Set(names).size).toBe(5);
  const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
  for (let index = 0; index < 200; index++) of(Buffer.alloc(1_000_000, 'ab').toString('latin1') + index);
  const long = 'x'.repeat(201);
  expect(of(long)).toBe(all(long)[0]);
  expect(process.memoryUsage().heapUsed + process.memoryUsage().external - before).toBeLessThan(100_000_000);
});
