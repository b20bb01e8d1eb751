import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { retry } from '../policies/retry.ts';
import { memoryStore } from '../control/memory-store.ts';
import type { ControlChangedEvent } from '../events/event.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import { drill, type DrillOptions, type DrillReport } from './drill.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

const by = { id: 'ana', roles: ['operator'] };
let clock: VirtualClock;
let OPTIONS: DrillOptions;
beforeEach(() => {
  clock = new VirtualClock();
  OPTIONS = { share: 0.2, by, reason: 'a rehearsal', forMs: 300, recoveryMs: 500, clock };
});

function setUp(options: object = {}, runtime: UnderstudyOptions = {}) {
  const understudy = createUnderstudy({ clock, random: seededRandom(1), store: memoryStore({ acceptLoss: true }), ...runtime });
  let fails = (): boolean => false;
  const audit: ControlChangedEvent[] = [];
  understudy.on('control-changed', (event) => audit.push(event));
  const model = understudy.defineModel(
    { name: 'm', input: z.object({ n: z.number() }), output: z.object({ score: z.number() }) },
    {
      variants: {
        v1: {
          version: '1',
          predictor: ({ n }: { n: number }) => {
            if (fails()) throw Object.assign(new Error('real'), { status: 503 });
            return { score: n };
          },
        },
        v2: { version: '2', predictor: ({ n }: { n: number }) => ({ score: n }) },
      },
      champion: 'v1',
      fallback: [always({ score: 0 })],
      policies: [retry({ attempts: 2, baseMs: 1 }), circuitBreaker()],
      ...options,
    } as never,
  );
  /** Calls, one after the other, each some milliseconds after the one before, until a drill is over. */
  const during = async (work: Promise<DrillReport>, each: (calls: number) => void = () => undefined): Promise<DrillReport> => {
    const state = { isOver: false };
    const over = work.finally(() => (state.isOver = true));
    for (let calls = 0; !state.isOver && calls < 10_000; calls++) {
      each(calls);
      const call = model.predict({ n: calls });
      /* oxlint-disable no-await-in-loop -- in order */
      for (let turns = 0; turns < 5; turns++) await clock.advance(1);
      await call;
      /* oxlint-enable no-await-in-loop */
    }
    return over;
  };
  return { understudy, model, audit, fail: (how: () => boolean) => (fails = how), during };
}

describe('drill()', () => {
  it('gives a share of the calls faults, which other tiers rescue, and everything is as before at its end', async () => {
    const { model, audit, during } = setUp();
    const before = model.status().control;
    const report = await during(drill(model, OPTIONS));
    expect(report).toMatchObject({
      model: 'm',
      variant: 'v1',
      by: 'ana',
      endedBy: 'time',
      realFailures: 0,
      rollBack: null,
      circuit: [],
    });
    expect(report.calls).toBeGreaterThan(50);
    expect(report.faulted).toBeGreaterThan(0);
    expect(report.faulted).toBeLessThanOrEqual(report.calls * 0.2);
    expect(report.servedBy).toEqual({ always: report.faulted });
    expect(report.recoveryMs).toBeLessThan(500);
    expect(audit.map(({ command, by: who, variant, result }) => [command, who, variant, result])).toEqual([
      ['drill', 'ana', 'v1', 'obeyed'],
      ['drill', 'ana', 'v1', 'obeyed'],
    ]);
    expect(audit[1]?.reason).toMatch(/^The drill is over \(time\): \d+ of \d+ calls got a fault\.$/);
    expect(model.status().control).toEqual(before);
    const { servedBy } = await model.predict({ n: 1 });
    expect(servedBy.tier).toBe('model');
  });

  it('tells what the circuit did, and how long it took until the variant served again', async () => {
    const { model, during } = setUp({ policies: [circuitBreaker({ minCalls: 5, openMs: 50 })] });
    const report = await during(drill(model, { ...OPTIONS, share: 1 }));
    expect(report.circuit[0]).toMatchObject({ from: 'closed', to: 'open' });
    expect(report.recoveryMs).toBeGreaterThan(0);
    expect(report.realFailures).toBe(0);
  });

  it('ends at once when failures come that it did not cause', async () => {
    const { model, fail, during } = setUp();
    const report = await during(drill(model, { ...OPTIONS, forMs: 5000 }), (calls) => {
      if (calls === 10) fail(() => true);
    });
    expect(report.endedBy).toBe('real-failures');
    expect(report.durationMs).toBeLessThan(4000);
  });

  it('rehearses a roll-back on a copy, where the model has a rollout', async () => {
    const { model } = setUp({ rollout: { challenger: 'v2', canaryShares: [0.05], gates: [errorRate({ maxRatio: 1.5 })] } });
    const before = model.status().rollout;
    const stopped = AbortSignal.abort();
    const report = await drill(model, { ...OPTIONS, signal: stopped });
    expect(report).toMatchObject({ endedBy: 'stopped', calls: 0, recoveryMs: null, rollBack: { works: true } });
    expect(model.status().rollout).toEqual(before);
  });

  it('is authorised, needs a share, an operator, a reason, and a tier that rescues', async () => {
    const { model, audit } = setUp({}, { authorize: (operator, command) => command.kind !== 'drill' || operator.id === 'boss' });
    await expect(drill(model, OPTIONS)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(audit.map(({ result }) => result)).toEqual(['forbidden']);
    await expect(drill(model, { share: 2 } as never)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      details: {
        problems: ['share', 'by', 'reason', 'forMs'].map((name) => expect.objectContaining({ path: `drill.${name}` }) as object),
      },
    });
    const alone = setUp({ fallback: [] }).model;
    await expect(drill(alone, OPTIONS)).rejects.toThrow('expected a model with another tier');
    await expect(drill({ name: 'm' }, OPTIONS)).rejects.toThrow('expected what defineModel() returned');
    const { model: other } = setUp();
    await expect(drill(other, { ...OPTIONS, variant: 'v9' })).rejects.toMatchObject({ code: 'UNKNOWN_VARIANT' });
  });

  it('is alone on its model: another one is refused, and nothing of the first is left', async () => {
    const { model, audit, during } = setUp({ split: { v2: 0.5 } });
    const first = drill(model, OPTIONS);
    await Promise.resolve();
    await expect(drill(model, OPTIONS)).rejects.toMatchObject({ code: 'CONTROL_CONFLICT', retryable: true });
    await expect(drill(model, { ...OPTIONS, variant: 'v2' })).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
    expect((await during(first)).endedBy).toBe('time');
    const again = await during(drill(model, OPTIONS));
    expect(again.servedBy).toEqual({ always: again.faulted });
    expect(audit.filter(({ reason }) => reason.startsWith('The drill is over'))).toHaveLength(2);
  });

  it('is undone where its clock fails', async () => {
    const { model, audit } = setUp();
    const broken = {
      now: () => clock.now(),
      wall: () => clock.wall(),
      cancel: () => undefined,
      schedule: () => {
        throw new Error('no timers');
      },
    };
    await expect(drill(model, { ...OPTIONS, share: 1, clock: broken })).rejects.toThrow('no timers');
    expect(audit).toHaveLength(2);
    expect((await model.predict({ n: 1 })).servedBy.tier).toBe('model');
  });

  it('ends when the model closes', async () => {
    const { model } = setUp();
    const work = drill(model, { ...OPTIONS, forMs: 60_000, recoveryMs: 60_000 });
    await clock.advance(1);
    await model.close();
    expect(await work).toMatchObject({ endedBy: 'stopped', recoveryMs: null });
  });

  it('where no call comes it waits for no recovery', async () => {
    const { model } = setUp();
    await model.control.pause({ by, reason: 'a test' });
    const { isOver, calls } = { isOver: clock.now() + 300, calls: drill(model, OPTIONS) };
    await clock.advance(300);
    expect(await calls).toMatchObject({ endedBy: 'time', calls: 0, faulted: 0, recoveryMs: null });
    expect(clock.now()).toBe(isOver);
  });

  it('gives shadows no fault', async () => {
    const { understudy, model, during } = setUp({ shadow: { v2: {} } });
    const classes = new Set<string>();
    understudy.on('shadow-compared', ({ resultClass }) => classes.add(resultClass));
    const report = await during(drill(model, { ...OPTIONS, variant: 'v2', share: 1 }));
    expect([report.calls, report.faulted, [...classes]]).toEqual([0, 0, ['ok']]);
  });

  it('waits for calls that hang, and tells of those that do not end', async () => {
    const faults = [{ kind: 'hang' }] as const;
    const { model } = setUp({ policies: [] });
    const work = drill(model, { ...OPTIONS, share: 1, faults });
    await clock.advance(1);
    const call = model.predict({ n: 1 }, { deadlineMs: 600 });
    await clock.advance(301);
    await model.predict({ n: 2 });
    await clock.advance(400);
    await call.catch(() => undefined);
    expect(await work).toMatchObject({
      endedBy: 'time',
      faulted: 1,
      servedBy: { always: 1 },
      recoveryMs: expect.any(Number) as number,
    });
    const other = drill(model, { ...OPTIONS, share: 1, faults });
    await clock.advance(1);
    const late = model.predict({ n: 3 }, { deadlineMs: 5000 });
    await clock.advance(301);
    await model.predict({ n: 4 });
    await clock.advance(600);
    expect(await other).toMatchObject({ faulted: 1, servedBy: { pending: 1 }, recoveryMs: expect.any(Number) as number });
    await clock.advance(5000);
    await late.catch(() => undefined);
  });
});
