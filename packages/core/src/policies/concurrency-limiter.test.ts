import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

describe('the queue', () => {
  test('more important calls first, first come first served within, the least important and newest shed', () => {
    const limiter = new ConcurrencyLimiter(1, 3);
    const order: string[] = [];
    const enqueue = (name: string, priority: number): boolean =>
      limiter.enqueue(
        priority,
        () => order.push(name),
        () => order.push(`${name} shed`),
      ) !== undefined;
    expect(limiter.admit()).toBe(true);
    expect([enqueue('a', 0), enqueue('b', 1), enqueue('c', 0)]).toEqual([true, true, true]);
    expect(enqueue('d', 0)).toBe(false);
    expect(enqueue('e', 2)).toBe(true);
    expect(limiter.admit()).toBe(false);
    for (let call = 0; call < 4; call++) limiter.release();
    expect(order).toEqual(['c shed', 'e', 'b', 'a']);
    expect(limiter.snapshot()).toMatchObject({ active: 0, queued: 0, shed: 2 });
  });

  test('no queue at all', () => {
    const limiter = new ConcurrencyLimiter(1, 0);
    limiter.admit();
    expect(
      limiter.enqueue(
        5,
        () => undefined,
        () => undefined,
      ),
    ).toBeUndefined();
  });

  test('property, conformance row 22: a limit of 2 never has 3, every waiter is served once or leaves', () => {
    const step = fc.record({ act: fc.constantFrom('enter', 'release', 'leave'), priority: fc.nat(3), pick: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const limiter = new ConcurrencyLimiter(2, 4);
        const waiting = new Map<number, { leave(): void }>();
        let running = 0;
        let next = 0;
        for (const { act, priority, pick } of steps) {
          if (act === 'enter') {
            const id = next++;
            if (limiter.admit()) running++;
            else {
              const place = limiter.enqueue(
                priority,
                () => (waiting.delete(id), running++),
                () => waiting.delete(id),
              );
              if (place !== undefined) waiting.set(id, place);
            }
          } else if (act === 'release' && running > 0) {
            running--;
            limiter.release();
          } else if (act === 'leave' && waiting.size > 0) {
            const [id, place] = [...waiting][pick % waiting.size] ?? [-1, { leave: () => undefined }];
            place.leave();
            waiting.delete(id);
          }
          expect(running).toBeLessThanOrEqual(2);
          expect(limiter.snapshot()).toMatchObject({ active: running, queued: waiting.size });
          expect(waiting.size === 0 || running === 2).toBe(true);
        }
      }),
      { seed: 13 },
    );
  });
});

describe('the adaptive limit', () => {
  const feed = (limit: AdaptiveLimit, ms: number, from: number, count: number, active = limit.value): number => {
    let now = from;
    for (let call = 0; call < count; call++) {
      now += 25;
      limit.sample('ok', now - ms, now, active);
    }
    return now;
  };

  test('grows while it is used and latency is steady, and not while it is idle', () => {
    const used = new AdaptiveLimit({ min: 1, start: 20, max: 200 });
    feed(used, 10, 0, 2000);
    expect(used.value).toBeGreaterThan(35);
    const idle = new AdaptiveLimit({ min: 1, start: 20, max: 200 });
    feed(idle, 10, 0, 2000, 3);
    expect(idle.value).toBe(20);
  });

  test('shrinks when latency grows with load', () => {
    const limit = new AdaptiveLimit({ min: 1, start: 100, max: 200 });
    const now = feed(limit, 10, 0, 600);
    const before = limit.value;
    feed(limit, 200, now + 1000, 600);
    expect(limit.value).toBeLessThan(before * 0.8);
  });

  test('a 429 halves it once: calls that started before the change saw another limit', () => {
    const limit = new AdaptiveLimit({ min: 1, start: 80, max: 200 });
    for (let call = 0; call < 50; call++) limit.sample('throttled', 0, 100, 80);
    expect(limit.value).toBe(40);
    limit.sample('throttled', 150, 200, 40);
    expect(limit.value).toBe(20);
  });

  test('mostly failures lower it, also with few calls', () => {
    const limit = new AdaptiveLimit({ min: 1, start: 20, max: 200 });
    for (let call = 0; call <= 35; call++) limit.sample('failed', call * 1000 - 10, call * 1000, 20);
    expect(limit.value).toBe(18);
  });

  test('stays within its bounds', () => {
    const limit = new AdaptiveLimit({ min: 5, start: 6, max: 10 });
    for (let call = 1; call < 20; call++) limit.sample('throttled', call * 1000, call * 1000 + 1, 6);
    expect(limit.value).toBe(5);
    feed(limit, 10, 100_000, 10_000);
    expect(limit.value).toBe(10);
  });
});
