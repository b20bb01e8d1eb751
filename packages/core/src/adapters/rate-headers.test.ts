import { expect, it } from 'vitest';
import { endpointLimits } from './rate-headers.ts';

const NOW = Date.UTC(2026, 0, 1);
const limits = (headers: Record<string, string>) => endpointLimits(new Headers(headers), NOW);

it.each([
  ['12ms', 12],
  ['1s', 1000],
  ['6m0s', 360_000],
  ['1h2m3.5s', 3_723_500],
  ['7.66s', 7660],
  ['1d', 86_400_000],
  ['60', 60_000],
])('a reset of %s is %d ms', (reset, resetMs) => {
  expect(limits({ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': reset })).toEqual({
    tokens: { remaining: 5, resetMs },
  });
});

it.each(['', 'soon', '-1', '1767225600000', '5x', '1s'.repeat(100)])('a reset of "%s" is none', (reset) => {
  expect(limits({ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': reset })).toEqual({
    tokens: { remaining: 5 },
  });
});

it("Azure's −1 says nothing", () => {
  expect(
    limits({ 'x-ratelimit-limit-requests': '-1', 'x-ratelimit-remaining-requests': '-1', 'x-ratelimit-reset-requests': '1s' }),
  ).toBe(undefined);
});

it('Anthropic counts to a time', () => {
  const of = (name: string, what: string): string => `anthropic-ratelimit-${name}-${what}`;
  expect(
    limits({
      [of('requests', 'limit')]: '50',
      [of('requests', 'remaining')]: '49',
      [of('requests', 'reset')]: '2026-01-01T00:00:30Z',
      [of('tokens', 'limit')]: '8000',
      [of('tokens', 'reset')]: '2025-12-31T00:00:00Z',
      [of('input-tokens', 'limit')]: '4000',
    }),
  ).toEqual({ requests: { limit: 50, remaining: 49, resetMs: 30_000 }, tokens: { limit: 8000, resetMs: 0 } });
  expect(limits({ [of('input-tokens', 'remaining')]: '7' })).toEqual({ tokens: { remaining: 7 } });
});

it('headers without limits say nothing', () => {
  expect(limits({ 'content-type': 'text/plain' })).toBe(undefined);
});
