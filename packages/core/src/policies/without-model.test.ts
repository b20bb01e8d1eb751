import { expect, test } from 'vitest';
import * as z from 'zod';
import { guardedFetch } from '../adapters/guarded-fetch.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { Policy } from '../types/index.ts';
import { budget } from './budget.ts';
import { compose } from './compose.ts';
import { microBatch } from './micro-batch.ts';
import { pool } from './pool.ts';
import { repairJson } from './repair-json.ts';

const ask = async (): Promise<string> => 'x';

test.each([
  ['microBatch', microBatch()],
  ['repairJson', repairJson()],
] satisfies [string, Policy][])('%s() is refused where there is no model to use it', (name, policy) => {
  expect(() => compose(policy)).toThrow(`policies[0]: ${name}() needs a model`);
  expect(() => guardedFetch([policy])).toThrow(`policies[0]: ${name}() needs a model`);
  expect(() => pool([ask], { policies: [policy] })).toThrow(`expected no ${name}(): give it to the variant`);
});

test('a budget is the variant’s, which knows prices; options of a pool are checked', () => {
  expect(() => pool([ask], { policies: [budget({ usdPerDay: 1 })] })).toThrow('expected no budget(): give it to the variant');
  for (const wrong of [null, 5]) expect(() => pool([ask], wrong as never)).toThrow('pool: expected an object with options');
});

test('options that nothing reads are told', () => {
  const define = (options: object) => () =>
    createUnderstudy().defineModel(
      { name: 'm', input: z.string(), output: z.string() },
      { variants: { v: { predictor: ask, version: '1' } }, champion: 'v', ...options },
    );
  expect(define({ stream: { idleMs: 5 } })).toThrow('options.stream: is for a model that streams');
  expect(define({ variants: { v: { predictor: ask, version: '1', stream: { continues: true } } } })).toThrow(
    'options.variants.v.stream: is for a model that streams',
  );
  expect(define({ variants: {} })).toThrow('options.champion: expected the name of a variant, got "v"');
  expect(() => repairJson({ attempts: 3 } as never)).toThrow('repairJson.attempts: is not an option: known are none');
});
