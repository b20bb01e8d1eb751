import { expect, it } from 'vitest';
import { jsonOfText } from './json-text.ts';

it.each([
  ['bare', '{"a":1}'],
  ['among spaces', ' \n{"a":1}\n'],
  ['in a fence', '```json\n{"a":1}\n```'],
  ['in a fence without a language', '\n```\n{"a":1}\n```\n'],
  ['in a fence with lines that end as on Windows', ' ```JSON\r\n{"a":1}\r\n```\n'],
  ['in a fence of one line', '```json {"a":1}```'],
  ['in a fence of one line without a language', '```{"a":1}```'],
])('is read %s', (_, text) => {
  expect(jsonOfText(text)).toEqual({ a: 1 });
});

it.each([
  '',
  'Here: {"a":1}',
  '```',
  '``````',
  '```json\n{"a": 1}',
  '```json\n{"a": "`',
  '```json\n{"a":\n```',
  'See:\n```json\n{"a":1}\n```',
])('is no JSON: %j', (text) => {
  expect(() => jsonOfText(text)).toThrow(SyntaxError);
});
