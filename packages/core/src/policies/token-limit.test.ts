import fc from 'fast-check';
import { expect, test } from 'vitest';
import { farStore } from '../../tests/support/policies/far-store.ts';
import { mostWithin, NOTHING_TOLD, policyCall, policyDependencies, used } from '../../tests/support/policies/policy-call.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { PolicyMachine, ResultClass } from '../types/index.ts';
import { tokenLimit, type TokenLimitOptions } from './token-limit.ts';

function limited(options: TokenLimitOptions) {
  const clock = new VirtualClock(0);
  const machine = tokenLimit(options).create(policyDependencies(clock).dependencies);
  let calls = 0;
  const admit = (input: unknown): ReturnType<PolicyMachine['admit']> =>
    machine.admit(clock.now(), policyCall({ input, idempotencyKey: `k${calls++}` }));
  const left = (): unknown => machine.snapshot?.(clock.now())['left'];
  return { clock, machine, admit, left };
}
/** Sixty tokens at once, one a second. */
const MINUTE = { perMinute: 60, lease: 60, estimate: (input: unknown) => input as number };

test.each([
  [{}, 'tokenLimit.perMinute: expected a number over 0, got undefined'],
  [{ perMinute: 1, lease: -1 }, 'tokenLimit.lease: expected a number over 0, got -1'],
  [{ perMinute: 1, estimate: 4 }, 'tokenLimit.estimate: expected a function, got 4'],
])('options that make no sense: %j', (options, message) => {
  expect(() => tokenLimit(options as TokenLimitOptions)).toThrow(
    expect.objectContaining({ message: expect.stringContaining(message) }),
  );
});

test('a call takes its input and what answers had, and what it used counts in the end', () => {
  const { admit, machine, left } = limited(MINUTE);
  // Nothing is known of answers: a tenth of the lease.
  expect(admit(10)).toBe(0);
  expect(left()).toBe(44);
  machine.settle(0, 'ok', 0, used(12, 20));
  expect(left()).toBe(28);
  // 95 % of the answers had 20 or 21, within the width of a bucket.
  expect(admit(0)).toBe(1);
  const output = 28 - Number(left());
  expect(output).toBeGreaterThanOrEqual(20);
  expect(output).toBeLessThanOrEqual(23);
});

test.each([
  ['a call that told nothing', 'failed', NOTHING_TOLD, 44],
  ['one that was cancelled', 'cancelled', NOTHING_TOLD, 44],
  ['one that told its input only', 'ok', used(5, undefined), 49],
  ['a broken stream that guessed its output', 'failed', used(10, 1, { estimated: true }), 44],
  ['one that guessed more than was taken', 'failed', used(10, 16, { estimated: true }), 34],
  ['one that used more than was taken', 'ok', used(30, 10), 20],
  ['one whose predictor was never called', 'rejected', NOTHING_TOLD, 60],
] as const)('%s leaves %s', (_, resultClass, result, expected) => {
  const { admit, machine, left } = limited(MINUTE);
  admit(10);
  machine.settle(0, resultClass, 0, result);
  expect(left()).toBe(expected);
  // A second time changes nothing.
  machine.settle(0, resultClass, 0, result);
  expect(left()).toBe(expected);
  expect(machine.snapshot?.(0)).toMatchObject({ reserved: 0 });
});

test('a call that is larger than the bucket goes when it is full, and the next waits until it is paid', async () => {
  const { clock, admit } = limited(MINUTE);
  expect(admit(194)).toBe(0);
  expect(admit(4)).toMatchObject({ waitUntil: 150_000, code: 'RATE_LIMITED' });
  await clock.advance(151_000);
  // It went when its turn came, and left.
  expect(admit(54)).toMatchObject({ waitUntil: 200_000 });
});

test('input and output have limits of their own', () => {
  const { admit } = limited({ ...MINUTE, inputPerMinute: 30 });
  expect(admit(20)).toBe(0);
  expect(admit(20)).toMatchObject({ waitUntil: 20_000 });
  const output = limited({ ...MINUTE, outputPerMinute: 6 });
  expect(output.admit(0)).toBe(0);
  expect(output.admit(0)).toMatchObject({ waitUntil: 60_000 });
});

test('an input has a quarter of the characters of its JSON; one without any holds nobody up, and is told', () => {
  const { admit, machine, left } = limited({ perMinute: 60, lease: 60 });
  admit({ text: 'x'.repeat(28) });
  expect(left()).toBe(60 - 10 - 6);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  for (const input of [circle, 1n, undefined]) expect(admit(input)).toBeTypeOf('number');
  expect(machine.snapshot?.(0)).toMatchObject({ unreadableInputs: 2 });
  for (const wrong of [NaN, -1, Infinity, 'four', Promise.resolve(4)])
    expect(limited({ perMinute: 60, estimate: () => wrong as number }).admit('x')).toBe(0);
});

test.each([
  ['bytes', new Uint8Array(1_000_000).fill(200)],
  ['a Buffer', Buffer.alloc(1_000_000, 7)],
  ['a Blob', new Blob(['x'.repeat(1_000_000)])],
  ['an address of data', `data:image/png;base64,${'iVBORw0KGgo'.repeat(100_000)}`],
  ['base64', 'iVBORw0KGgo'.repeat(100_000)],
])('images and files are no text: %s', (_, image) => {
  const { admit, left } = limited({ perMinute: 60, lease: 60 });
  admit({ messages: [{ content: [{ type: 'image', image }] }] });
  expect(left()).toBe(60 - 14 - 6);
});

test.each(['Wort '.repeat(400), '漢'.repeat(2000)])('a long text is counted whole, in any language', (text) => {
  const { admit, left } = limited({ perMinute: 60_000 });
  const before = Number(left());
  admit(text);
  expect(before - Number(left())).toBeGreaterThanOrEqual(501);
});

test('an endpoint that takes fewer tokens is believed', () => {
  const { admit, machine, left } = limited(MINUTE);
  admit(10);
  machine.settle(0, 'ok', 0, used(10, 6, { limits: { tokens: { remaining: 7, limit: 60 } } }));
  expect(left()).toBe(7);
});

test('one limit is shared by name', () => {
  const clock = new VirtualClock(0);
  const { dependencies } = policyDependencies(clock);
  const [one, two] = [tokenLimit({ ...MINUTE, share: 'org' }), tokenLimit({ ...MINUTE, share: 'org' })].map((policy) =>
    policy.create(dependencies),
  );
  one?.admit(0, policyCall({ input: 50 }));
  expect(two?.snapshot?.(0)).toMatchObject({ left: 4 });
});

const outcome = fc.record({
  wait: fc.nat(3000),
  input: fc.nat(40),
  ends: fc.constantFrom<ResultClass>('ok', 'slow', 'failed', 'cancelled', 'rejected', 'throttled', 'caller-error'),
  tells: fc.constantFrom('all', 'input', 'nothing'),
  uses: fc.tuple(fc.nat(40), fc.nat(20)),
  after: fc.nat(5000),
});

test('property: in any interleaving no permit is lost, and what is left is what was there less what was used and what is out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 30 }), async (calls) => {
      // Nothing flows in that counts, and nothing is ever full.
      const lease = 1_000_000;
      const { clock, admit, machine, left } = limited({ perMinute: 0.001, lease, estimate: (input) => input as number });
      let spent = 0;
      for (const { wait, input, ends, tells, uses, after } of calls) {
        await clock.advance(wait);
        const before = Number(left());
        const permit = admit(input);
        if (typeof permit !== 'number') throw new Error('refused');
        const taken = before - Number(left());
        clock.schedule(() => {
          const isTold = ends !== 'rejected' && tells !== 'nothing';
          const result = isTold ? used(uses[0], tells === 'all' ? uses[1] : undefined) : NOTHING_TOLD;
          machine.settle(permit, ends, clock.now(), result);
          if (ends === 'rejected') return;
          const output = tells === 'all' ? uses[1] : taken - input;
          spent += isTold ? uses[0] + output : taken;
        }, after);
      }
      await clock.advance(10_000);
      expect(machine.snapshot?.(clock.now())).toMatchObject({ reserved: 0, waiting: 0 });
      expect(Math.abs(Number(left()) - (lease - spent))).toBeLessThanOrEqual(1);
    }),
    { seed: 29, numRuns: 100 },
  );
});

test('property: a fleet never takes more than its rate and one lease in any minute, and takes nearly all of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 4 }), async (seed, processes) => {
      const clock = new VirtualClock(0);
      const random = seededRandom(seed);
      const store = farStore(clock, () => Math.floor(random() * 30));
      const [perMinute, lease] = [60_000, 10_000];
      const taken: { at: number; amount: number }[] = [];
      const start = (): PolicyMachine =>
        tokenLimit({ perMinute, lease, estimate: (input) => input as number }).create(
          policyDependencies(clock, { store }).dependencies,
        );
      const caller = async (machine: PolicyMachine, id: string): Promise<void> => {
        for (let index = 0; ;) {
          const input = 100 + Math.floor(random() * 400);
          const answer = machine.admit(clock.now(), policyCall({ input, idempotencyKey: `${id}/${index}` }));
          if (typeof answer === 'number') {
            const at = clock.now();
            await new Promise<void>((over) => clock.schedule(over, 200 + random() * 500));
            // As much as was thought: what is taken is what is used.
            machine.settle(answer, 'ok', clock.now(), used(input, 0));
            taken.push({ at, amount: input });
            index++;
          } else
            await new Promise<void>((over) =>
              clock.schedule(over, ('waitUntil' in answer ? answer.waitUntil - clock.now() : 100) + 4),
            );
        }
      };
      for (let index = 0; index < processes; index++) {
        const machine = start();
        for (let one = 0; one < 20; one++) void caller(machine, `${index}/${one}`);
        await clock.advance(random() * 3000);
      }
      await clock.advance(90_000);
      taken.sort((a, b) => a.at - b.at);
      const most = mostWithin(60_000, taken);
      expect(most).toBeLessThanOrEqual(perMinute + lease);
      expect(most).toBeGreaterThanOrEqual(perMinute * 0.95);
    }),
    { seed: 37, numRuns: 12 },
  );
});
