import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { agreement } from '../rollout/gates/agreement.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { judged } from '../routing/asked-comparators.ts';
import type { AsyncComparator } from '../routing/comparators.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { ShadowOptions } from './model-options.ts';

const contract = { name: 'm', input: z.object({ x: z.number() }), output: z.string() };
type Shadowed = ShadowOptions<{ x: number }, string>;

function setUp(compare: AsyncComparator<string, { x: number }>, options: Shadowed = {}, championMs = 0) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, random: seededRandom(5), sinks: [sink] });
  const sleep = (ms: number) => new Promise<void>((wake) => clock.schedule(wake, ms));
  const model = understudy.defineModel(contract, {
    variants: {
      v1: { predictor: async ({ x }) => (championMs > 0 && (await sleep(championMs)), `served ${x}`), version: '1' },
      v2: { predictor: ({ x }) => `shadow ${x}`, version: '2' },
    },
    champion: 'v1',
    shadow: { v2: { compare, ...options } },
  });
  const shadow = () => model.status().variants['v2']?.shadow;
  return { clock, sink, understudy, model, sleep, shadow };
}

test('a comparator may answer later: the call does not wait, the pair counts when it has', async () => {
  const world = setUp(async (_served, _shadow, { x }) => {
    await world.sleep(500);
    return { agrees: x < 2, difference: x };
  });
  const before = world.clock.now();
  for (const x of [1, 2]) await world.model.predict({ x });
  expect(world.clock.now()).toBe(before);
  await world.clock.advance(100);
  expect(world.shadow()).toMatchObject({ pairs: 0, running: 2 });
  await world.clock.advance(500);
  expect(world.shadow()).toMatchObject({ pairs: 2, agreements: 1, running: 0 });
  await world.understudy.flush();
  expect(world.sink.ofType('shadow-compared')).toMatchObject([
    { agrees: true, difference: 1 },
    { agrees: false, difference: 2 },
  ]);
});

test('also where the served call ends after its shadow', async () => {
  const world = setUp(async () => ({ agrees: true }), {}, 300);
  const served = world.model.predict({ x: 1 });
  await world.clock.advance(300);
  expect((await served).output).toBe('served 1');
  await world.clock.advance(1);
  expect(world.shadow()).toMatchObject({ pairs: 1, running: 0 });
});

describe('a hostile comparator', () => {
  test('that hangs holds its place until its time is over, is told to stop, and is counted', async () => {
    const signals: AbortSignal[] = [];
    const hang: AsyncComparator<string> = (_served, _shadow, _input, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const world = setUp(hang, { concurrency: 2, maxQueue: 3, timeoutMs: 1000 });
    const before = world.clock.now();
    for (let call = 0; call < 10; call++) await world.model.predict({ x: call });
    expect(world.clock.now()).toBe(before);
    await world.clock.advance(10);
    expect(world.shadow()).toMatchObject({ running: 2, queued: 1, dropped: { queueFull: 7 } });
    await world.clock.advance(1000);
    expect(signals.slice(0, 2).map(({ aborted }) => aborted)).toEqual([true, true]);
    await world.clock.advance(3000);
    expect(world.shadow()).toMatchObject({ running: 0, queued: 0, pairs: 0 });
    expect(world.model.status().callbacks).toMatchObject({
      'shadow.v2.compare': { count: 3, last: 'It gave no answer within 1000 ms.' },
    });
    await world.understudy.flush();
    expect(world.sink.ofType('shadow-compared').map(({ agrees }) => agrees)).toEqual([null, null, null]);
  });

  const fail = (): never => {
    throw new Error('no');
  };
  test.each<[string, unknown]>([
    ['throws', fail],
    ['rejects', async () => fail()],
    ['answers nonsense', () => 'same'],
    ['answers nonsense later', async () => ({ agrees: 'yes' })],
    ['answers nothing later', async () => undefined],
    ['answers a thenable that throws', () => ({ then: fail })],
    ['answers a thenable that cannot be read', () => Object.defineProperty({}, 'then', { get: fail })],
    ['answers what cannot be read', () => Object.defineProperty({}, 'agrees', { get: fail })],
  ])('that %s has compared nothing, and is counted', async (_, compare) => {
    const world = setUp(compare as never);
    expect((await world.model.predict({ x: 1 })).output).toBe('served 1');
    await world.clock.advance(10);
    expect(world.shadow()).toMatchObject({ pairs: 0, running: 0 });
    expect(world.model.status().callbacks?.['shadow.v2.compare']?.count).toBe(1);
    await world.understudy.flush();
    expect(world.sink.ofType('shadow-compared')).toMatchObject([{ agrees: null, resultClass: 'ok' }]);
  });

  test('that answers by a thenable, or more than once, counts once', async () => {
    const twice = {
      then: (resolve: (value: unknown) => void) => {
        resolve({ agrees: true });
        resolve({ agrees: false });
      },
    };
    const world = setUp(() => twice as never);
    await world.model.predict({ x: 1 });
    await world.clock.advance(10);
    expect(world.shadow()).toMatchObject({ pairs: 1, agreements: 1 });
  });
});

test('closing waits for comparisons that run', async () => {
  const world = setUp(async () => {
    await world.sleep(200);
    return { agrees: true };
  });
  await world.model.predict({ x: 1 });
  await world.clock.advance(10);
  let isClosed = false;
  const closed = world.model.close().then(() => (isClosed = true));
  await world.clock.advance(100);
  expect(isClosed).toBe(false);
  await world.clock.advance(200);
  await closed;
  expect(world.shadow()).toMatchObject({ pairs: 1 });
});

test('pairs that a judge compares are evidence of the agreement gate', async () => {
  const world = (says: boolean) => {
    const clock = new VirtualClock();
    const store = memoryStore({ acceptLoss: true });
    const understudy = createUnderstudy({ clock, random: seededRandom(5), store });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: () => 'a', version: '1' }, v2: { predictor: () => 'b', version: '2' } },
      champion: 'v1',
      shadow: { v2: { compare: judged<string>({ ask: async () => says }) } },
      rollout: {
        challenger: 'v2',
        shadow: { minPairs: 20 },
        canaryShares: [0.5],
        bakeMs: 1000,
        gates: [agreement({ minAgreement: 0.8 }), errorRate({ maxRatio: 2 })],
      },
    });
    return { clock, model };
  };
  for (const [says, phase] of [
    [true, 'canary'],
    [false, 'rolled-back'],
  ] as const) {
    const { clock, model } = world(says);
    await model.predict({ x: 0 });
    for (let call = 0; call < 120; call++) {
      await model.predict({ x: call }, { unit: `u${call}` });
      await clock.advance(100);
    }
    expect(model.status().rollout?.phase).toBe(phase);
  }
});
