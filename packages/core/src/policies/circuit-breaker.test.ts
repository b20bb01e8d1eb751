import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PolicyChange, ResultClass } from '../types/index.ts';
import { CircuitBreaker, type CircuitSettings } from './circuit-breaker.ts';

const SETTINGS: CircuitSettings = {
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
  consecutiveFailures: 5,
  slowCallMs: Number.POSITIVE_INFINITY,
  slowCallRate: 0.5,
  openMs: 5000,
  maxOpenMs: 60_000,
  factor: 2,
  jitter: undefined,
  probes: [1, 3],
  probeLeaseMs: 30_000,
};

function breaker(settings: Partial<CircuitSettings> = {}, random = 0): { circuit: CircuitBreaker; changes: PolicyChange[] } {
  const changes: PolicyChange[] = [];
  return {
    circuit: new CircuitBreaker(
      'm/v',
      { ...SETTINGS, ...settings },
      () => random,
      (change) => changes.push(change),
    ),
    changes,
  };
}

function settle(circuit: CircuitBreaker, resultClass: ResultClass, now: number, count = 1): void {
  for (let call = 0; call < count; call++) circuit.settle(circuit.admit(now), resultClass, now);
}

describe('opening', () => {
  test('at half of ten calls, and says why', () => {
    const { circuit, changes } = breaker({ consecutiveFailures: 100 });
    settle(circuit, 'ok', 0, 5);
    settle(circuit, 'failed', 0, 4);
    expect(circuit.state).toBe('closed');
    settle(circuit, 'failed', 0);
    expect(circuit.state).toBe('open');
    expect(changes).toEqual([
      { kind: 'circuitBreaker', name: 'm/v', from: 'closed', to: 'open', reason: '5 of 10 calls failed' },
    ]);
  });

  test('after five failures in a row, whatever the traffic', () => {
    const { circuit, changes } = breaker();
    for (let call = 0; call < 4; call++) settle(circuit, 'failed', call * 10_000);
    expect(circuit.state).toBe('closed');
    settle(circuit, 'failed', 40_000);
    expect(circuit.state).toBe('open');
    expect(changes[0]?.reason).toBe('5 consecutive failures');
  });

  test('throttled, caller errors, cancels and rejections count for nothing', () => {
    const { circuit } = breaker();
    for (const resultClass of ['throttled', 'caller-error', 'cancelled', 'rejected'] as const)
      settle(circuit, resultClass, 0, 50);
    expect(circuit.snapshot(0)).toMatchObject({ state: 'closed', calls: 0, failures: 0, consecutiveFailures: 0 });
  });

  test('on slow calls that have not ended', () => {
    const { circuit, changes } = breaker({ slowCallMs: 100, minCalls: 4 });
    const permits = [0, 1, 2, 3].map((at) => circuit.admit(1000 + at));
    circuit.admit(1050);
    expect(circuit.state).toBe('closed');
    circuit.admit(1110);
    expect(circuit.state).toBe('open');
    expect(changes[0]?.reason).toContain('4 of them still in flight');
    for (const permit of permits) circuit.settle(permit, 'ok', 1200);
    expect(circuit.snapshot(1200)).toMatchObject({ state: 'open', calls: 0 });
  });

  test('the window slides with no traffic', () => {
    const { circuit } = breaker({ windowMs: 1000, minCalls: 4, consecutiveFailures: 99 });
    settle(circuit, 'failed', 0, 3);
    settle(circuit, 'failed', 2000);
    expect(circuit.snapshot(2000)).toMatchObject({ state: 'closed', failures: 1, calls: 1 });
  });
});

describe('open and half-open', () => {
  test('it refuses until its time is over, then probes in steps, then closes', () => {
    const { circuit, changes } = breaker();
    settle(circuit, 'failed', 0, 5);
    expect(circuit.admit(4999)).toBe(-1);
    expect(circuit.reopensInMs(4000)).toBe(1000);
    const first = circuit.admit(5000);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(circuit.admit(5000)).toBe(-1);
    circuit.settle(first, 'ok', 5001);
    const second = [circuit.admit(5002), circuit.admit(5002), circuit.admit(5002)];
    expect(circuit.admit(5002)).toBe(-1);
    for (const permit of second) circuit.settle(permit, 'ok', 5003);
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual(['closed open', 'open half-open', 'half-open closed']);
  });

  test('its time doubles with each opening in a row, up to the longest, with jitter', () => {
    const { circuit } = breaker({ maxOpenMs: 8000, probes: [1] }, 0.5);
    settle(circuit, 'failed', 0, 5);
    expect(circuit.reopensInMs(0)).toBe(5500);
    settle(circuit, 'failed', 5500);
    expect(circuit.reopensInMs(5500)).toBe(8800);
    settle(circuit, 'ok', 20_000);
    settle(circuit, 'failed', 20_000, 5);
    expect(circuit.reopensInMs(20_000)).toBe(5500);
  });

  test('a hung probe loses its permit to its lease', () => {
    const { circuit } = breaker();
    settle(circuit, 'failed', 0, 5);
    expect(circuit.admit(5000)).toBeGreaterThanOrEqual(0);
    expect(circuit.admit(34_999)).toBe(-1);
    expect(circuit.admit(35_000)).toBeGreaterThanOrEqual(0);
  });

  test('a slow probe opens it again', () => {
    const { circuit } = breaker({ slowCallMs: 100 });
    settle(circuit, 'failed', 0, 5);
    circuit.settle(circuit.admit(5000), 'slow', 5200);
    expect(circuit.state).toBe('open');
  });
});

describe('an operator', () => {
  test('forces it open and closed, and releases it', () => {
    const { circuit } = breaker();
    circuit.force('forced-open', 'maintenance');
    expect(circuit.admit(0)).toBe(-1);
    expect(circuit.refusal).toContain('must release it');
    circuit.force('forced-closed', 'it is fine');
    settle(circuit, 'failed', 0, 100);
    expect(circuit.admit(0)).toBeGreaterThanOrEqual(0);
    circuit.release('done');
    expect(circuit.snapshot(0)).toMatchObject({ state: 'closed', failures: 0 });
  });

  test('observes: it counts and reports what it would have done, and refuses nothing', () => {
    const { circuit, changes } = breaker();
    circuit.force('observe-only', 'new');
    settle(circuit, 'failed', 0, 5);
    expect(circuit.state).toBe('observe-only');
    expect(circuit.admit(0)).toBeGreaterThanOrEqual(0);
    expect(changes.at(-1)).toMatchObject({ to: 'observe-only', reason: 'would have opened: 5 consecutive failures' });
  });

  test('cannot hydrate a state of another version', () => {
    const { circuit } = breaker();
    // @ts-expect-error another version
    expect(() => circuit.hydrate({ v: 2, state: 'open', remainingOpenMs: 1, openings: 1 }, 0)).toThrow(
      /v: expected one of 1, got 2/,
    );
  });
});

test('property: whatever happens, counts stay within bounds and a refusal is never given while closed', () => {
  const classes: readonly ResultClass[] = ['ok', 'slow', 'failed', 'throttled', 'caller-error', 'cancelled', 'rejected'];
  const step = fc.record({
    wait: fc.nat(4000),
    act: fc.constantFrom('admit', 'settle', 'settle', 'force', 'release'),
    pick: fc.nat(1000),
    resultClass: fc.constantFrom(...classes),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { circuit } = breaker({ slowCallMs: 500, windowMs: 5000, probes: [1, 2] });
      const permits: number[] = [];
      let now = 0;
      for (const { wait, act, pick, resultClass } of steps) {
        now += wait;
        if (act === 'admit') {
          const before = circuit.state;
          const permit = circuit.admit(now);
          if (permit >= 0) permits.push(permit);
          // Time may open it during the call, on overdue calls: then the refusal is right.
          else expect(before === 'closed' && circuit.state === 'closed').toBe(false);
        } else if (act === 'settle' && permits.length > 0) {
          const [permit = 0] = permits.splice(pick % permits.length, 1);
          circuit.settle(permit, resultClass, now);
        } else if (act === 'force') circuit.force(pick % 2 === 0 ? 'forced-open' : 'observe-only', 'a step');
        else if (act === 'release') circuit.release('a step');
        const { calls, failures, slow, overdue, probesInFlight } = circuit.snapshot(now);
        for (const count of [calls, failures, slow, overdue, probesInFlight]) expect(count).toBeGreaterThanOrEqual(0);
        expect(Number(failures) + Number(slow)).toBeLessThanOrEqual(Number(calls));
        expect(probesInFlight).toBeLessThanOrEqual(2);
      }
    }),
    { seed: 11 },
  );
});

test('a call whose stream has begun is waited for no longer: how long it is read makes nothing slow', () => {
  const { circuit, changes } = breaker({ slowCallMs: 300, minCalls: 5 });
  const permits = Array.from({ length: 12 }, () => circuit.admit(0));
  for (const permit of permits) circuit.opened(permit, 20);
  expect(circuit.admit(1000)).toBeGreaterThanOrEqual(0);
  for (const permit of permits) circuit.settle(permit, 'ok', 2000, true);
  expect(circuit.snapshot(2000)).toMatchObject({ state: 'closed' });
  expect(changes).toEqual([]);
});
