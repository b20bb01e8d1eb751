import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { applyCommand } from './apply-command.ts';
import { type ControlDocument, emptyDocument } from './control-document.ts';
import { parseDocument } from './read-document.ts';
import { memoryStore } from './memory-store.ts';
import { ModelControl } from './model-control.ts';
import type { RolloutState } from './rollout-state.ts';

const BY = { by: { id: 'ada', roles: [] }, reason: 'a test' };

/** The commands here are none of a rollout. */
const refuseRollout = (): never => {
  throw new Error('no rollout');
};

function control(store: StateStore, clock = new VirtualClock()): ModelControl {
  return new ModelControl({
    model: 'm',
    variants: ['v1', 'v2'],
    champion: 'v1',
    store,
    clock,
    authorize: undefined,
    changed: () => undefined,
    refreshMs: 1000,
    commandRollout: refuseRollout,
  });
}

describe('commands', () => {
  test('property: whatever is commanded, a document survives JSON, and the last of each pair decides', () => {
    const kind = fc.constantFrom<Command['kind']>('pin', 'unpin', 'isolate', 'readmit', 'pause', 'resume');
    fc.assert(
      fc.property(fc.array(fc.record({ kind, variant: fc.constantFrom('v1', 'v2') }), { maxLength: 30 }), (commands) => {
        let document = emptyDocument('v1');
        for (const { kind: name, variant } of commands)
          document = applyCommand(document, { kind: name, model: 'm', variant }, BY, 5, refuseRollout);
        expect(parseDocument(JSON.parse(JSON.stringify(document)))).toEqual(document);
        const last = (...kinds: Command['kind'][]) => commands.findLast((command) => kinds.includes(command.kind));
        const pin = last('pin', 'unpin');
        expect(document.pinned).toBe(pin?.kind === 'pin' ? pin.variant : null);
        expect(document.paused).toBe(last('pause', 'resume')?.kind === 'pause');
        expect(new Set(document.isolated).size).toBe(document.isolated.length);
      }),
      { seed: 21 },
    );
  });

  test('what is no document, or of a newer format, is not read', () => {
    for (const value of [undefined, null, 7, 'x', {}, { v: 3, champion: 'v1' }, { v: 1 }])
      expect(parseDocument(value)).toBeUndefined();
    expect(parseDocument({ v: 1, champion: 'v1', pinned: 7, isolated: ['v1', 7], paused: 'yes', more: true })).toEqual({
      ...emptyDocument('v1'),
      isolated: ['v1'],
      paused: true,
    });
  });
});

describe('a store', () => {
  test('in memory: versions, compare-and-set, a copy of what is written, and watchers', async () => {
    const store = memoryStore();
    let changes = 0;
    const end = store.watch?.('k', () => void changes++);
    const value = { a: [1] };
    expect(await store.read('k')).toEqual({ version: 0, value: undefined });
    expect(await store.compareAndSet('k', 0, value)).toBe(1);
    value.a.push(2);
    expect(await store.read('k')).toEqual({ version: 1, value: { a: [1] } });
    expect(await store.compareAndSet('k', 0, 'late')).toBeUndefined();
    end?.();
    expect(await store.compareAndSet('k', 1, 'x')).toBe(2);
    expect(changes).toBe(1);
  });

  test('two writers: both commands hold, in any interleaving', async () => {
    const store = memoryStore();
    const [a, b] = [control(store), control(store)];
    await Promise.all([a.command('pin', 'v2', BY), b.command('pause', undefined, BY), a.command('isolate', 'v1', BY)]);
    await a.refresh();
    expect(a.snapshot).toMatchObject({ version: 3, document: { pinned: 'v2', paused: true, isolated: ['v1'] } });
    expect(b.snapshot.document).toEqual(a.snapshot.document);
  });

  test('a document of a newer format stays in force as it was, and is not written over', async () => {
    const store = { ...memoryStore(), volatile: false };
    await store.compareAndSet('model/m', 0, { v: 3, champion: 'v1', shares: {} });
    const newer = control(store);
    await newer.refresh();
    expect(newer.snapshot).toMatchObject({ known: false, document: { pinned: null } });
    await expect(newer.command('rollout-hold', undefined, BY)).rejects.toMatchObject({
      code: 'CONTROL_CONFLICT',
      message: expect.stringContaining('newer format'),
    });
    expect(await store.read('model/m')).toMatchObject({ version: 1 });
  });

  test('a writer that loses every race gives up', async () => {
    const store: StateStore = {
      ...memoryStore(),
      name: 'busy',
      volatile: false,
      read: async () => ({ version: 0, value: undefined }),
      compareAndSet: async () => undefined,
    };
    await expect(control(store).command('pause', undefined, BY)).rejects.toMatchObject({
      code: 'CONTROL_CONFLICT',
      retryable: true,
    });
  });

  test('an answer that comes late does not undo a newer one', async () => {
    const answers = [
      Promise.withResolvers<{ version: number; value: unknown }>(),
      Promise.withResolvers<{ version: number; value: unknown }>(),
    ];
    let reads = 0;
    const store: StateStore = {
      ...memoryStore(),
      name: 'slow',
      volatile: false,
      read: () => answers[reads++]?.promise ?? Promise.reject(new Error('no more')),
      compareAndSet: async (_key, expected) => expected + 1,
    };
    const slow = control(store);
    const reading = slow.refresh();
    const commanding = slow.command('pause', undefined, BY);
    answers[1]?.resolve({ version: 4, value: { ...emptyDocument('v1') } satisfies ControlDocument });
    await commanding;
    answers[0]?.resolve({ version: 3, value: emptyDocument('v1') });
    await reading;
    expect(slow.snapshot).toMatchObject({ version: 5, document: { paused: true } });
  });
});

/** A store that can lose everything, as a Redis that is started again without its data. */
function forgetfulStore(): StateStore & { lose(): void } {
  let inner = memoryStore();
  return {
    name: 'forgetful',
    volatile: false,
    read: (key) => inner.read(key),
    compareAndSet: (key, version, value) => inner.compareAndSet(key, version, value),
    mergeCounters: (key, part) => inner.mergeCounters(key, part),
    readCounters: (key) => inner.readCounters(key),
    claim: (key, members) => inner.claim(key, members),
    forget: (key) => inner.forget(key),
    lose: () => {
      inner = memoryStore();
    },
  };
}

/** A stage that the tests can tell from the first. */
const STAGE: RolloutState = {
  id: 'v2@1 over v1@1 #1',
  pair: 'v2@1 over v1@1',
  attempt: 1,
  phase: 'canary',
  stages: [
    { weight: 500, reached: 0 },
    { weight: 2500, reached: 500 },
  ],
  startedAt: 1,
  enteredAt: 2,
  held: null,
  inconclusive: false,
  approval: 'none',
  cooldownUntil: 0,
  history: [{ at: 2, from: 'canary 5 %', to: 'canary 25 %', by: 'rollout', reason: 'Proven.', evidence: '' }],
};

describe('a store that comes back empty', () => {
  test('is given back the document: no stage, pin or pause is lost, and all processes go on from it', async () => {
    const store = forgetfulStore();
    const [a, b] = [control(store), control(store)];
    await a.command('pin', 'v2', BY);
    await a.change('a stage', (document) => ({ ...document, rollout: STAGE }));
    await b.refresh();
    const known = a.snapshot.document;
    expect(known).toMatchObject({ pinned: 'v2', rollout: STAGE });
    store.lose();
    await Promise.all([a.refresh(), b.refresh()]);
    // Written once, by whoever came first.
    expect(await store.read('model/m')).toEqual({ version: 1, value: known });
    await Promise.all([a.refresh(), b.refresh()]);
    for (const each of [a, b]) expect(each.snapshot).toEqual({ known: true, version: 1, document: known });
    await b.command('pause', undefined, BY);
    await a.refresh();
    expect(a.snapshot).toMatchObject({ version: 2, document: { pinned: 'v2', paused: true, rollout: STAGE } });
  });

  test('to a command that comes before the next refresh, it is not empty', async () => {
    const store = forgetfulStore();
    const only = control(store);
    await only.change('a stage', (document) => ({ ...document, rollout: STAGE }));
    store.lose();
    await only.command('pause', undefined, BY);
    expect((await store.read('model/m')).value).toMatchObject({ paused: true, rollout: STAGE });
  });

  test('property: whatever two processes do and whenever the data are lost, the newest stage that both know stays', async () => {
    const step = fc.constantFrom('lose', 'a stage', 'b stage', 'a reads', 'b reads', 'a pauses');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const store = forgetfulStore();
        const [a, b] = [control(store), control(store)];
        const stage = (of: ModelControl) =>
          of.change('a stage', (document) => ({
            ...document,
            rollout: { ...STAGE, stages: [...(document.rollout?.stages ?? []), { weight: 1, reached: 0 }] },
          }));
        const stages = (document: ControlDocument): number => document.rollout?.stages.length ?? 0;
        let both = 0;
        for (const one of steps) {
          if (one === 'lose') store.lose();
          else if (one === 'a pauses') await a.command('pause', undefined, BY);
          else if (one.endsWith('reads')) await (one.startsWith('a') ? a : b).refresh();
          else await stage(one.startsWith('a') ? a : b);
          both = Math.max(both, Math.min(stages(a.snapshot.document), stages(b.snapshot.document)));
        }
        for (const each of [a, b, a, b]) await each.refresh();
        expect(a.snapshot).toEqual(b.snapshot);
        expect((await store.read('model/m')).version).toBe(a.snapshot.version);
        expect(stages(a.snapshot.document)).toBeGreaterThanOrEqual(both);
      }),
      { seed: 22 },
    );
  });
});
