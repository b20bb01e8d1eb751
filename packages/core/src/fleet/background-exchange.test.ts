import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { BackgroundExchange } from './background-exchange.ts';

const WAIT_MS = 100;
const TAKES_MS = 30;

/** Another side that takes a while for each exchange, and that may be away; it is handed what was changed before the exchange began. */
function otherSide() {
  const clock = new VirtualClock(0);
  const seen = { away: false, changed: 0, handed: 0, running: 0, max: 0, starts: [] as number[] };
  const hand = async (): Promise<void> => {
    seen.starts.push(clock.now());
    seen.max = Math.max(seen.max, ++seen.running);
    const upTo = seen.changed;
    await new Promise<void>((over) => clock.schedule(over, TAKES_MS));
    seen.running--;
    if (seen.away) throw new Error('away');
    seen.handed = upTo;
  };
  const exchange = new BackgroundExchange({
    clock,
    everyMs: WAIT_MS,
    exchange: () => (seen.changed === seen.handed ? undefined : hand()),
    waits: () => seen.handed < seen.changed,
  });
  const change = (): void => {
    seen.changed++;
    exchange.touch();
  };
  return { clock, seen, exchange, change, hand };
}

test('touches that come together are served by one exchange, and nothing runs without one', async () => {
  const { clock, seen, exchange, change } = otherSide();
  await clock.advance(1000);
  expect([seen.starts, clock.pending]).toEqual([[], 0]);
  change();
  change();
  expect(clock.pending).toBe(1);
  await clock.advance(1000);
  expect([seen.starts, seen.handed, clock.pending]).toEqual([[1100], 2, 0]);
  expect(exchange.failure).toBeUndefined();
});

test('the first may come sooner', async () => {
  const clock = new VirtualClock(0);
  const starts: number[] = [];
  const exchange = new BackgroundExchange({ clock, everyMs: 50, firstMs: 0, exchange: async () => starts.push(clock.now()) });
  for (let touch = 0; touch < 3; touch++) {
    exchange.touch();
    await clock.advance(50);
  }
  expect(starts).toEqual([0, 100, 150]);
});

test('its timers let the process end', () => {
  const scheduled: boolean[] = [];
  const clock = new VirtualClock(0);
  clock.schedule = (...args: readonly unknown[]) => void scheduled.push(args[2] === true);
  new BackgroundExchange({ clock, everyMs: 1, exchange: () => undefined }).touch();
  expect(scheduled).toEqual([true]);
});

test('who asks for one while it runs joins it; what changed meanwhile goes with the next', async () => {
  const { clock, seen, exchange, change } = otherSide();
  change();
  const [first, second] = [exchange.run(), exchange.run()];
  expect(second).toBe(first);
  change();
  await clock.advance(TAKES_MS);
  await first;
  expect([seen.handed, seen.starts]).toEqual([1, [0]]);
  await clock.advance(WAIT_MS + TAKES_MS);
  expect([seen.handed, seen.starts]).toEqual([2, [0, 100]]);
});

test('a failure is kept until the other side answers again, and is tried anew while something waits', async () => {
  const { clock, seen, exchange, change } = otherSide();
  seen.away = true;
  change();
  await clock.advance(500);
  expect(exchange.failure?.message).toBe('away');
  expect(seen.starts).toEqual([100, 230, 360, 490]);
  seen.away = false;
  await clock.advance(200);
  expect([exchange.failure, seen.handed, clock.pending]).toEqual([undefined, 1, 0]);
});

test('what is thrown at once, and what is no error, is a failure too', async () => {
  const clock = new VirtualClock(0);
  const throws = (): never => {
    // oxlint-disable-next-line typescript/only-throw-error
    throw 'no';
  };
  const exchange = new BackgroundExchange({ clock, everyMs: 1, exchange: throws });
  await exchange.run();
  expect(exchange.failure).toEqual(new Error('no'));
});

test('a failure of something else is the last one too; nothing asked, nothing answered', async () => {
  const { exchange } = otherSide();
  await exchange.attempt(() => Promise.reject(new Error('no')));
  await exchange.attempt(() => undefined);
  await exchange.run();
  expect(exchange.failure?.message).toBe('no');
  await exchange.attempt(async () => 7);
  expect(exchange.failure).toBeUndefined();
});

test('the end cancels the timer, waits for the exchange that runs, and lets none begin by itself', async () => {
  const { clock, seen, exchange, change, hand } = otherSide();
  change();
  const running = exchange.run();
  change();
  let isOver = false;
  const closed = exchange.close().then(() => (isOver = true));
  expect(clock.pending).toBe(1);
  await clock.advance(TAKES_MS - 1);
  expect(isOver).toBe(false);
  await clock.advance(1);
  await Promise.all([running, closed]);
  exchange.touch();
  expect([clock.pending, seen.handed]).toEqual([0, 1]);
  const last = exchange.attempt(hand);
  await clock.advance(TAKES_MS);
  await last;
  expect(seen.handed).toBe(2);
});

const happening = fc.oneof(
  fc.constant('touch' as const),
  fc.constant('run' as const),
  fc.constant('fail' as const),
  fc.constant('mend' as const),
  fc.integer({ min: 1, max: 250 }),
);

test('whatever happens in whatever order: one at a time, nothing forgotten, nothing left behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), fc.boolean(), async (happenings, closes) => {
      const { clock, seen, exchange, change, hand } = otherSide();
      for (const what of happenings) {
        if (what === 'touch') change();
        else if (what === 'run') void exchange.run();
        else if (typeof what === 'number') await clock.advance(what);
        else seen.away = what === 'fail';
        // Either all is handed over, or an exchange runs or is on its way.
        expect(seen.handed === seen.changed || clock.pending > 0).toBe(true);
        expect(exchange.failure === undefined || exchange.failure.message === 'away').toBe(true);
      }
      seen.away = false;
      if (closes) {
        const closed = exchange.close().then(() => exchange.attempt(hand));
        await clock.advance(2 * TAKES_MS);
        await closed;
        exchange.touch();
      } else await clock.advance(2 * (WAIT_MS + TAKES_MS));
      expect(seen.handed).toBe(seen.changed);
      expect([seen.running, clock.pending]).toEqual([0, 0]);
      expect(seen.max).toBeLessThanOrEqual(1);
      if (seen.changed > 0) expect(exchange.failure).toBeUndefined();
    }),
  );
});
