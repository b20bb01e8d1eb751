import { expect, test } from 'vitest';
import { type CallerLink, linkToCaller, unlink } from './caller-link.ts';

const named = (name: string, log: string[], then?: () => void) => ({
  callerAborted: () => {
    log.push(name);
    then?.();
  },
});

test('all that hang on a signal hear its abort, in order and once', () => {
  const controller = new AbortController();
  const log: string[] = [];
  for (const name of ['a', 'b', 'c']) linkToCaller(named(name, log), controller.signal);
  controller.abort();
  controller.abort();
  expect(log).toEqual(['a', 'b', 'c']);
});

test('who has left hears nothing; to leave twice changes nothing', () => {
  const controller = new AbortController();
  const log: string[] = [];
  const [a, b] = ['a', 'b', 'c'].map((name) => linkToCaller(named(name, log), controller.signal));
  for (const link of [b, b, a, b]) if (link !== undefined) unlink(link);
  controller.abort();
  expect(log).toEqual(['c']);
});

test('one that hears may take others off the list', () => {
  const controller = new AbortController();
  const log: string[] = [];
  const later: CallerLink[] = [];
  linkToCaller(
    named('a', log, () => {
      for (const link of later) unlink(link);
    }),
    controller.signal,
  );
  later.push(linkToCaller(named('b', log), controller.signal));
  linkToCaller(named('c', log), controller.signal);
  controller.abort();
  expect(log).toEqual(['a', 'c']);
});

test('a signal has one listener, however many hang on it, over any time', () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener } = AbortSignal.prototype;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  for (let call = 0; call < 1000; call++) unlink(linkToCaller(named('x', []), signal));
  expect(listeners).toBe(1);
});

test('two signals have two lists', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const log: string[] = [];
  linkToCaller(named('first', log), first.signal);
  linkToCaller(named('second', log), second.signal);
  second.abort();
  expect(log).toEqual(['second']);
});
