import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { FOUR_EYES_MS, firstPerson } from './four-eyes.ts';
import { memoryStore } from './memory-store.ts';

const by = (id: string) => ({ by: { id, roles: ['owner'] }, reason: 'it is sound again' });

function paused(store = memoryStore()) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, store, sinks: [sink], fourEyes: ['resume', 'pin'] });
  const model = understudy.defineModel(
    { name: 'claims', input: z.number(), output: z.number() },
    {
      variants: { v1: { predictor: (n: number) => n, version: '1' }, v2: { predictor: (n: number) => n, version: '2' } },
      champion: 'v1',
    },
  );
  return { clock, sink, understudy, model };
}

describe('a command that needs two persons', () => {
  it('is refused from the first, obeyed from the second, and both are told', async () => {
    const { sink, understudy, model } = paused();
    await model.control.pause(by('ana'));
    await expect(model.control.resume(by('ana'))).rejects.toMatchObject({
      code: 'SECOND_PERSON_NEEDED',
      message: expect.stringContaining('ana is the first'),
    });
    expect(model.status().control.paused).toBe(true);
    await model.control.resume(by('bob'));
    expect(model.status().control.paused).toBe(false);
    await understudy.flush();
    expect(sink.ofType('control-changed').map(({ command, by: who, result, first }) => [command, who, result, first])).toEqual([
      ['pause', 'ana', 'obeyed', undefined],
      ['resume', 'ana', 'awaits-second', undefined],
      ['resume', 'bob', 'obeyed', 'ana'],
    ]);
  });

  it('is never obeyed for one person, however often, and a consent is used once', async () => {
    const { model } = paused();
    for (let time = 0; time < 3; time++) await expect(model.control.pin('v2', by('ana'))).rejects.toThrow('two persons');
    await model.control.pin('v2', by('bob'));
    await expect(model.control.pin('v2', by('carl'))).rejects.toThrow('carl is the first');
  });

  it('takes a consent for one variant for no other, and for an hour alone', async () => {
    const { clock, model } = paused();
    await expect(model.control.pin('v2', by('ana'))).rejects.toThrow('ana is the first');
    await expect(model.control.pin('v1', by('bob'))).rejects.toThrow('bob is the first');
    await clock.advance(FOUR_EYES_MS);
    await expect(model.control.pin('v2', by('bob'))).rejects.toThrow('bob is the first');
  });

  it('a command that stops something needs one', async () => {
    const { model } = paused();
    await model.control.pause(by('ana'));
    await model.control.isolate('v2', by('ana'));
    expect(model.status().control).toMatchObject({ paused: true });
    expect(() => createUnderstudy({ fourEyes: ['pause'] as never })).toThrow('fourEyes[0]');
  });
});

describe('the document of consents', () => {
  const command = { kind: 'resume', model: 'm' } as const;

  it.each([[null], [7], [{ waiting: 'x' }], [{ waiting: { 'resume/': null } }], [{ waiting: { 'resume/': { by: 7, at: 5 } } }]])(
    'that holds %j counts for nobody',
    async (value) => {
      const store = memoryStore();
      await store.compareAndSet('four-eyes/m', 0, value);
      expect(await firstPerson(store, command, by('ana'), 10)).toMatchObject({ code: 'SECOND_PERSON_NEEDED' });
      expect(await firstPerson(store, command, by('bob'), 11)).toBe('ana');
    },
  );

  it('gives one consent to one of two that come at once', async () => {
    const store = memoryStore();
    await firstPerson(store, command, by('ana'), 10);
    const found = await Promise.all(['bob', 'carl'].map((id) => firstPerson(store, command, by(id), 11)));
    expect(found.filter((first) => first === 'ana')).toHaveLength(1);
  });
});
