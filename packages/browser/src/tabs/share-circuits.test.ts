import { always, circuitBreaker, createUnderstudy, type Understudy } from '@understudy/core';
import type { CircuitControl } from '@understudy/core/policies';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shareCircuits } from './share-circuits.ts';

const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const SOON = { timeout: 120_000 };
let name = '';
const ends: (() => unknown)[] = [];

interface Tab {
  readonly understudy: Understudy;
  readonly circuit: CircuitControl;
  readonly predict: () => Promise<unknown>;
  readonly asked: () => number;
}

/** A tab has a runtime of its own. */
function tab(isUp = true, channel = name): Tab {
  const understudy = createUnderstudy();
  let asked = 0;
  const model = understudy.defineModel(
    { name: 'claims', input: any, output: any },
    {
      variants: {
        v1: {
          version: '1',
          policies: [circuitBreaker({ consecutiveFailures: 2, openMs: 60_000 })],
          predictor: () => {
            asked += 1;
            if (!isUp) throw new Error('down');
            return 'model';
          },
        },
      },
      champion: 'v1',
      fallback: [always('rules')],
    },
  );
  ends.push(shareCircuits(understudy, channel), () => understudy.close());
  const circuit = model.control.circuit('v1');
  if (circuit === undefined) throw new Error('no circuit');
  return { understudy, circuit, predict: async () => (await model.predict({})).output, asked: () => asked };
}

beforeEach(() => {
  name = crypto.randomUUID();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

it('what one tab found to be down, another does not ask', async () => {
  const [first, second] = [tab(false), tab()];
  await first.predict();
  await first.predict();
  expect(first.circuit.state).toBe('open');
  await expect.poll(() => second.circuit.state, SOON).toBe('open');
  expect([await second.predict(), second.asked()]).toEqual(['rules', 0]);
  const { remainingOpenMs, openings } = second.circuit.export();
  expect(remainingOpenMs).toBeGreaterThan(0);
  expect(remainingOpenMs).toBeLessThanOrEqual(72_000);
  expect(openings).toBe(1);
});

it('and asks again when one of them has found it to be back', async () => {
  const [first, second] = [tab(), tab()];
  first.circuit.trip('a test');
  await expect.poll(() => second.circuit.state, SOON).toBe('open');
  second.circuit.release('it is back');
  await expect.poll(() => first.circuit.state, SOON).toBe('closed');
  expect([await first.predict(), first.asked()]).toEqual(['model', 1]);
});

it('a new tab hears of what is open', async () => {
  const first = tab();
  first.circuit.trip('a test');
  const second = tab();
  await expect.poll(() => second.circuit.state, SOON).toBe('open');
});

it('states that an operator forced stay in their tab, and are not changed from another', async () => {
  const [first, second] = [tab(), tab()];
  first.circuit.force('forced-open', 'an operator');
  second.circuit.force('observe-only', 'an operator');
  const third = tab();
  third.circuit.trip('a test');
  const fourth = tab();
  await expect.poll(() => fourth.circuit.state, SOON).toBe('open');
  expect([first.circuit.state, second.circuit.state]).toEqual(['forced-open', 'observe-only']);
});

it('words of others on the channel change nothing, and what was told before a freeze is taken for its age', async () => {
  const own = tab();
  const errors: unknown[] = [];
  const heard = (event: ErrorEvent): unknown => errors.push(event.error);
  addEventListener('error', heard);
  const channel = new BroadcastChannel(name);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel has no target.
  const say = (message: unknown): void => channel.postMessage(message);
  const circuit = { v: 1, state: 'open', remainingOpenMs: 5000, openings: 1 };
  const told = { v: 1, model: 'claims', variant: 'v1', circuit, at: Date.now() };
  for (const message of [
    null,
    'x',
    7,
    {},
    { ...told, v: 2 },
    { ...told, circuit: null },
    { ...told, circuit: { ...circuit, remainingOpenMs: 'long' } },
    { ...told, circuit: { ...circuit, state: 'forced-open' } },
    { ...told, model: 'others' },
    { ...told, variant: '__proto__' },
    { ...told, at: 'now' },
  ]) {
    say(message);
  }
  const other = tab();
  other.circuit.trip('the last message');
  await expect.poll(() => own.circuit.state, SOON).toBe('open');
  expect(own.circuit.export().remainingOpenMs).toBeGreaterThan(50_000);
  own.circuit.release('again');
  say({ ...told, at: Date.now() - 4000 });
  await expect.poll(() => own.circuit.state, SOON).toBe('open');
  expect(own.circuit.export().remainingOpenMs).toBeLessThanOrEqual(1000);
  channel.close();
  removeEventListener('error', heard);
  expect(errors).toEqual([]);
});

it('ends when it is told to, and other channels hear nothing', async () => {
  const first = tab();
  const apart = tab(true, crypto.randomUUID());
  const understudy = createUnderstudy();
  const end = shareCircuits(understudy, name);
  end();
  first.circuit.trip('a test');
  const second = tab();
  await expect.poll(() => second.circuit.state, SOON).toBe('open');
  expect(apart.circuit.state).toBe('closed');
  await understudy.close();
});

it('refuses what is no runtime and no name', () => {
  expect(() => shareCircuits({} as never, '')).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: { problems: ['understudy', 'name'].map((option) => expect.objectContaining({ path: `shareCircuits.${option}` })) },
    }),
  );
});
