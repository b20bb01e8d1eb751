import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UnderstudyEvent } from '@understudy/core';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { LedgerDirectory } from '../../tests/support/ledger-directory.ts';
import { fileSubjectKeys } from './file-subject-keys.ts';
import type { SubjectKeys } from './subject-keys.ts';

let place: LedgerDirectory;
let rejections: unknown[];
const onRejection = (reason: unknown): void => void rejections.push(reason);
beforeEach(() => {
  rejections = [];
  place = new LedgerDirectory();
  process.on('unhandledRejection', onRejection);
});
afterEach(async () => {
  await new Promise((done) => setTimeout(done, 0));
  process.off('unhandledRejection', onRejection);
  place.remove();
  if (rejections.length > 0) throw new Error('a rejection that nobody handled', { cause: rejections });
});

const thrown = (): never => {
  throw new Error('https://user:secret@host/ is down');
};
const never = (): Promise<never> => new Promise(() => undefined);

describe('anchor()', () => {
  it.each<[string, () => unknown]>([
    ['throws', thrown],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['throws what is no error', () => Promise.reject(Object.create(null) as Error)],
    ['answers a thenable that rejects', () => ({ then: (_: unknown, no: (reason: unknown) => void) => no(new Error('no')) })],
    ['answers what cannot be read', () => Object.defineProperty({}, 'then', { get: thrown })],
  ])('%s: it is counted, and no record is lost', async (_, anchor) => {
    const sink = place.open({ anchor: anchor as never });
    await sink.append([sampleDecision()]);
    await sink.checkpoint();
    await sink.append([sampleDecision()]);
    await sink.close?.();
    expect(sink.status().anchor).toMatchObject({ delivered: 0, failed: 2 });
    expect(JSON.stringify(sink.status())).not.toContain('secret');
    expect(await place.findings()).toEqual([]);
  });

  it('hangs: records and checkpoints go on, and close() waits for it no longer than its time', async () => {
    const sink = place.open({ anchor: never });
    for (let round = 0; round < 3; round++) {
      await sink.append([sampleDecision()]);
      await sink.checkpoint();
    }
    expect(sink.status().anchor).toEqual({ delivered: 0, failed: 0, overtaken: 1 });
    const closed = sink.close?.();
    // The first is given up, and the newest, too.
    for (let round = 0; round < 40; round++) {
      await new Promise((done) => setTimeout(done, 1));
      await place.clock.advance(1000);
    }
    await closed;
    expect(sink.status().anchor).toMatchObject({
      failed: 2,
      lastError: expect.stringContaining('anchor did not answer within 10000 ms'),
    });
    expect(await place.findings()).toEqual([]);
  });
});

describe('personal.subject()', () => {
  const keys = (): SubjectKeys => fileSubjectKeys({ path: place.file('subjects') });

  it.each<[string, (event: UnderstudyEvent) => unknown]>([
    ['throws', thrown],
    ['answers a promise', () => Promise.resolve('ana')],
    ['answers a promise that rejects', () => Promise.reject(new Error('no'))],
    ['answers nothing', () => undefined],
    ['answers a number', () => 7],
    ['answers an empty text', () => ''],
    ['answers a lone surrogate', () => '\uD800'],
    ['answers a long text', () => 'x'.repeat(1001)],
    ['answers what cannot be read', () => Object.defineProperty({}, 'then', { get: thrown })],
  ])('%s: the record is kept without its personal fields', async (_, subject) => {
    const sink = place.open({ personal: { fields: ['tenant'], subject: subject as never, keys: keys() } });
    await sink.append([sampleDecision({ tenant: 'north' })]);
    await sink.close?.();
    expect(place.records()[1]).toMatchObject({ kind: 'event', withheld: ['tenant'] });
    expect(place.read('0000000000000000.ndjson').toString()).not.toContain('north');
    expect(sink.status().withheld).toBe(1);
    expect(await place.findings()).toEqual([]);
  });

  it('changes the event that it is given: the record holds what was handed over', async () => {
    const subject = (event: UnderstudyEvent): string => {
      Object.assign(event, { model: 'changed', tenant: 'changed' });
      return 'ana';
    };
    const sink = place.open({ personal: { fields: ['tenant'], subject, keys: keys() } });
    await sink.append([{ ...sampleDecision({ tenant: 'north' }) }]);
    await sink.close?.();
    expect(place.records()[1]).toMatchObject({ event: { model: 'claims' } });
  });
});

describe('personal.keys', () => {
  const base: SubjectKeys = { keysOf: () => [], find: () => undefined, destroy: () => false, all: () => [] };

  it.each<[string, SubjectKeys['keysOf']]>([
    ['throws', thrown],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['answers too few', () => []],
    ['answers too short keys', () => [new Uint8Array(16)]],
    ['answers nothing', () => undefined as never],
    ['answers a text', () => 'x'.repeat(32) as never],
  ])('keysOf %s: the batch is refused and can be tried again, the file stays as it was', async (_, keysOf) => {
    const find = vi.fn<SubjectKeys['keysOf']>(keysOf);
    const sink = place.open({ personal: { fields: ['tenant'], subject: () => 'ana', keys: { ...base, keysOf: find } } });
    const event = sampleDecision({ tenant: 'north' });
    await sink.append([sampleDecision()]);
    await expect(sink.append([event])).rejects.toMatchObject({ code: 'SINK_FAILED', retryable: true });
    find.mockImplementation(() => [Buffer.alloc(32, 1)]);
    await sink.append([event]);
    await sink.close?.();
    expect(place.records().map(({ kind }) => kind)).toEqual(['opened', 'event', 'event']);
    expect(await place.findings()).toEqual([]);
  });

  it('keysOf hangs: it is given up after its time', async () => {
    const sink = place.open({ personal: { fields: ['tenant'], subject: () => 'ana', keys: { ...base, keysOf: never } } });
    const given = sink.append([sampleDecision({ tenant: 'north' })]).catch((error: unknown) => error);
    await place.clock.advance(10_000);
    expect(await given).toMatchObject({ code: 'TIMEOUT', retryable: true });
    await sink.close?.();
  });
});

describe('events', () => {
  it('as deep as they may be verify, and deeper ones are refused', async () => {
    const deep = (levels: number): Readonly<Record<string, unknown>> =>
      Array.from({ length: levels }).reduce<Readonly<Record<string, unknown>>>((inner) => ({ inner }), {});
    const sink = place.open();
    await sink.append([97, 98, 99, 100].map((levels) => sampleDecision({ input: deep(levels) })));
    await sink.close?.();
    expect(place.records().map(({ kind }) => kind)).toEqual(['opened', 'event', 'event', 'refused', 'refused']);
    expect(await place.findings()).toEqual([]);
  });

  it('odd ones harm no other', async () => {
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const cycle: Record<string, unknown> = {};
    cycle['cycle'] = cycle;
    const odd = [
      null,
      undefined,
      7,
      'text',
      [],
      revoked,
      { type: 'decision', id: 'a', input: cycle },
      {
        type: 'decision',
        id: 'b',
        get input() {
          return thrown();
        },
      },
      Object.defineProperty({ type: 'decision' }, 'id', { enumerable: true, get: thrown }),
      { type: 'x'.repeat(500), id: Symbol('x') },
      { type: 'decision', id: 'proto', ['__proto__' as string]: 1 },
      JSON.parse('{"type":"decision","id":"c","__proto__":{"polluted":true}}') as unknown,
      { type: 'decision', id: 'long', reason: 'é'.repeat(200_000) },
    ];
    const sink = place.open();
    await sink.append([sampleDecision(), ...(odd as UnderstudyEvent[]), sampleDecision()]);
    await sink.close?.();
    const records = place.records();
    expect(records).toHaveLength(odd.length + 3);
    expect(records.filter(({ kind }) => kind === 'refused')).toHaveLength(10);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(await place.findings()).toEqual([]);
  });
});

describe('calls with what makes no sense', () => {
  it.each([[undefined], [null], [5], ['x'], [{}], [new Set([sampleDecision()])]])(
    'append(%j) rejects with INPUT_INVALID',
    async (events) => {
      const sink = place.open();
      await expect(sink.append(events as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      await sink.append([null, 7, 'x'] as never);
      expect(sink.status().refused).toBe(3);
      await sink.close?.();
    },
  );

  it.each([[undefined], [null], [5], [''], [{}], ['\uD800'], ['x'.repeat(1001)]])(
    'erase(%j) is refused, and not repeated',
    (subject) => {
      const personal = { fields: ['tenant'], subject: () => 'ana', keys: fileSubjectKeys({ path: place.file('subjects') }) };
      expect(() => place.open({ personal }).erase(subject as never, { by: 'dpo', reason: 'asked' })).toThrow(
        expect.objectContaining({
          code: 'CONFIGURATION_INVALID',
          details: { problems: [{ path: 'ledger.erase.subject', message: expect.any(String) }] },
        }),
      );
    },
  );

  it.each<[string, () => unknown]>([
    ['ledger({ key })', () => place.open({ key: ['S3cret'] as never })],
    ['fileSubjectKeys({ masterKey })', () => fileSubjectKeys({ path: 'x', masterKey: 'S3cret' as never })],
  ])('a wrong secret of %s is not repeated', (_, make) => {
    let told: unknown;
    try {
      make();
    } catch (error) {
      told = error;
    }
    expect(told).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(JSON.stringify(told) + String(told)).not.toContain('S3cret');
  });

  it('a personal field with the name of a method of objects is a field like any other', async () => {
    const keys = fileSubjectKeys({ path: place.file('subjects') });
    const sink = place.open({
      content: true,
      personal: { fields: ['input.constructor', 'input.toString'], subject: () => 'ana', keys },
    });
    await sink.append([sampleDecision({ input: { a: 1 } }), sampleDecision({ input: { constructor: 'Ferrari' } })]);
    await sink.close?.();
    const [, without, withIt] = place.records();
    expect(without).not.toHaveProperty('sealed');
    expect(withIt).toHaveProperty('sealed');
    expect(place.read('0000000000000000.ndjson').toString()).not.toContain('Ferrari');
  });
});
