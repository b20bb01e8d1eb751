import { answering, check, controlled, failing, need, outcome, times, watch } from './check.ts';
import type { ConformanceCase } from './subject.ts';

/** Counts the listeners on a signal by its own methods. */
function countedSignal(): {
  readonly controller: AbortController;
  readonly listeners: () => number;
  readonly most: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  let most = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...parameters: Parameters<typeof add>): void => {
    listeners++;
    most = Math.max(most, listeners);
    add(...parameters);
  };
  signal.removeEventListener = (...parameters: Parameters<typeof remove>): void => {
    listeners--;
    remove(...parameters);
  };
  return { controller, listeners: () => listeners, most: () => most };
}

export const callCases: readonly ConformanceCase[] = [
  {
    row: 1,
    title: 'abort during backoff settles at once and never calls the function again',
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ retry: { attempts: 3, baseMs: 100 * unitMs } }));
      const abort = new AbortController();
      let calls = 0;
      const call = watch(
        subject.call(
          () => {
            calls++;
            return failing();
          },
          { signal: abort.signal },
        ),
      );
      await wait(unitMs / 4);
      check(calls === 1, `it was called ${calls} times before the backoff`);
      abort.abort(new Error('the user left'));
      await wait(unitMs / 4);
      check(call.settled(), 'it waited for the backoff after the abort');
      await wait(400 * unitMs);
      check(calls === 1, 'it called the function after the abort');
    },
  },
  {
    row: 8,
    title: 'a throwing listener never changes a result and never repeats a call',
    async run({ guard, unitMs, wait }) {
      const subject = need(
        guard({
          breaker: { consecutiveFailures: 3, openMs: 5 * unitMs, probes: [1] },
          onChange: () => {
            throw new Error('the listener failed');
          },
        }),
      );
      let calls = 0;
      for (let call = 0; call < 3; call++) {
        const result = await outcome(
          subject.call(() => {
            calls++;
            return failing();
          }),
        );
        check(
          'error' in result && result.error instanceof Error && result.error.message === 'the endpoint failed',
          'the listener changed the error of a call',
        );
      }
      await wait(8 * unitMs);
      const result = await outcome(
        subject.call(() => {
          calls++;
          return 'paid';
        }),
      );
      check('value' in result && result.value === 'paid', 'the listener changed the result of a call');
      check(calls === 4, `four calls ran the function ${calls} times`);
    },
  },
  {
    row: 9,
    title: 'a queued call is not overtaken by a newer one; an aborted queued call frees its place at once',
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ limit: { limit: 1, maxQueue: 2 } }));
      const order: string[] = [];
      const gate = controlled();
      const first = watch(subject.call(gate.work));
      await wait(0);
      const abort = new AbortController();
      const named = (name: string) => (): string => {
        order.push(name);
        return name;
      };
      const second = watch(subject.call(named('second'), { signal: abort.signal }));
      const third = watch(subject.call(named('third')));
      await wait(0);
      check('error' in (await outcome(subject.call(named('fourth')))), 'a full queue took another call');
      abort.abort(new Error('the user left'));
      await wait(unitMs / 10);
      check(second.settled(), 'an aborted queued call did not settle at once');
      const fifth = watch(subject.call(named('fifth')));
      await wait(0);
      gate.calls[0]?.resolve('first');
      await first.result;
      await Promise.all([third.result, fifth.result]);
      check(order.join() === 'third,fifth', `the queue ran ${order.join()}`);
    },
  },
  {
    row: 10,
    title: 'a body that is still being read is not killed when the call has returned',
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ timeoutMs: 5 * unitMs, breaker: {} }));
      const body = await subject.call(async (signal) => ({ signal }));
      const signal = need(body.signal);
      await wait(20 * unitMs);
      check(!signal.aborted, 'the signal of a call that had returned was aborted');
    },
  },
  {
    row: 11,
    title: "a parent's abort is reported as the caller's abort, a deadline as a timeout",
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ timeoutMs: 5 * unitMs }));
      const reason = new Error('the user left');
      const abort = new AbortController();
      const hang = (signal: AbortSignal | undefined): Promise<never> =>
        new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason)));
      const cancelled = watch(subject.call(hang, { signal: abort.signal }));
      await wait(unitMs);
      abort.abort(reason);
      await wait(unitMs);
      const seen = cancelled.settled() ? await cancelled.result : { error: 'it hung' };
      check(
        'error' in seen && seen.error === reason,
        `a parent's abort was reported as ${'error' in seen ? String(seen.error) : 'a result'}`,
      );
      const late = watch(subject.call(hang, { signal: new AbortController().signal }));
      await wait(8 * unitMs);
      const timed = late.settled() ? await late.result : { error: 'it hung' };
      check(
        'error' in timed && timed.error !== reason && /tim(e|ed) ?out|within/i.test(String(timed.error)),
        `a deadline was reported as ${'error' in timed ? String(timed.error) : 'a result'}`,
      );
    },
  },
  {
    row: 13,
    title: '10,000 concurrent calls on one signal add no pile of listeners, and leave none behind; nor do 1e5 in turn',
    async run({ guard }) {
      const subject = need(guard({ timeoutMs: 1e6, retry: { attempts: 2 }, breaker: {} }));
      const shared = countedSignal();
      const gate = Promise.withResolvers<string>();
      const calls = Array.from({ length: 10_000 }, () => subject.call(() => gate.promise, { signal: shared.controller.signal }));
      check(shared.most() <= 10, `${shared.most()} listeners hung on the signal at once`);
      gate.resolve('well');
      await Promise.all(calls);
      for (let call = 0; call < 100_000; call++) await subject.call(answering, { signal: shared.controller.signal });
      check(shared.listeners() <= 1, `${shared.listeners()} listeners were left on the signal`);
    },
  },
  {
    row: 16,
    title: "one call's timeout aborts only that call",
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ timeoutMs: 5 * unitMs }));
      const signals: (AbortSignal | undefined)[] = [];
      const hang = (signal: AbortSignal | undefined): Promise<never> => {
        signals.push(signal);
        return new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason)));
      };
      const early = watch(subject.call(hang));
      await wait(3 * unitMs);
      const late = watch(subject.call(hang));
      await wait(3 * unitMs);
      check(early.settled() && !late.settled(), 'the timeout of one call did not end just that call');
      check(signals[1]?.aborted !== true, "another call's signal was aborted");
      await wait(5 * unitMs);
      await late.result;
    },
  },
  {
    row: 17,
    title: 'a synchronous undefined is a result; a synchronous throw is a rejection',
    async run({ guard }) {
      const subject = need(guard({ timeoutMs: 1e6, retry: { attempts: 1 }, breaker: {} }));
      const result = await outcome(subject.call(() => undefined));
      check('value' in result && result.value === undefined, 'a synchronous undefined was no result');
      let escaped = false;
      let thrown: Promise<unknown> = Promise.resolve();
      try {
        thrown = subject.call(() => {
          throw new Error('synchronous');
        });
      } catch {
        escaped = true;
      }
      check(!escaped && 'error' in (await outcome(thrown)), 'a synchronous throw was no rejection');
    },
  },
  {
    row: 22,
    title: 'a limit of 2 never has 3 running, also when calls time out and end late',
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ limit: { limit: 2, maxQueue: 1000 }, timeoutMs: 5 * unitMs }));
      let running = 0;
      let most = 0;
      let state = 12_345;
      const draw = (): number => (state = (Math.imul(state, 48_271) >>> 0) % 0x7fff_ffff) / 0x7fff_ffff;
      const calls = Array.from({ length: 60 }, () =>
        outcome(
          subject.call(async () => {
            running++;
            most = Math.max(most, running);
            // It ignores its signal, and some take longer than the timeout.
            await wait(0);
            await new Promise<void>((done) => pendingEnds.push({ done, after: draw() * 10 * unitMs }));
            running--;
          }),
        ),
      );
      const pendingEnds: { readonly done: () => void; readonly after: number }[] = [];
      for (let step = 0; step < 600 && calls.length > 0; step++) {
        await wait(unitMs / 2);
        const index = pendingEnds.findIndex(({ after }) => after < step * 10 * unitMs * draw());
        if (index >= 0) pendingEnds.splice(index, 1)[0]?.done();
        if (step > 200 && running === 0) break;
      }
      check(most <= 2, `${most} calls ran at once under a limit of 2`);
    },
  },
  {
    row: 23,
    title: 'a retry budget refills after exhaustion and never blocks first attempts',
    async run({ guard }) {
      const subject = need(guard({ retry: { attempts: 2, baseMs: 0 } }));
      let calls = 0;
      const count = async (): Promise<never> => {
        calls++;
        return failing();
      };
      await Promise.all(Array.from({ length: 200 }, () => outcome(subject.call(count))));
      check(calls >= 200, `only ${calls} of 200 first attempts ran`);
      check(calls < 300, `200 failing calls were made ${calls} times: there is no budget`);
      await times(100, () => subject.call(answering));
      calls = 0;
      await outcome(subject.call(count));
      check(calls === 2, 'the budget did not refill');
    },
  },
  {
    row: 24,
    title: 'uniformly timed-out calls lower an adaptive limit',
    async run({ guard, unitMs, wait }) {
      const subject = need(guard({ limit: { limit: 'adaptive', maxQueue: 1000 }, timeoutMs: unitMs }));
      const limit = need(subject.limit);
      const before = limit();
      for (let round = 0; round < 40; round++) {
        for (let call = 0; call < 10; call++)
          void outcome(
            subject.call((signal) => new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason)))),
          );
        await wait(2 * unitMs);
      }
      check(limit() < before, `the limit went from ${before} to ${limit()}`);
    },
  },
  {
    row: 26,
    title: 'two models that fail over at once share no mutable "current" pointer: 20 concurrent calls give 20 answers',
    async run({ guard }) {
      const [down, up] = [need(guard({ breaker: {} })), need(guard({ breaker: {} }))];
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const first = await outcome(down.call(failing));
          return 'value' in first ? first.value : up.call(async () => `answer ${index}`);
        }),
      );
      check(
        answers.every((answer, index) => answer === `answer ${index}`),
        'a concurrent failover lost or swapped answers',
      );
    },
  },
];
