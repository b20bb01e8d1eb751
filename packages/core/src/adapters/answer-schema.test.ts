import { type } from 'arktype';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { anthropicMessages } from './anthropic-messages.ts';
import { answerSchema } from './answer-schema.ts';
import { openaiChat } from './openai-chat.ts';

const STRICT = { closed: true, strict: true };

it('asks strict models for every property, of closed objects, in the keywords that they know', () => {
  const schema = z.object({
    topic: z.enum(['bill', 'other']).default('other'),
    note: z.string().nullable(),
    parts: z.array(
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a'), x: z.number() }), z.object({ kind: z.literal('b') })]),
    ),
  });
  expect(answerSchema('x', schema, STRICT)).toEqual({
    type: 'object',
    properties: {
      topic: { type: 'string', enum: ['bill', 'other'] },
      note: { type: ['string', 'null'] },
      parts: {
        type: 'array',
        items: {
          anyOf: [
            {
              type: 'object',
              properties: { kind: { type: 'string', const: 'a' }, x: { type: 'number' } },
              required: ['kind', 'x'],
              additionalProperties: false,
            },
            {
              type: 'object',
              properties: { kind: { type: 'string', const: 'b' } },
              required: ['kind'],
              additionalProperties: false,
            },
          ],
        },
      },
    },
    required: ['note', 'parts', 'topic'],
    additionalProperties: false,
  });
});

it('is of what the contract takes, before its transforms', () => {
  const schema = z.object({ at: z.string().transform(Number) });
  expect(answerSchema('x', schema, { closed: false, strict: false })).toMatchObject({ properties: { at: { type: 'string' } } });
});

it('says which properties a strict model cannot leave out', () => {
  const schema = z.object({ a: z.string().optional(), b: z.object({ c: z.number().optional() }) });
  const make = (): unknown => openaiChat({ model: 'm', messages: () => [], schema });
  expect(make).toThrow(/openaiChat\.schema\.a: is optional.*make it nullable, or set strict: false/);
  expect(make).toThrow(/openaiChat\.schema\.b\.c: is optional/);
  expect(() => openaiChat({ model: 'm', messages: () => [], schema, strict: false })).not.toThrow();
  expect(() => anthropicMessages({ model: 'm', messages: () => [], schema })).not.toThrow();
});

it('says why a schema has no JSON Schema', () => {
  expect(() => openaiChat({ model: 'm', messages: () => [], schema: z.object({ at: z.date() }) })).toThrow(
    /openaiChat\.schema: has no JSON Schema: /,
  );
  const old = { '~standard': { version: 1, vendor: 'x', validate: () => ({ value: 1 }) } };
  expect(() => openaiChat({ model: 'm', messages: () => [], schema: old })).toThrow(/knows its JSON Schema/);
  expect(() => openaiChat({ model: 'm', messages: () => [], schema: 7 as never })).toThrow(
    /openaiChat\.schema: expected a schema/,
  );
});

it('takes schemas of other libraries that know theirs', () => {
  expect(answerSchema('x', type({ topic: 'string' }), STRICT)).toMatchObject({
    type: 'object',
    required: ['topic'],
    additionalProperties: false,
  });
});
