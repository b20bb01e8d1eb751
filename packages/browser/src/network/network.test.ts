import { always, defineModel } from '@understudy/core';
import { compose, type PolicyCall, type PolicyMachine } from '@understudy/core/policies';
import { describe, expect, it, vi } from 'vitest';
import { network, type NetworkOptions, type NetworkSignals } from './network.ts';

const GOOD: NetworkSignals = { onLine: true, effectiveType: '4g', saveData: false };
const call = (hasFallback: boolean): PolicyCall => ({ hasFallback }) as PolicyCall;
const RESULT = { report: undefined, costMicroUsd: undefined, error: undefined };

interface Made {
  readonly policy: PolicyMachine;
  signals: NetworkSignals;
  /** Whether a call at this moment is let through; it takes so long, and ends so. */
  readonly ask: (now: number, tookMs?: number, resultClass?: 'ok' | 'failed' | 'cancelled') => boolean;
}

function machine(options: NetworkOptions = {}): Made {
  const policy: PolicyMachine = network({ read: () => made.signals, ...options }).create({} as never);
  const made: Made = {
    policy,
    signals: GOOD,
    ask: (now, tookMs = 10, resultClass = 'ok') => {
      const permit = policy.admit(now, call(true));
      if (typeof permit !== 'number') return false;
      policy.settle(permit, resultClass, now + tookMs, RESULT);
      return true;
    },
  };
  return made;
}

describe('what the browser tells', () => {
  it.each<[NetworkSignals, NetworkOptions, boolean]>([
    [GOOD, {}, true],
    [{}, {}, true],
    [{ onLine: false }, {}, false],
    [{ effectiveType: '2g' }, {}, false],
    [{ effectiveType: '3g' }, {}, true],
    [{ effectiveType: '3g' }, { avoid: ['3g'] }, false],
    [{ effectiveType: '2g' }, { avoid: [] }, true],
    [{ saveData: true }, {}, true],
    [{ saveData: true }, { avoidSaveData: true }, false],
    [{ onLine: 'no', effectiveType: 7 } as never, {}, true],
  ])('%j with %j lets a call through: %s', (signals, options, through) => {
    const made = machine(options);
    made.signals = signals;
    expect(made.ask(1000)).toBe(through);
  });

  it('a network that is back must stay so for a while', () => {
    const made = machine({ steadyMs: 3000 });
    made.signals = { onLine: false };
    expect(made.ask(1000)).toBe(false);
    made.signals = GOOD;
    expect([made.ask(2000), made.ask(3999), made.ask(4000)]).toEqual([false, false, true]);
  });

  it('without a next tier the model is asked whatever the network is', () => {
    const made = machine();
    made.signals = { onLine: false };
    expect(made.policy.admit(1000, call(false))).toBe(1000);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['answers nothing', () => undefined as never],
    ['answers a number', () => 5 as never],
    ['answers a promise', () => Promise.resolve({ onLine: false }) as never],
  ])('a reader that %s tells nothing', (_name, read) => {
    expect(machine({ read }).ask(1)).toBe(true);
  });
});

describe('a slow network', () => {
  it('is tried now and then, until calls are clearly faster', () => {
    const made = machine({ slowMs: 1000, probeMs: 10_000 });
    expect(made.ask(0, 900)).toBe(true);
    expect(made.ask(1000, 1500)).toBe(true);
    expect(made.policy.snapshot?.(3000)).toEqual({ poor: null, averageMs: 1080, slow: true });
    expect([made.ask(3000), made.ask(12_000)]).toEqual([false, false]);
    // One probe of 800 ms: 996 ms on average are not below 700.
    expect([made.ask(12_500, 800), made.ask(13_000)]).toEqual([true, false]);
    for (let now = 23_000; now < 100_000; now += 10_000) made.ask(now, 100);
    expect(made.policy.snapshot?.(100_000)).toMatchObject({ slow: false });
    expect(made.ask(100_001)).toBe(true);
  });

  it('is not made so by fast failures or calls that nobody waited for; slow failures count', () => {
    const made = machine({ slowMs: 1000 });
    made.ask(0, 5, 'failed');
    made.ask(0, 9000, 'cancelled');
    expect(made.policy.snapshot?.(0)).toEqual({ poor: null, averageMs: null, slow: false });
    made.ask(0, 2000, 'failed');
    expect(made.policy.snapshot?.(0)).toMatchObject({ averageMs: 2000, slow: true });
  });

  it('is forgotten when an operator lets calls through', () => {
    const made = machine({ slowMs: 1000 });
    made.ask(0, 2000);
    expect(made.ask(100)).toBe(false);
    made.policy.release?.(200);
    expect(made.ask(200)).toBe(true);
  });
});

it('in a model offline calls go to the next tier at once, and say why', async () => {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
  const asked: string[] = [];
  const model = defineModel(
    { name: 'edge', input: any, output: any },
    {
      variants: {
        server: { version: '1', policies: [network()], predictor: () => asked.push('server') },
        device: { version: '1', predictor: () => `device ${asked.push('device')}` },
      },
      champion: 'server',
      fallback: ['device', always('rules')],
    },
  );
  const decision = await model.predict({});
  expect([decision.output, 'variant' in decision.servedBy && decision.servedBy.variant, asked]).toEqual([
    'device 1',
    'device',
    ['device'],
  ]);
  expect(decision.reason).toMatch(/The page is offline, and the next tier is asked\.(?!\.)/);
  vi.restoreAllMocks();
  await model.close();
});

it('works without a model: there is no next tier', async () => {
  await expect(compose(network({ read: () => ({ onLine: false }) }))(() => 'asked')).resolves.toBe('asked');
});

it('refuses options by name', () => {
  expect(() => network({ avoid: ['5g'], steadyMs: -1, slow: 1 } as never)).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      details: {
        problems: ['slow', 'avoid[0]', 'steadyMs'].map((name) => expect.objectContaining({ path: `network.${name}` })),
      },
    }),
  );
});
