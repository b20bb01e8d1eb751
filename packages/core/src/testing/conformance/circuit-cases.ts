import { answering, check, controlled, failing, need, needState, outcome, times, watch } from './check.ts';
import type { ConformanceCase } from './subject.ts';

export const circuitCases: readonly ConformanceCase[] = [
  {
    row: 2,
    title: 'idle time ages the window: 4 failures, an idle hour, 1 failure does not open',
    async run({ guard, unitMs, wait }) {
      const subject = needState(guard({ breaker: { windowMs: 10 * unitMs, consecutiveFailures: 5 } }));
      await times(4, () => subject.call(failing));
      await wait(150 * unitMs);
      await times(1, () => subject.call(failing));
      check(subject.state() === 'closed', `the circuit was ${subject.state()} after one failure in the last window`);
    },
  },
  {
    row: 3,
    title: 'a low-traffic endpoint that fails always does open',
    async run({ guard, unitMs, wait }) {
      const subject = needState(
        guard({ breaker: { windowMs: 30 * unitMs, minCalls: 10, failureRate: 0.5, consecutiveFailures: 5 } }),
      );
      for (let call = 0; call < 12; call++) {
        await outcome(subject.call(failing));
        if (subject.state() === 'open') return;
        await wait(10 * unitMs);
      }
      check(false, 'twelve failures in a row, one each 10 units of a 30-unit window, left it closed');
    },
  },
  {
    row: 4,
    title: 'a step of the wall clock changes nothing',
    async run({ guard, unitMs, stepWall }) {
      const step = need(stepWall);
      const subject = needState(
        guard({
          breaker: { windowMs: 30 * unitMs, minCalls: 10, failureRate: 0.5, consecutiveFailures: 1000, openMs: 5 * unitMs },
        }),
      );
      await times(5, () => subject.call(failing));
      step(-3_600_000);
      await times(4, () => subject.call(failing));
      step(7_200_000);
      check(subject.state() === 'closed', 'it opened before the tenth failure');
      await times(1, () => subject.call(failing));
      check(subject.state() === 'open', 'steps of the wall clock dropped failures from the window');
      step(3_600_000);
      check('error' in (await outcome(subject.call(answering))), 'a step forward let a call through an open circuit');
    },
  },
  {
    row: 5,
    title: 'a late failure cannot reopen half-open; a late success cannot close it or reset counters',
    async run({ guard, unitMs, wait }) {
      const subject = needState(guard({ breaker: { consecutiveFailures: 3, openMs: 5 * unitMs, probes: [2] } }));
      const old = controlled();
      const late = [watch(subject.call(old.work)), watch(subject.call(old.work))];
      await times(3, () => subject.call(failing));
      check(subject.state() === 'open', 'three failures did not open it');
      old.calls[0]?.resolve('late');
      await late[0]?.result;
      check(subject.state() === 'open', 'a late success closed an open circuit');
      await wait(8 * unitMs);
      check('value' in (await outcome(subject.call(answering))), 'the first probe was refused');
      const before = subject.state();
      old.calls[1]?.reject(new Error('late'));
      await late[1]?.result;
      check(subject.state() === before, `a late failure moved it from ${before} to ${subject.state()}`);
      check(
        before !== 'half-open' || 'value' in (await outcome(subject.call(answering))),
        'the second probe was refused after a late failure',
      );
      check(subject.state() === 'closed', `two good probes left it ${subject.state()}`);
    },
  },
  {
    row: 6,
    title: 'calls beyond the half-open permits are rejected at once and hear no stampede on closing',
    async run({ guard, unitMs, wait }) {
      const subject = needState(guard({ breaker: { consecutiveFailures: 3, openMs: 5 * unitMs, probes: [1] } }));
      await times(3, () => subject.call(failing));
      await wait(8 * unitMs);
      const probe = controlled();
      const first = watch(subject.call(probe.work));
      const rest = Array.from({ length: 20 }, () => watch(subject.call(probe.work)));
      await wait(unitMs);
      check(probe.calls.length === 1, `${probe.calls.length} calls reached the endpoint while one probe was allowed`);
      check(
        rest.every((call) => call.settled()),
        'calls beyond the permit were kept waiting',
      );
      probe.calls[0]?.resolve('well');
      await first.result;
      await wait(unitMs);
      check(probe.calls.length === 1, 'rejected calls stormed the endpoint when it closed');
      check(subject.state() === 'closed', `a good probe left it ${subject.state()}`);
    },
  },
  {
    row: 7,
    title: 'a caller-cancelled probe neither closes nor opens; three user cancels never open a circuit',
    async run({ guard, unitMs, wait }) {
      const subject = needState(guard({ breaker: { consecutiveFailures: 3, openMs: 5 * unitMs, probes: [1] } }));
      const cancelled = async (): Promise<void> => {
        const abort = new AbortController();
        const call = watch(
          subject.call((signal) => new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason))), {
            signal: abort.signal,
          }),
        );
        await wait(0);
        abort.abort(new Error('the user left'));
        await wait(unitMs / 10);
        check(call.settled(), 'a cancelled call did not settle');
      };
      for (let call = 0; call < 3; call++) await cancelled();
      check(subject.state() === 'closed', `three cancels left it ${subject.state()}`);
      await times(3, () => subject.call(failing));
      await wait(8 * unitMs);
      await cancelled();
      check(subject.state() !== 'closed' && subject.state() !== 'open', `a cancelled probe left it ${subject.state()}`);
      check('value' in (await outcome(subject.call(answering))), 'a cancelled probe kept its permit');
    },
  },
  {
    row: 12,
    title: 'a hydrated forced-open circuit can be released; a hydrated open circuit waits its remaining time',
    async run({ guard, unitMs, wait }) {
      const options = { breaker: { consecutiveFailures: 3, openMs: 10 * unitMs, probes: [1] } };
      const subject = need(guard(options));
      const restart = need(subject.restart);
      await times(3, () => subject.call(failing));
      await wait(6 * unitMs);
      const open = restart();
      await wait(2 * unitMs);
      check('error' in (await outcome(open.call(answering))), 'a restarted open circuit did not wait its remaining time');
      await wait(5 * unitMs);
      check('value' in (await outcome(open.call(answering))), 'a restarted open circuit waited longer than its remaining time');
      const forced = need(guard(options));
      need(forced.forceOpen)();
      const restarted = need(forced.restart)();
      check('error' in (await outcome(restarted.call(answering))), 'a forced-open circuit was closed by a restart');
      restarted.release?.();
      check('value' in (await outcome(restarted.call(answering))), 'a restarted forced-open circuit could not be released');
    },
  },
  {
    row: 14,
    title: 'one failure with default options does not open the circuit',
    async run({ guard }) {
      const subject = needState(guard({ breaker: {} }));
      await times(1, () => subject.call(failing));
      check(subject.state() === 'closed', `one failure left it ${subject.state()}`);
    },
  },
  {
    row: 15,
    title: 'local rejections are not failures of the endpoint',
    async run({ guard, unitMs, wait }) {
      const subject = needState(guard({ breaker: { consecutiveFailures: 3, minCalls: 5 }, limit: { limit: 1, maxQueue: 0 } }));
      const busy = controlled();
      const first = watch(subject.call(busy.work));
      await wait(0);
      for (let call = 0; call < 20; call++)
        check('error' in (await outcome(subject.call(answering))), 'a limit of 1 let a second call run');
      check(subject.state() === 'closed', `twenty rejections of the limiter left the circuit ${subject.state()}`);
      busy.calls[0]?.resolve('well');
      await first.result;
      await wait(unitMs / 10);
      check('value' in (await outcome(subject.call(answering))), 'the endpoint was not reachable after its own rejections');
    },
  },
  {
    row: 18,
    title: 'a hung probe does not hold half-open for ever; a probe that throws something unusual is handled',
    async run({ guard, unitMs, wait }) {
      const subject = needState(
        guard({ breaker: { consecutiveFailures: 3, openMs: 5 * unitMs, probes: [1], probeLeaseMs: 20 * unitMs } }),
      );
      await times(3, () => subject.call(failing));
      await wait(8 * unitMs);
      void outcome(subject.call(() => new Promise(() => {})));
      await wait(30 * unitMs);
      for (const [name, unusual] of Object.entries({ string: 'a string', null: null, undefined, frozen: Object.freeze({}) })) {
        await outcome(subject.call(() => Promise.reject(unusual as Error)));
        check(subject.state() === 'open', `a probe that threw ${name} left it ${subject.state()}`);
        await wait(200 * unitMs);
      }
      check('value' in (await outcome(subject.call(answering))), 'half-open never let another call through');
    },
  },
  {
    row: 19,
    title: 'two guards that share one options object share no state',
    async run({ pair }) {
      const [first, second] = need(need(pair)({ breaker: { consecutiveFailures: 3 } }));
      const [a, b] = [needState(first), needState(second)];
      await times(2, () => b.call(failing));
      await times(5, () => a.call(failing));
      check(a.state() === 'open', 'five failures did not open the first');
      check(b.state() === 'closed', 'the failures of one opened the other');
      check('value' in (await outcome(b.call(answering))), 'the other refused a call');
    },
  },
  {
    row: 20,
    title: "the cost of a failure does not grow with the window's call count",
    async run({ guard }) {
      const cost = async (calls: number): Promise<number> => {
        const subject = need(
          guard({
            breaker: { windowMs: 3_600_000, minCalls: 1_000_000_000, failureRate: 1, consecutiveFailures: 1_000_000_000 },
          }),
        );
        await times(calls, () => subject.call(answering));
        let best = Number.POSITIVE_INFINITY;
        for (let round = 0; round < 5; round++) {
          const start = performance.now();
          await times(200, () => subject.call(failing));
          best = Math.min(best, performance.now() - start);
        }
        return best;
      };
      await cost(1000);
      const [few, many] = [await cost(500), await cost(20_000)];
      check(many < few * 5, `a failure after 20,000 calls cost ${(many / few).toFixed(1)} times one after 500`);
    },
  },
  {
    row: 21,
    title: 'calls in flight do not dilute the error rate',
    async run({ guard, unitMs }) {
      const subject = needState(
        guard({ breaker: { windowMs: 30 * unitMs, minCalls: 10, failureRate: 0.5, consecutiveFailures: 1_000_000 } }),
      );
      const hanging = controlled();
      for (let call = 0; call < 50; call++) void outcome(subject.call(hanging.work));
      await times(10, () => subject.call(failing));
      check(subject.state() === 'open', 'ten failures of ten finished calls did not open it while fifty were in flight');
    },
  },
];
