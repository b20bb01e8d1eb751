import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Usage } from '../types/index.ts';
import { pricesFromLiteLLM, pricesFromModelsDev } from './price-catalogues.ts';
import { costMicroUsd, priceAt, pricesKind } from './prices.ts';

const NONE: Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};
const usage = (input: Partial<Usage['inputTokens']>, output: Partial<Usage['outputTokens']>): Usage => ({
  inputTokens: { ...NONE.inputTokens, ...input },
  outputTokens: { ...NONE.outputTokens, ...output },
});

test.each([
  ['totals alone', usage({ total: 1000 }, { total: 100 }), { input: 3, output: 15 }, 4500],
  ['parts alone', usage({ noCache: 1000, cacheRead: 10 }, { text: 100, reasoning: 1 }), { input: 3, output: 15 }, 4545],
  [
    'cached input at its own price',
    usage({ total: 1000, cacheRead: 800, cacheWrite: 100 }, { total: 0 }),
    { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    300 + 240 + 375,
  ],
  [
    'cached input at the price of input where it has none',
    usage({ total: 1000, cacheRead: 800 }, {}),
    { input: 3, output: 15 },
    3000,
  ],
  ['reasoning at its own price', usage({}, { total: 100, reasoning: 40 }), { input: 1, output: 10, reasoning: 5 }, 800],
  [
    'reasoning at the price of output where it has none',
    usage({}, { total: 100, reasoning: 40 }),
    { input: 1, output: 10 },
    1000,
  ],
  ['a fraction is rounded up', usage({ total: 1 }, {}), { input: 0.02, output: 0 }, 1],
  ['noise of fractions is not', usage({ total: 1100 }, {}), { input: 1.1, output: 0 }, 1210],
  ['what is free costs nothing', usage({ total: 5 }, { total: 5 }), { input: 0, output: 0 }, 0],
  ['parts that are more than their total', usage({ total: 5, noCache: 10 }, {}), { input: 1, output: 0 }, 10],
  [
    'a long input',
    usage({ total: 201_000 }, { total: 10 }),
    { input: 1, output: 2, long: { overTokens: 200_000, input: 2, output: 3 } },
    402_030,
  ],
  [
    'an input at the bound',
    usage({ total: 200_000 }, {}),
    { input: 1, output: 2, long: { overTokens: 200_000, input: 2, output: 3 } },
    200_000,
  ],
] as const)('a cost: %s', (_, used, price, expected) => {
  expect(costMicroUsd(used, price)).toBe(expected);
});

test('an endpoint that tells no tokens has no cost, rather than none', () => {
  expect(costMicroUsd(NONE, { input: 1, output: 1 })).toBeUndefined();
});

const at = (date: string): number => Date.parse(date);

test('a name is found as it is, then without the date at its end, and in no other way', () => {
  const prices = { 'gpt-x-mini': { input: 1, output: 2 }, 'gpt-x-mini-2026-07-01': { input: 3, output: 4 } };
  const inputOf = (model: string): number | undefined => priceAt(prices, model, 0)?.input;
  expect(inputOf('gpt-x-mini')).toBe(1);
  expect(inputOf('gpt-x-mini-2026-07-01')).toBe(3);
  for (const dated of ['gpt-x-mini-2026-08-01', 'gpt-x-mini-20260801', 'gpt-x-mini@20260801']) expect(inputOf(dated)).toBe(1);
  for (const other of [
    'gpt-x',
    'gpt-x-mini-latest',
    'gpt-x-mini-0801',
    'openai/gpt-x-mini',
    'GPT-X-mini',
    'constructor',
    '__proto__',
    '',
  ])
    expect(inputOf(other)).toBeUndefined();
});

test('of several prices the one that holds counts, and that which began last', () => {
  const prices = {
    m: [
      { input: 1, output: 1, validUntil: '2026-07-01' },
      { input: 2, output: 2, validFrom: '2026-07-01' },
      { input: 3, output: 3, validFrom: '2026-08-01', validUntil: '2026-09-01T00:00:00Z' },
    ],
  };
  expect(priceAt(prices, 'm', at('2026-06-30T23:59:59Z'))?.input).toBe(1);
  expect(priceAt(prices, 'm', at('2026-07-01'))?.input).toBe(2);
  expect(priceAt(prices, 'm', at('2026-08-15'))?.input).toBe(3);
  expect(priceAt(prices, 'm', at('2026-09-01'))?.input).toBe(2);
  expect(priceAt({ m: [{ input: 1, output: 1, validUntil: '2026-07-01' }] }, 'm', at('2026-07-02'))).toBeUndefined();
});

test('prices that are none are told with their path', () => {
  expect(pricesKind({ a: { input: 1, output: 2 }, b: [{ input: 1, output: 2, validFrom: '2026-07-01' }] })).toEqual([]);
  for (const wrong of [
    { a: { input: 1 } },
    { a: { input: -1, output: 1 } },
    { a: { input: '1', output: 1 } },
    { a: { input: NaN, output: 1 } },
    { a: { input: 1, output: 1, cached: 1 } },
    { a: [] },
    { a: [{ input: 1, output: 1, validFrom: 'soon' }] },
    { a: { input: 1, output: 1, long: { input: 1, output: 1 } } },
    [],
    null,
  ])
    expect(pricesKind(wrong)?.length).toBeGreaterThan(0);
});

test('the catalogue of models.dev, in part and whole', () => {
  const json = {
    openai: {
      id: 'openai',
      models: {
        'gpt-x': {
          id: 'gpt-x',
          cost: { input: 1.25, output: 10, cache_read: 0.125, context_over_200k: { input: 2.5, output: 15 } },
        },
        'no-price': { id: 'no-price' },
        half: { cost: { input: 1 } },
        odd: { cost: { input: '1', output: null } },
      },
    },
    other: { models: { 'gpt-x': { cost: { input: 2, output: 12, reasoning: 3, cache_write: 1 } } } },
    broken: null,
  };
  const long = { overTokens: 200_000, input: 2.5, output: 15, cacheRead: 0.125 };
  expect(pricesFromModelsDev(json, { provider: 'openai' })).toEqual({
    'gpt-x': { input: 1.25, output: 10, cacheRead: 0.125, long },
  });
  expect(pricesFromModelsDev(json)).toEqual({
    'openai/gpt-x': { input: 1.25, output: 10, cacheRead: 0.125, long },
    'other/gpt-x': { input: 2, output: 12, reasoning: 3, cacheWrite: 1 },
  });
  expect(() => pricesFromModelsDev(json, { provider: 'nobody' })).toThrow(
    /pricesFromModelsDev\.provider: expected a provider of the catalogue, got "nobody"\W*$/,
  );
  expect(() => pricesFromModelsDev(json, { provider: 'opnai' })).toThrow(
    'pricesFromModelsDev.provider: expected a provider of the catalogue, got "opnai", did you mean openai?',
  );
  expect(() => pricesFromModelsDev({}, { provider: 'openai' })).toThrow(/json: expected a catalogue with prices/);
});

test('the catalogue of LiteLLM', () => {
  const json = {
    sample_spec: { input_cost_per_token: 0, output_cost_per_token: 0 },
    'gpt-x': {
      input_cost_per_token: 0.00000015,
      output_cost_per_token: 6e-7,
      cache_read_input_token_cost: 7.5e-8,
      cache_creation_input_token_cost: 1e-7,
      output_cost_per_reasoning_token: 1e-6,
      input_cost_per_token_above_200k_tokens: 3e-7,
    },
    image: { output_cost_per_image: 1 },
    absurd: { input_cost_per_token: 10, output_cost_per_token: 10 },
  };
  const rates = { output: 0.6, cacheRead: 0.075, cacheWrite: 0.1, reasoning: 1 };
  expect(pricesFromLiteLLM(json)).toEqual({
    'gpt-x': { ...rates, input: 0.15, long: { ...rates, input: 0.3, overTokens: 200_000 } },
  });
});

const hostile = [
  null,
  'text',
  [],
  new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('mine');
      },
    },
  ),
  Proxy.revocable({}, {}).proxy,
  {
    get openai(): never {
      throw new Error('mine');
    },
  },
  JSON.parse('{"__proto__": {"models": {"x": {"cost": 1}}}}') as unknown,
];
const revoked = Proxy.revocable({}, {});
revoked.revoke();

test('a catalogue that is none is refused, whatever it is', () => {
  for (const json of [...hostile, revoked.proxy])
    for (const reader of [pricesFromModelsDev, pricesFromLiteLLM])
      expect(() => reader(json)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
});

test('a name such as __proto__ is a name, and changes nothing else', () => {
  const json: unknown = JSON.parse('{"__proto__": {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}}');
  const prices = pricesFromLiteLLM(json);
  expect(Object.keys(prices)).toEqual(['__proto__']);
  expect(priceAt(prices, '__proto__', 0)).toEqual({ input: 1, output: 1 });
  expect(priceAt(prices, 'input', 0)).toBeUndefined();
});

test('property: a catalogue of any JSON throws our error or gives prices that the option takes', () => {
  const field = fc.constantFrom('input', 'output', 'cost', 'models', 'input_cost_per_token', 'output_cost_per_token', 'x');
  const json = fc.letrec((tie) => ({
    node: fc.oneof({ depthSize: 'small' }, fc.double(), fc.string(), fc.constant(null), fc.dictionary(field, tie('node'))),
  })).node;
  fc.assert(
    fc.property(json, (value) => {
      for (const reader of [pricesFromModelsDev, pricesFromLiteLLM]) {
        try {
          expect(pricesKind(reader(value))).toEqual([]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' });
        }
      }
    }),
    { seed: 7 },
  );
});

test('property: more tokens never cost less, and a cost is a whole number of at least the exact one', () => {
  const tokens = fc.integer({ min: 0, max: 10_000_000 });
  const rate = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(tokens, tokens, tokens, rate, rate, (input, output, more, a, b) => {
      const price = { input: a, output: b };
      const cost = costMicroUsd(usage({ total: input }, { total: output }), price) ?? -1;
      expect(Number.isSafeInteger(cost)).toBe(true);
      expect(cost).toBeGreaterThanOrEqual(input * a + output * b - 1e-5);
      expect(cost).toBeLessThan(input * a + output * b + 1);
      expect(costMicroUsd(usage({ total: input + more }, { total: output }), price)).toBeGreaterThanOrEqual(cost);
    }),
    { seed: 11 },
  );
});
