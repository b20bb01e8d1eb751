import { expect, test } from 'vitest';
import * as z from 'zod';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { always } from './always.ts';
import { except, only } from './failure-filter.ts';
import { rules } from './rules.ts';

const contract = { name: 'm', input: z.object({ text: z.string() }), output: z.string() };

function served(error: unknown) {
  const model = createUnderstudy({}).defineModel(contract, {
    variants: {
      short: {
        predictor: () => {
          throw error;
        },
        version: '1',
      },
      long: { predictor: () => 'from long', version: '1' },
      other: { predictor: () => 'from other', version: '1' },
    },
    champion: 'short',
    fallback: [
      only(['context-length'], 'long'),
      except(['content-filtered', 'refused'], 'other'),
      only(['refused'], rules({ name: 'r', version: '1', rows: [], otherwise: 'by rule' })),
      always('sorry'),
    ],
  });
  return model.predict({ text: 'x' }).then(({ output }) => output);
}

test('each tier serves the failures that it is for', async () => {
  expect(await served({ status: 400, error: { code: 'context_length_exceeded', type: 'invalid_request_error' } })).toBe(
    'from long',
  );
  expect(await served({ status: 500 })).toBe('from other');
  expect(await served({ status: 400, code: 'content_filter' })).toBe('sorry');
  expect(await served(Object.assign(new Error('no'), { details: {} }))).toBe('from other');
});

test('what makes no sense is told', () => {
  expect(() => only([], 'long')).toThrow('only.kinds: expected a list of at least 1');
  expect(() => only(['context' as never], 'long')).toThrow('only.kinds[0]: expected one of');
  expect(() => except(['auth'], only(['timeout'], 'x') as never)).toThrow('except.entry');
  const unknown = () =>
    createUnderstudy({}).defineModel(contract, {
      variants: { v1: { predictor: () => 'x', version: '1' } },
      champion: 'v1',
      fallback: [only(['timeout'], 'v2' as 'v1')],
    });
  expect(unknown).toThrow('options.fallback[0]: expected one of the variants v1, got "v2"');
});
