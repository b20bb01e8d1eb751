import { describe, expect, it } from 'vitest';
import type { StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { emptyDocument } from './control-document.ts';
import { memoryStore } from './memory-store.ts';
import { ModelControl } from './model-control.ts';

const BY = { by: { id: 'ada', roles: [] }, reason: 'a test' };

function process(store: StateStore): { readonly control: ModelControl; readonly told: string[] } {
  const told: string[] = [];
  const control = new ModelControl({
    model: 'm',
    variants: ['v1', 'v2'],
    champion: 'v1',
    store: { ...store, volatile: false },
    clock: new VirtualClock(),
    authorize: undefined,
    changed: ({ kind }, _note, result) => void told.push(`${kind} ${result}`),
    refreshMs: 1000,
    commandRollout: () => {
      throw new Error('no rollout');
    },
  });
  return { control, told };
}

async function reading(value: unknown) {
  const store = memoryStore();
  await store.compareAndSet('model/m', 0, value);
  const { control, told } = process(store);
  await control.refresh();
  return { store, control, told };
}

it.each([
  ['of a newer format', { v: 3, champion: 'v1', paused: true, pinned: 'v2', isolated: ['v1'] }],
  ['of a much newer format that knows more', { v: 12, paused: true, pinned: 'v2', isolated: ['v1'], quotas: { v1: 3 } }],
  ['without its format', { paused: true, pinned: 'v2', isolated: ['v1'] }],
  ['whose format is no number', { v: 'two', paused: true, pinned: 'v2', isolated: ['v1'] }],
  ['without its champion', { v: 2, paused: true, pinned: 'v2', isolated: ['v1'] }],
  ['whose rollout is damaged', { v: 2, champion: 'v1', paused: true, pinned: 'v2', isolated: ['v1'], rollout: 'x' }],
])('F10 the switches of a document %s are in force', async (_name, value) => {
  const { control } = await reading(value);
  expect(control.snapshot).toMatchObject({
    known: false,
    version: 1,
    document: { paused: true, pinned: 'v2', isolated: ['v1'], rollout: null },
    problem: expect.stringContaining('paused, pinned and isolated is in force'),
  });
});

it.each([
  ['paused by a word', { v: 2, champion: 'v1', paused: 'yes' }, { paused: true }],
  ['paused by a number', { v: 2, champion: 'v1', paused: 0 }, { paused: true }],
  ['paused by its operators alone', { v: 2, champion: 'v1', pausedBy: ['ada'] }, { paused: true }],
  ['with one isolated variant that is no list', { v: 2, champion: 'v1', isolated: 'v2' }, { isolated: ['v2'] }],
  ['with more than names in its list', { v: 2, champion: 'v1', isolated: [null, 'v2', 7] }, { isolated: ['v2'] }],
])('F10 a document that is %s fails safe', async (_name, value, document) => {
  expect((await reading(value)).control.snapshot.document).toMatchObject(document);
});

it.each([['a text'], [7], [null], [[]], [true]])('F10 of %j nothing is in force but what was known before', async (value) => {
  const store = memoryStore();
  const { control } = process(store);
  await control.command('pause', undefined, BY);
  await store.compareAndSet('model/m', 1, value);
  await control.refresh();
  expect(control.snapshot).toMatchObject({
    known: false,
    version: 2,
    document: { paused: true },
    problem: expect.stringContaining('is damaged'),
  });
});

it('F10 a damaged document is told as such by every command, with the remedy, and is not written over', async () => {
  const { control, store } = await reading({ v: 2, champion: 7 });
  await expect(control.command('pause', undefined, BY)).rejects.toMatchObject({
    code: 'CONTROL_CONFLICT',
    message: expect.stringContaining('control.replace({ paused, pinned, isolated }, note) writes it anew'),
    details: { model: 'm', problem: 'corrupt' },
  });
  expect(await store.read('model/m')).toMatchObject({ version: 1 });
});

it('F10 control.replace mends it, audited; what it says is in force then', async () => {
  const { control, store, told } = await reading('rubbish');
  await control.command('replace', undefined, BY, { paused: true, isolated: ['v2'] });
  const changed = { command: 'replace', by: 'ada', reason: 'a test', at: expect.any(Number) };
  const document = {
    ...emptyDocument('v1'),
    paused: true,
    pausedBy: ['ada'],
    isolated: ['v2'],
    reasons: { 'isolate/v2': 'a test', pause: 'a test' },
    changed,
    recent: [expect.any(String)],
  };
  expect(await store.read('model/m')).toEqual({ version: 2, value: document });
  expect(control.snapshot).toEqual({ known: true, version: 2, document });
  await control.command('resume', undefined, BY);
  expect(told).toEqual(['replace obeyed', 'resume obeyed']);
});

describe('a document of a newer format', () => {
  const newer = {
    v: 3,
    champion: 'v1',
    quotas: { v1: 3 },
    rollout: { plan: 'of another kind' },
    isolated: ['v1'],
    reasons: { pin: 'hers' },
  };
  const changed = (command: string) => ({ command, by: 'ada', reason: 'a test', at: expect.any(Number) });

  it('takes every switch of an older release, and keeps all else as it is', async () => {
    const { control, store, told } = await reading(newer);
    await control.command('pause', undefined, BY);
    await control.command('pin', 'v2', BY);
    await control.command('isolate', 'v2', BY);
    await control.command('readmit', 'v1', BY);
    expect(await store.read('model/m')).toEqual({
      version: 5,
      value: {
        ...newer,
        paused: true,
        pausedBy: ['ada'],
        pinned: 'v2',
        isolated: ['v2'],
        reasons: { pause: 'a test', pin: 'a test', 'isolate/v2': 'a test' },
        recent: [expect.any(String)],
        changed: changed('readmit'),
      },
    });
    expect(control.snapshot).toMatchObject({
      known: false,
      version: 5,
      document: { paused: true, pinned: 'v2', isolated: ['v2'], rollout: null },
      problem: expect.stringContaining('newer format'),
    });
    await control.command('resume', undefined, BY);
    await control.command('unpin', undefined, BY);
    expect((await store.read('model/m')).value).toMatchObject({ v: 3, paused: false, pinned: null, quotas: { v1: 3 } });
    expect(told).toEqual(['pause', 'pin', 'isolate', 'readmit', 'resume', 'unpin'].map((kind) => `${kind} obeyed`));
  });

  it.each([
    ['isolated', { isolated: [{ name: 'v1', until: 5 }] }],
    ['paused', { paused: 'till noon' }],
    ['pinned', { pinned: { variant: 'v1' } }],
  ])('whose %s says what an older release cannot read is left alone', async (_, part) => {
    const { control, store } = await reading({ ...newer, ...part });
    await expect(control.command('pause', undefined, BY)).rejects.toThrow('is of a newer format');
    expect((await store.read('model/m')).version).toBe(1);
  });
});

it('F10 control.replace leaves a document of a newer format alone', async () => {
  const { control, store } = await reading({ v: 3, champion: 'v1', paused: true });
  await expect(control.command('replace', undefined, BY, {})).rejects.toThrow('is of a newer format');
  expect((await store.read('model/m')).version).toBe(1);
});

it.each([
  ['a text', 'paused', /document: expected an object/],
  ['a pause that is no truth', { paused: 'no' }, /document\.paused: expected true or false/],
  ['a name that is not known', { pined: 'v1' }, /document\.pined: .*did you mean "?pinned/],
  ['a list of other things', { isolated: [7] }, /document\.isolated\[0\]: /],
])('F10 control.replace refuses %s', async (_name, replacement, message) => {
  const { control } = await reading('rubbish');
  await expect(control.command('replace', undefined, BY, replacement as object)).rejects.toThrow(message);
});

it('F10 control.replace is for a document that is damaged: a sound one, and none at all, stay as they are', async () => {
  const sound = await reading({ ...emptyDocument('v1'), paused: true, pausedBy: ['eve'], reasons: { pause: 'hers' } });
  await expect(sound.control.command('replace', undefined, BY, {})).rejects.toMatchObject({
    code: 'CONTROL_CONFLICT',
    message: expect.stringContaining('can be read: there is nothing to mend. Use pause, pin, isolate'),
  });
  expect(await sound.store.read('model/m')).toMatchObject({ version: 1, value: { paused: true, pausedBy: ['eve'] } });
  const store = memoryStore();
  await expect(process(store).control.command('replace', undefined, BY, { paused: true })).rejects.toMatchObject({
    code: 'CONTROL_CONFLICT',
  });
  expect((await store.read('model/m')).version).toBe(0);
});

it('F10 of two operators who mend one document the second is told that it is mended', async () => {
  const { store, control } = await reading('rubbish');
  const other = process(store);
  await other.control.refresh();
  await control.command('replace', undefined, BY, { paused: true });
  await expect(other.control.command('replace', undefined, BY, {})).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
  expect(await store.read('model/m')).toMatchObject({ version: 2, value: { paused: true } });
});

it('F10 control.replace names a variant that is not there', async () => {
  const { control } = await reading('rubbish');
  const isolated = ['v1', 'v9'];
  await expect(control.command('replace', undefined, BY, { isolated })).rejects.toMatchObject({ code: 'UNKNOWN_VARIANT' });
});

it('F10 what of a damaged document was lost with the store is not written back', async () => {
  const { control, store } = await reading({ v: 3, champion: 'v1', paused: true });
  const lost = memoryStore();
  store.read = lost.read.bind(lost);
  await control.refresh();
  expect(await lost.read('model/m')).toMatchObject({ version: 0 });
});
