import { expect, test } from 'vitest';
import type { AssignUnit } from '../spec/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { givenVariant } from './given-variant.ts';

const CONTEXT = { model: 'm', unit: 'u', tenant: 't' };
const ask = (assign: () => unknown, clock = new VirtualClock()) => givenVariant(assign as AssignUnit, CONTEXT, clock, 50);

test('an answer at once is given at once, and asks the clock for nothing', () => {
  const clock = new VirtualClock();
  const asked: unknown[] = [];
  expect(ask((...context: unknown[]) => (asked.push(...context), { variant: 'v2', probability: 0.3 }), clock)).toEqual({
    variant: 'v2',
    probability: 0.3,
  });
  expect(asked).toEqual([CONTEXT]);
  expect(clock.pending).toBe(0);
});

test('an answer in time leaves no timer', async () => {
  const clock = new VirtualClock();
  const answer = ask(() => new Promise((done) => clock.schedule(() => done({ variant: 'v2' }), 49)), clock);
  await clock.advance(49);
  expect(await answer).toEqual({ variant: 'v2' });
  expect(clock.pending).toBe(0);
});

test('one that comes later is none', async () => {
  const clock = new VirtualClock();
  const answer = ask(() => new Promise((done) => clock.schedule(() => done({ variant: 'v2' }), 51)), clock);
  await clock.advance(60);
  expect(await answer).toBeUndefined();
});

test('what throws or rejects answers nothing', async () => {
  const down = () => {
    throw new Error('down');
  };
  expect(ask(down)).toBeUndefined();
  expect(await ask(async () => down())).toBeUndefined();
});

test.each([undefined, null, {}, 7, { variant: 'v2', probability: 0 }, { variant: 'v2', probability: 1.5 }])(
  '%j is no answer, since ids could not carry it',
  async (answer) => {
    expect(ask(() => answer)).toBeUndefined();
    expect(await ask(async () => answer)).toBeUndefined();
  },
);

test.each([Number.NaN, -0.1, Infinity])('nor is a probability of %d', (probability) => {
  expect(ask(() => ({ variant: 'v2', probability }))).toBeUndefined();
});
