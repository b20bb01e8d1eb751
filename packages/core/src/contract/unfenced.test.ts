import { expect, test } from 'vitest';
import { unfenced } from './unfenced.ts';

test.each([
  ['```json\n{"a": 1}\n```', '{"a": 1}'],
  [' ```JSON\r\n[1]\r\n```\n', '[1]'],
  ['```\ntrue\n```', 'true'],
  ['```json {"a": 1}```', '{"a": 1}'],
  ['```{"a": 1}```', '{"a": 1}'],
  ['{"a": "```"}', '{"a": "```"}'],
  ['```json\n{"a": 1}', '```json\n{"a": 1}'],
  ['```json\n{"a": "`', '```json\n{"a": "`'],
  ['```', '```'],
  ['``````', ''],
  [' plain ', 'plain'],
])('%j', (text, expected) => {
  expect(unfenced(text)).toBe(expected);
});
