import { describe, expect, it } from 'vitest';
import { untilAborted } from './until-aborted.ts';

const never = new Promise<never>(() => {});

describe('untilAborted', () => {
  it('passes a result and a failure through', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(signal, Promise.resolve(7))).resolves.toBe(7);
    await expect(untilAborted(signal, Promise.reject(new Error('own')))).rejects.toThrow('own');
  });

  it('rejects with the very reason of the signal, before and during the work', async () => {
    const reason = { why: 'the user left' };
    await expect(untilAborted(AbortSignal.abort(reason), never)).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = untilAborted(controller.signal, never);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('does not run into an unhandled rejection when the dropped work fails later', async () => {
    const work = Promise.withResolvers<never>();
    const waiting = untilAborted(AbortSignal.abort('gone'), work.promise);
    await expect(waiting).rejects.toBe('gone');
    work.reject(new Error('late'));
    await new Promise((done) => setTimeout(done));
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: () => listeners++,
      removeEventListener: () => listeners--,
    });
    Object.defineProperty(counted, 'aborted', { value: false });
    await untilAborted(counted, Promise.resolve(1));
    await untilAborted(counted, Promise.reject(new Error('x'))).catch(() => {});
    expect(listeners).toBe(0);
  });
});
