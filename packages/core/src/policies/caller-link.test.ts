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
  for (const link of [b, b, a, b]) if (link !== undefined) unlink(link, controller.signal);
  controller.abort();
  expect(log).toEqual(['c']);
});

test('one that hears may take others off the list', () => {
  const controller = new AbortController();
  const log: string[] = [];
  const later: CallerLink[] = [];
  linkToCaller(
    named('a', log, () => {
      for (const link of later) unlink(link, controller.signal);
    }),
    controller.signal,
  );
  later.push(linkToCaller(named('b', log), controller.signal));
  linkToCaller(named('c', log), controller.signal);
  controller.abort();
  expect(log).toEqual(['a', 'c']);
});

test('A21 a signal has one listener, however many hang on it, and none when the last has left', () => {
  const { signal } = new AbortController();
  const counts = { added: 0, removed: 0 };
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    counts.added++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    counts.removed++;
    removeEventListener.apply(signal, args);
  };
  const links = Array.from({ length: 1000 }, () => linkToCaller(named('x', []), signal));
  expect(counts).toEqual({ added: 1, removed: 0 });
  for (const link of links) unlink(link, signal);
  expect(counts).toEqual({ added: 1, removed: 1 });
  for (let call = 0; call < 10; call++) unlink(linkToCaller(named('x', []), signal), signal);
  expect(counts).toEqual({ added: 11, removed: 11 });
});

test('two signals have two lists', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const log: string[] = [];
  linkToCaller(named('first', log), first.signal);
  linkToCaller(named('second', log), second.signal);
  second.abort();
  expect(log).toEqual(['second']);
});
