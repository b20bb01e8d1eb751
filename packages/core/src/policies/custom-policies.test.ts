import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { CustomPolicy, PolicyMachine } from '../types/index.ts';
import { type ComposedEvent, composeWith } from './compose.ts';

const custom = (kind: string, machine: Partial<PolicyMachine>): CustomPolicy => ({
  kind,
  create: () => ({ admit: () => 0, settle: () => undefined, ...machine }),
});

test('one that would wait past the deadline is refused with what the policy says, and told when to come again', async () => {
  const clock = new VirtualClock(0);
  const policy = custom('gate', {
    admit: (now) => ({ waitUntil: now + 500, code: 'RATE_LIMITED', refused: 'it is full: send less' }),
  });
  await expect(composeWith({ clock, name: 'api' }, policy)(() => 1, { deadlineMs: 100 })).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    message: 'api: it is full: send less.',
    details: { retryAfterMs: 500 },
  });
  const silent = custom('gate', { admit: (now) => ({ waitUntil: now + 500 }) });
  await expect(composeWith({ clock, name: 'api' }, silent)(() => 1, { deadlineMs: 100 })).rejects.toMatchObject({
    code: 'POLICY_REJECTED',
    message: 'A policy of api refused the call: it would have to wait past its deadline.',
  });
});

test.each(['Wait for it', 'Wait for it.', 'Wait for it!', 'Wait for it. '])(
  'a refusal %j ends with one full stop',
  async (refused) => {
    const policy = custom('gate', { admit: () => ({ refused }) });
    await expect(composeWith({ clock: new VirtualClock(0), name: 'api' }, policy)(() => 1)).rejects.toThrow(
      /^A policy of api refused the call: Wait for it[.!]$/,
    );
  },
);

test('release() reaches every policy that knows it, and one that fails keeps no other from it', async () => {
  // What a caller without types can pass.
  const later: () => unknown = () => Promise.reject(new Error('late'));
  const [events, released]: [ComposedEvent[], number[]] = [[], []];
  const call = composeWith(
    { clock: new VirtualClock(7), onEvent: (event) => events.push(event) },
    custom('fails', {
      release: () => {
        throw new Error('mine');
      },
    }),
    custom('later', { release: later }),
    custom('silent', {}),
    custom('knows', { release: (now) => void released.push(now) }),
  );
  call.release();
  await Promise.resolve();
  await Promise.resolve();
  expect(released).toEqual([7]);
  expect(events).toMatchObject([
    { type: 'fault', where: 'release', error: { message: 'mine' } },
    { type: 'fault', where: 'release', error: { message: 'late' } },
  ]);
});

test('a policy sees when the call must be done', async () => {
  const deadlines: number[] = [];
  const policy = custom('sees', {
    admit: (_now, { deadline }) => {
      deadlines.push(deadline);
      return 0;
    },
  });
  await composeWith({ clock: new VirtualClock(0) }, policy)(() => 1, { deadlineMs: 1000 });
  expect(deadlines).toEqual([1001]);
});
