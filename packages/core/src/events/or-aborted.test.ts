import { expect, it } from 'vitest';
import { orAborted } from './or-aborted.ts';

const never = () => new Promise<never>(() => {});

it('ends with the work, whatever that answers', async () => {
  const { signal } = new AbortController();
  await expect(orAborted(() => 7, signal)).resolves.toBeUndefined();
  await expect(orAborted(async () => 'x', signal)).resolves.toBeUndefined();
});

it('rejects with what the work throws, at once or later', async () => {
  const { signal } = new AbortController();
  const failure = new Error('no');
  const throws = () => {
    throw failure;
  };
  await expect(orAborted(throws, signal)).rejects.toBe(failure);
  await expect(orAborted(async () => throws(), signal)).rejects.toBe(failure);
});

it('ends without an error when the signal aborts, before or during the work', async () => {
  await expect(orAborted(never, AbortSignal.abort(new Error('gone')))).resolves.toBeUndefined();
  const controller = new AbortController();
  const ended = orAborted(never, controller.signal);
  controller.abort(new Error('gone'));
  await expect(ended).resolves.toBeUndefined();
});

it("what is thrown after the abort is nobody's to hear", async () => {
  const controller = new AbortController();
  const work = Promise.withResolvers<void>();
  const ended = orAborted(() => work.promise, controller.signal);
  controller.abort();
  await expect(ended).resolves.toBeUndefined();
  // As an unhandled rejection it would fail the run.
  work.reject(new Error('late'));
  await new Promise((resolve) => setTimeout(resolve));
});

it('leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listening.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listening.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  const ended = orAborted(async () => {}, signal);
  expect(listening.size).toBe(1);
  await ended;
  await orAborted(() => Promise.reject(new Error('no')), signal).catch(() => undefined);
  expect(listening.size).toBe(0);
});
