import { expect, it } from 'vitest';
import { isSameOrigin } from './same-origin.ts';

const URL_ASKED = new URL('http://ops.example:8080/ops/api/command');

it.each([
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'same-origin', origin: 'https://public.example', host: 'internal:80' }, true],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://ops.example:8080' }, false],
  [{ 'sec-fetch-site': 'cross-site', origin: 'http://ops.example:8080' }, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': '' }, false],
  [{ origin: 'http://ops.example:8080' }, true],
  [{ origin: 'https://ops.example', host: 'ops.example' }, true],
  [{ origin: 'http://ops.example' }, false],
  [{ origin: 'http://ops.example:8080.evil.example' }, false],
  [{ origin: 'https://evil.example' }, false],
  [{ origin: 'null' }, false],
  [{ origin: 'not an address' }, false],
  [{}, false],
] as [Record<string, string>, boolean][])('%j: %s', (headers, expected) => {
  expect(isSameOrigin(new Headers(headers), URL_ASKED)).toBe(expected);
});
