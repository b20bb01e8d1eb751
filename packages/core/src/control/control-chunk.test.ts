import { afterEach, expect, it, vi } from 'vitest';
import type { StateStore } from '../types/index.ts';

const BY = { by: { id: 'ada', roles: [] }, reason: 'a test' };

/** Modules of its own: nothing has been loaded in them. */
async function fresh(change: Partial<StateStore> = {}) {
  vi.resetModules();
  const { ModelControl } = await import('./model-control.ts');
  const { memoryStore } = await import('./memory-store.ts');
  const { systemClock } = await import('../time/index.ts');
  const store = { ...memoryStore(), ...change };
  const told: string[] = [];
  const control = new ModelControl({
    model: 'm',
    variants: ['v1'],
    champion: 'v1',
    store,
    clock: systemClock,
    authorize: undefined,
    changed: ({ kind }) => void told.push(kind),
    refreshMs: 1000,
    commandRollout: () => {
      throw new Error('no rollout');
    },
  });
  return { control, store, told };
}

afterEach(() => {
  vi.doUnmock('./control-exchange.ts');
  vi.resetModules();
});

it('a model that is never commanded, on a store of this process, loads nothing of what exchanges with a store', async () => {
  let isLoaded = false;
  vi.doMock('./control-exchange.ts', () => {
    isLoaded = true;
    return {};
  });
  const { control } = await fresh();
  control.touch(1e9);
  expect(control.snapshot).toMatchObject({ known: true, version: 0, document: { paused: false } });
  expect([control.wall() > 0, control.aheadMs, control.storeFailure, isLoaded]).toEqual([true, 0, undefined, false]);
  control.close();
});

it('the first command loads it, and so does a change by another runtime of this process', async () => {
  const one = await fresh();
  await one.control.command('pause', undefined, BY);
  expect([one.told, one.control.snapshot.document.paused]).toEqual([['pause'], true]);
  const two = await fresh();
  await two.store.compareAndSet('model/m', 0, { v: 2, champion: 'v1', paused: true });
  await vi.waitFor(() => expect(two.control.snapshot.document.paused).toBe(true), { timeout: 120_000 });
  one.control.close();
  two.control.close();
});

it('a chunk that cannot be fetched is told as a failure of the store, and fetched again', async () => {
  const { control } = await fresh({ volatile: false });
  vi.doMock('./control-exchange.ts', () => {
    throw new Error('offline');
  });
  await control.refresh();
  expect(control.storeFailure).toBeInstanceOf(Error);
  await expect(control.command('pause', undefined, BY)).rejects.toBeInstanceOf(Error);
  vi.doUnmock('./control-exchange.ts');
  await control.refresh();
  expect([control.storeFailure, control.snapshot.known]).toEqual([undefined, true]);
  control.close();
});
