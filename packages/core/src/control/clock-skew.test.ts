import { expect, it } from 'vitest';
import type { StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { emptyDocument } from './control-document.ts';
import { memoryStore } from './memory-store.ts';
import { ModelControl } from './model-control.ts';
import type { RolloutState } from './rollout-state.ts';

const HOUR = 3_600_000;
const BY = { by: { id: 'ada', roles: [] }, reason: 'a test' };
const BREACH = { monitor: 'drift', effects: [], cooldownMs: HOUR, reason: 'far', since: 0, parts: ['p'] };

/** A process whose clock is wrong by so much. */
function process(store: StateStore, time: VirtualClock, aheadMs: number): ModelControl {
  const clock = {
    now: () => time.now(),
    wall: () => time.wall() + aheadMs,
    schedule: (wake: () => void, ms: number) => time.schedule(wake, ms),
    cancel: (handle: unknown) => time.cancel(handle),
  };
  return new ModelControl({
    model: 'm',
    variants: ['v1', 'v2'],
    champion: 'v1',
    store: { ...store, volatile: false },
    clock,
    authorize: undefined,
    changed: () => undefined,
    refreshMs: 1000,
    commandRollout: () => {
      throw new Error('no rollout');
    },
  });
}

const withClock = (time: VirtualClock): StateStore => ({ ...memoryStore(), now: async () => time.wall() });

const rollout = (enteredAt: number): RolloutState => ({
  id: 'r',
  pair: 'v2@1 over v1@1',
  attempt: 1,
  phase: 'canary',
  stages: [{ weight: 500, reached: 0 }],
  startedAt: enteredAt,
  enteredAt,
  held: null,
  inconclusive: false,
  approval: 'none',
  cooldownUntil: 0,
  history: [],
});
const entered = (control: ModelControl): Promise<unknown> =>
  control.change('a stage', (document) => ({ ...document, rollout: rollout(control.wall()) }));
/** For how long the stage has lasted, as a process sees it. */
const lasted = async (control: ModelControl): Promise<number> => {
  await control.refresh();
  return control.wall() - (control.snapshot.document.rollout?.enteredAt ?? NaN);
};

it.each([
  ['two hours ahead', 2 * HOUR],
  ['a day behind', -24 * HOUR],
])(
  'F9 with the clock of the store a process that is %s agrees with the others on how long a stage has lasted',
  async (_name, ahead) => {
    const time = new VirtualClock();
    const store = withClock(time);
    const [right, wrong] = [process(store, time, 0), process(store, time, ahead)];
    await entered(right);
    expect(await lasted(wrong)).toBe(0);
    await time.advance(HOUR);
    expect([await lasted(right), await lasted(wrong)]).toEqual([HOUR, HOUR]);
    await entered(wrong);
    expect([await lasted(right), await lasted(wrong)]).toEqual([0, 0]);
    expect([right.aheadMs, wrong.aheadMs]).toEqual([0, ahead]);
  },
);

it.each([
  ['two hours ahead', 2 * HOUR],
  ['a day behind', -24 * HOUR],
])('F9 without one, a process that is %s measures by its own clock what it saw begin', async (_name, ahead) => {
  const time = new VirtualClock();
  const store = memoryStore();
  const [right, wrong] = [process(store, time, 0), process(store, time, ahead)];
  await Promise.all([right.refresh(), wrong.refresh()]);
  await entered(right);
  expect(await lasted(wrong)).toBe(0);
  await time.advance(4000);
  expect(await lasted(wrong)).toBe(4000);
  expect(wrong.aheadMs).toBe(ahead);
  // What it writes meanwhile leaves the stamp as it was.
  await wrong.command('pin', 'v2', BY);
  expect(await lasted(right)).toBe(4000);
  expect(right.aheadMs).toBe(0);
});

it('F9 a breach that was stamped a day ahead silences no alert for a day', async () => {
  const time = new VirtualClock();
  const store = memoryStore();
  const [right, wrong] = [process(store, time, 0), process(store, time, 24 * HOUR)];
  await right.refresh();
  expect(await wrong.judged(BREACH, false)).toMatchObject({ phase: 'raised' });
  expect(await right.judged(BREACH, false)).toBeUndefined();
  expect(right.aheadMs).toBe(-24 * HOUR);
  await time.advance(HOUR);
  expect(await right.judged(BREACH, false)).toMatchObject({ phase: 'reminder' });
});

it('F9 a resume that was stamped a day ahead overrules a breach no longer than it may', async () => {
  const time = new VirtualClock();
  const store = memoryStore();
  const [right, wrong] = [process(store, time, 0), process(store, time, 24 * HOUR)];
  const pausing = { ...BREACH, effects: ['pause'] as const };
  await right.judged(pausing, false);
  await wrong.command('resume', undefined, BY);
  await right.judged(pausing, false);
  expect(right.snapshot.document.paused).toBe(false);
  await time.advance(HOUR);
  await right.judged(pausing, false);
  expect(right.snapshot.document.paused).toBe(true);
});

it('F9 differences of some seconds change nothing and are not told', async () => {
  const time = new VirtualClock();
  const store = memoryStore();
  const [right, wrong] = [process(store, time, 0), process(store, time, 3000)];
  await Promise.all([right.refresh(), wrong.refresh()]);
  await entered(wrong);
  expect(await lasted(right)).toBe(-3000);
  expect(right.aheadMs).toBe(0);
});

it('F9 a document that was carried over from long ago keeps its stamps', async () => {
  const time = new VirtualClock();
  const store = memoryStore();
  const control = process(store, time, 0);
  await control.refresh();
  const long = time.wall() - 30 * 24 * HOUR;
  await store.compareAndSet('model/m', 0, { ...emptyDocument('v1'), rollout: rollout(long) });
  await control.refresh();
  expect(control.snapshot.document.rollout?.enteredAt).toBe(long);
});
