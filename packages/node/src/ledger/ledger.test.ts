import { mkdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createUnderstudy } from '@understudy/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { sampleControl, sampleDecision, sampleOutcome, sampleRescue } from '../../../core/tests/support/sample-events.ts';
import { LedgerDirectory, changedLine, named } from '../../tests/support/ledger-directory.ts';
import { generateLedgerKey } from './ledger-key.ts';
import { ledger } from './ledger.ts';

let place: LedgerDirectory;
beforeEach(() => {
  place = new LedgerDirectory();
});
afterEach(() => {
  vi.restoreAllMocks();
  place.remove();
});

const context = { signal: new AbortController().signal };
const ids = (): unknown[] => place.records().flatMap((record) => (record.kind === 'event' ? record.event['id'] : []));
const kinds = (): string[] => place.records().map(({ kind }) => kind);

/** The prototype of all open files, to spy on. */
async function fileHandles(): Promise<FileHandle> {
  const handle = await open(place.path, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

describe('before-return', () => {
  const modelOf = (sink: ReturnType<typeof place.open>) => {
    const understudy = createUnderstudy({ sinks: [sink], sampling: { routine: 0 } });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
      { variants: { v1: { predictor: ({ amount }) => ({ score: amount / 10 }), version: '1' } }, champion: 'v1' },
    );
    return { understudy, model };
  };

  it('has each decision on disk, once, when its call resolves', async () => {
    const { understudy, model } = modelOf(place.open({ mode: 'before-return' }));
    const first = await model.predict({ amount: 5 });
    expect(ids()).toEqual([first.id]);
    const syncs = vi.spyOn(await fileHandles(), 'datasync');
    const more = await Promise.all(Array.from({ length: 200 }, () => model.predict({ amount: 5 })));
    expect(new Set(ids())).toEqual(new Set([first, ...more].map(({ id }) => id)));
    // Calls that end together share a write.
    expect(syncs.mock.calls.length).toBeLessThan(20);
    await understudy.close();
    expect([ids().length, understudy.status().sinks[0]]).toMatchObject([
      201,
      { delivered: 201, unacknowledged: 0, queued: 0, lost: {} },
    ]);
    expect(await place.findings()).toEqual([]);
  });

  it('serves calls all the same where the disk fails, counts them, and writes them when it is well again', async () => {
    const { understudy, model } = modelOf(place.open({ mode: 'before-return' }));
    await model.predict({ amount: 5 });
    const failing = vi.spyOn(await fileHandles(), 'datasync').mockRejectedValue(new Error('I/O error'));
    const { id, output } = await model.predict({ amount: 7 });
    expect([output, understudy.status().sinks[0]]).toMatchObject([{ score: 0.7 }, { delivered: 1, unacknowledged: 1 }]);
    failing.mockRestore();
    await understudy.flush();
    expect(ids()).toContain(id);
    await understudy.close();
    expect(await place.findings()).toEqual([]);
  });
});

describe('records', () => {
  it('touches nothing before the first event; then keeps each as canonical JSON', async () => {
    const sink = place.open();
    expect([sink.name, sink.unsampled, sink.content, sink.accepts]).toEqual(['ledger', true, false, undefined]);
    expect(place.names).toEqual([]);
    expect(sink.status()).toMatchObject({ size: 0, refused: 0, repaired: { bytes: 0, leafFiles: 0 } });
    const events = [sampleDecision({ reason: 'a\n"é" \u2028' }), sampleRescue(), sampleControl(), sampleOutcome()];
    await sink.write(events, context);
    await sink.close?.();
    expect(place.names).toEqual([`${named(0)}.leaves`, `${named(0)}.ndjson`, 'checkpoints']);
    const [first, ...rest] = place.records();
    expect(first).toMatchObject({ v: 1, seq: 0, kind: 'opened', origin: 'example.com/claims', key: place.key.verifierKey });
    expect(rest.map((record) => record.kind === 'event' && record.event)).toEqual(events);
    expect(rest.map(({ seq, at }) => [seq, at])).toEqual([1, 2, 3, 4].map((seq) => [seq, place.clock.wall()]));
    expect(statSync(place.file('checkpoints')).mode & 0o777).toBe(0o600);
    expect(sink.status()).toMatchObject({ size: 5, checkpoint: { size: 5, at: place.clock.wall() } });
    expect(await place.verify()).toMatchObject({ ok: true, origin: 'example.com/claims', size: 5, records: 5, signedSize: 5 });
  });

  it('gets every decision of a runtime, those that are not sampled too, with what is allowed', async () => {
    const sink = place.open({ content: true });
    const understudy = createUnderstudy({ sinks: [sink], sampling: { routine: 0 } });
    const model = understudy.defineModel(
      { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
      { variants: { v1: { predictor: ({ amount }) => ({ score: amount / 10 }), version: '1' } }, champion: 'v1' },
    );
    const { id } = await model.predict({ amount: 5 });
    await understudy.close();
    expect(ids()).toEqual([id]);
    expect(await place.findings()).toEqual([]);
  });

  it('takes some types alone', () => {
    const { accepts } = place.open({ types: ['decision', 'outcome'] });
    expect(['decision', 'outcome', 'alert-raised'].map((type) => accepts?.(type as 'decision'))).toEqual([true, true, false]);
  });

  it('calls that come together share one fdatasync', async () => {
    const sink = place.open();
    await sink.append([sampleDecision()]);
    const datasync = vi.spyOn(await fileHandles(), 'datasync');
    const events = Array.from({ length: 100 }, () => sampleDecision());
    await Promise.all(events.map((event) => sink.append([event])));
    expect(datasync.mock.calls.length).toBeLessThanOrEqual(2);
    await sink.close?.();
    expect(ids().slice(1)).toEqual(events.map(({ id }) => id));
  });

  it('an event that is changed after the call is kept as it was', async () => {
    const sink = place.open();
    const event = { ...sampleDecision() };
    const appended = sink.append([event]);
    Object.assign(event, { model: 'another' });
    await appended;
    await sink.close?.();
    expect(place.records()[1]).toMatchObject({ event: { model: 'claims' } });
  });

  it('an event that I-JSON cannot hold is told of, without its content', async () => {
    const sink = place.open();
    const odd = [
      sampleDecision({ input: { name: '\uD800 secret' } }),
      sampleDecision({ output: { scores: new Float32Array(2) } }),
      sampleDecision({ durationMs: NaN }),
      sampleDecision({ id: '\uDFFF', reason: '\uDFFF' }),
    ];
    await sink.append([...odd.slice(0, 2), sampleControl(), ...odd.slice(2)]);
    await sink.close?.();
    expect(place.records().slice(1)).toMatchObject([
      { kind: 'refused', type: 'decision', id: odd[0]?.id, field: 'input', problem: 'a text with a lone surrogate' },
      { kind: 'refused', field: 'output', problem: 'an object that is not plain data' },
      { kind: 'event' },
      { kind: 'refused', field: 'durationMs', problem: 'a number that is not finite' },
      { kind: 'refused', id: '', field: 'id', problem: 'a text with a lone surrogate' },
    ]);
    expect(place.read(`${named(0)}.ndjson`).toString()).not.toContain('secret');
    expect(sink.status().refused).toBe(4);
    expect(await place.findings()).toEqual([]);
  });

  it('appending nothing does nothing, and after close() nothing can be appended', async () => {
    const sink = place.open();
    await sink.append([]);
    expect(place.names).toEqual([]);
    await sink.append([sampleDecision()]);
    await sink.close?.();
    await sink.close?.();
    await expect(sink.append([sampleDecision()])).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('options', () => {
  it('refuses what makes no sense, and repeats no key', () => {
    const { privateKey } = place.key;
    const wrong = {
      directory: '',
      key: privateKey,
      types: ['decisions'],
      checkpointMs: 0,
      segmentBytes: 2 ** 40,
      retainMs: -1,
      personal: { fields: ['id'], subject: 1, keys: {} },
    };
    expect(() => ledger(wrong as never)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: [
            'directory',
            'types[0]',
            'personal.fields[0]',
            'personal.subject',
            'personal.keys',
            'checkpointMs',
            'segmentBytes',
            'retainMs',
          ].map((path) => expect.objectContaining({ path: `ledger.${path}` })),
        },
      }),
    );
    expect(() => ledger({ directory: place.path, key: 'PRIVATE+KEY+x+secret' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});

describe('checkpoints', () => {
  it('are signed after so many records, at close(), and when asked', async () => {
    const sink = place.open({ checkpointRecords: 3 });
    await sink.append([sampleDecision()]);
    expect(place.notes).toBe('');
    await sink.append([sampleDecision()]);
    await sink.flush?.();
    expect(place.notes.match(/^\d+$/gm)).toEqual(['3']);
    await sink.append([sampleDecision()]);
    await sink.checkpoint();
    await sink.append([sampleDecision()]);
    await sink.close?.();
    expect(place.notes.match(/^\d+$/gm)).toEqual(['3', '4', '5']);
    expect(await place.findings()).toEqual([]);
  });

  it('come by the clock also where nothing was ever appended', async () => {
    const sink = place.open({ checkpointMs: 60_000 });
    await place.clock.advance(60_000);
    await sink.flush?.();
    expect(kinds()).toEqual(['opened']);
    for (let beat = 2; beat <= 3; beat++) {
      await place.clock.advance(60_000);
      await sink.flush?.();
    }
    expect(place.notes.match(/^time .*$/gm)).toEqual([1, 2, 3].map((minute) => `time 2026-01-01T00:0${minute}:00.000Z`));
    expect(await place.findings({ maxAgeMs: 1000 })).toEqual([]);
    await sink.close?.();
    expect(place.clock.pending).toBe(0);
  });

  it('each is handed to the anchor, as it is in the file', async () => {
    const handed: string[] = [];
    const sink = place.open({ anchor: (note) => void handed.push(note) });
    await sink.append([sampleDecision()]);
    await sink.checkpoint();
    await sink.close?.();
    expect(handed.join('')).toBe(place.notes);
    expect(sink.status().anchor).toEqual({ delivered: 2, failed: 0, overtaken: 0 });
  });
});

describe('rotation of keys', () => {
  it('the old key names the new one, which signs from then on', async () => {
    const next = generateLedgerKey('example.com/claims');
    const sink = place.open();
    await sink.append([sampleDecision()]);
    await sink.rotate(next.privateKey);
    expect(sink.verifierKey).toBe(next.verifierKey);
    await sink.append([sampleDecision()]);
    await sink.close?.();
    expect(kinds()).toEqual(['opened', 'event', 'key-rotated', 'event']);
    expect(place.notes).toContain(`key-rotated ${next.verifierKey}\n`);
    // The old key is enough, since it named the new one.
    expect(await place.findings()).toEqual([]);
    expect(await place.findings({ keys: [place.key.verifierKey, next.verifierKey] })).toEqual([]);
    expect(await place.findings({ keys: [next.verifierKey] })).toEqual(['unknown-key']);
    const again = place.open({ key: next.privateKey });
    await again.append([sampleDecision()]);
    await again.close?.();
    expect(await place.findings()).toEqual([]);
    await expect(place.open().append([sampleDecision()])).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('is signed by another key'),
    });
  });

  it('goes on with the new key when the process died right after the old one had named it', async () => {
    const next = generateLedgerKey('example.com/claims');
    const sink = place.open();
    await sink.append([sampleDecision()]);
    await sink.rotate(next.privateKey);
    await sink.close?.();
    const notes = place.notes.split(/(?<=— .*\n)(?!— )/);
    place.write('checkpoints', notes.slice(0, 1).join(''));
    const again = place.open({ key: next.privateKey });
    await again.append([sampleDecision()]);
    await again.close?.();
    expect(await place.findings()).toEqual([]);
  });

  it('goes on with the new key when its first checkpoint fails', async () => {
    const next = generateLedgerKey('example.com/claims');
    const sink = place.open();
    await sink.append([sampleDecision()]);
    const handles = await fileHandles();
    const datasync = handles.datasync;
    let calls = 0;
    vi.spyOn(handles, 'datasync').mockImplementation(function (this: FileHandle) {
      return ++calls === 3 ? Promise.reject(new Error('no')) : datasync.call(this);
    });
    await expect(sink.rotate(next.privateKey)).rejects.toMatchObject({ code: 'SINK_FAILED' });
    vi.restoreAllMocks();
    await sink.append([sampleDecision()]);
    await sink.close?.();
    expect(sink.verifierKey).toBe(next.verifierKey);
    expect(await place.findings()).toEqual([]);
  });

  it('a key of another name is refused', async () => {
    const sink = place.open();
    const other = generateLedgerKey('example.com/other');
    await expect(sink.rotate(other.privateKey)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    await sink.close?.();
  });
});

describe('opening again', () => {
  const filled = async (count: number): Promise<void> => {
    const sink = place.open();
    await sink.append(Array.from({ length: count }, () => sampleDecision()));
    await sink.close?.();
  };
  const reopened = async (): Promise<ReturnType<typeof ledger>> => {
    const sink = place.open();
    await sink.append([sampleDecision()]);
    await sink.close?.();
    return sink;
  };

  it('goes on with the chain, and tells who opened', async () => {
    await filled(2);
    await reopened();
    expect(kinds()).toEqual(['opened', 'event', 'event', 'opened', 'event']);
    expect(await place.findings()).toEqual([]);
  });

  it('cuts a torn last line off, and tells of it', async () => {
    await filled(2);
    place.write(`${named(0)}.ndjson`, `${place.lines().join('\n')}\n{"at":17672256`);
    expect(await place.findings()).toEqual(['torn-tail']);
    expect((await place.verify()).ok).toBe(true);
    const sink = await reopened();
    expect(sink.status().repaired).toEqual({ bytes: 14, leafFiles: 0 });
    expect(place.records()[3]).toMatchObject({ kind: 'opened', repairedBytes: 14 });
    expect(await place.findings()).toEqual([]);
  });

  it.each<[string, (leaves: Buffer) => Buffer | undefined]>([
    ['is torn', (leaves) => leaves.subarray(0, -40)],
    ['was never written', () => Buffer.alloc(0)],
    ['is missing', () => undefined],
    ['holds zeros, after a power failure', (leaves) => Buffer.alloc(leaves.length)],
    ['is longer than the records', (leaves) => Buffer.concat([leaves, Buffer.alloc(33)])],
  ])('makes the leaf file again of the records when it %s', async (_, torn) => {
    await filled(3);
    const name = `${named(0)}.leaves`;
    const whole = place.read(name);
    const left = torn(whole);
    place.write(name, left ?? '');
    const sink = await reopened();
    expect(sink.status().repaired).toEqual({ bytes: 0, leafFiles: 1 });
    expect(place.read(name).subarray(0, whole.length)).toEqual(whole);
    expect(await place.findings()).toEqual([]);
  });

  it('cuts a torn checkpoint off', async () => {
    await filled(2);
    const whole = place.notes;
    for (const torn of [whole.slice(0, 30), whole.slice(0, -5)]) {
      place.write('checkpoints', whole + torn);
      expect(await place.findings()).toEqual(['torn-tail']);
      await reopened();
      expect(await place.findings()).toEqual([]);
      place.write('checkpoints', place.notes);
    }
  });

  it.each<[string, string, () => void]>([
    [
      'a record was changed',
      'does not follow',
      () => place.setLines(place.lines().with(1, changedLine(place.lines()[1], { at: 1 }))),
    ],
    ['a record was removed', 'does not follow', () => place.setLines(place.lines().toSpliced(1, 1))],
    [
      'the last record was changed',
      'not those of the last checkpoint',
      () => place.setLines([...place.lines().slice(0, -1), changedLine(place.lines().at(-1), { at: 1 })]),
    ],
    ['signed records were cut off', 'not those of the last checkpoint', () => place.setLines(place.lines().slice(0, -1))],
    ['the records are gone', 'are missing', () => place.remove()],
  ])('refuses to sign over damage: %s', async (_, why, damage) => {
    await filled(3);
    const notes = place.notes;
    damage();
    if (why === 'are missing') {
      mkdirSync(place.path);
      place.write('checkpoints', notes);
    }
    const sink = place.open();
    await expect(sink.append([sampleDecision()])).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: true,
      message: expect.stringMatching(
        why === 'are missing' ? /damaged: no record of 4 is there/ : new RegExp(`damaged: .*${why}`),
      ),
    });
    await sink.close?.();
    expect(place.notes).toBe(notes);
  });

  it('one writer a directory: a second one waits for the first to close', async () => {
    const [first, second] = [place.open(), place.open()];
    await first.append([sampleDecision()]);
    await expect(second.append([sampleDecision()])).rejects.toMatchObject({ code: 'SINK_FAILED', retryable: true });
    await first.close?.();
    await second.append([sampleDecision()]);
    await second.close?.();
    expect(await place.findings()).toEqual([]);
  });
});

describe('segments and retention', () => {
  it('a full segment, and an old one, is followed by a new one; a checkpoint covers it', async () => {
    const sink = place.open({ segmentBytes: 800, segmentMs: 3_600_000 });
    for (let batch = 0; batch < 3; batch++) await sink.append([sampleDecision(), sampleDecision()]);
    await place.clock.advance(3_600_000);
    await sink.append([sampleDecision()]);
    await sink.close?.();
    const starts = place.names.filter((name) => name.endsWith('.ndjson')).map((name) => Number(name.slice(0, 16)));
    expect(starts).toEqual([0, 3, 5, 7]);
    expect(place.notes.match(/^\d+$/gm)).toEqual(expect.arrayContaining(['3', '5', '7']));
    expect(await place.findings()).toEqual([]);
  });

  it('a segment goes on after the tree file was lost or changed', async () => {
    const first = place.open({ segmentBytes: 1 });
    for (let batch = 0; batch < 5; batch++) await first.append([sampleDecision()]);
    await first.close?.();
    const tree = place.names.filter((name) => name.endsWith('.tree'));
    expect(tree.length).toBeGreaterThan(3);
    place.write(tree.at(-1) ?? '', Buffer.alloc(place.read(tree.at(-1) ?? '').length, 1));
    const second = place.open({ segmentBytes: 1 });
    await second.append([sampleDecision()]);
    await second.close?.();
    expect(await place.findings()).toEqual([]);
  });

  it('old bodies go, leaf hashes stay, and it still verifies', async () => {
    const day = 86_400_000;
    const sink = place.open({ retainMs: 10 * day, checkpointMs: day / 2 });
    for (let days = 0; days < 20; days++) {
      await sink.append([sampleDecision(), sampleDecision()]);
      await place.clock.advance(day);
      await sink.flush?.();
    }
    await sink.close?.();
    const { pruned, size } = sink.status();
    expect(pruned.segments).toBeGreaterThan(5);
    expect(place.names.filter((name) => name.endsWith('.leaves'))).toHaveLength(
      place.names.filter((name) => name.endsWith('.ndjson')).length + pruned.segments,
    );
    const found = await place.verify();
    expect(found.ok).toBe(true);
    expect(found.completeness.findings).toMatchObject([{ kind: 'pruned', isFault: false, seq: 0, lastSeq: pruned.records - 1 }]);
    expect(found).toMatchObject({ size, records: size - pruned.records, signedSize: size });
    const again = place.open();
    await again.append([sampleDecision()]);
    await again.close?.();
    expect((await place.verify()).ok).toBe(true);
  });
});

describe('a disk that fails', () => {
  const full = (): Promise<never> => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));

  it.each(['appendFile', 'datasync'] as const)('%s: nothing of the batch counts, the next try keeps it once', async (method) => {
    const sink = place.open();
    await sink.append([sampleDecision()]);
    const handles = await fileHandles();
    const batch = [sampleDecision(), sampleDecision()];
    const failing = vi.spyOn(handles, method).mockImplementationOnce(full);
    await expect(sink.write(batch, context)).rejects.toMatchObject({
      code: 'SINK_FAILED',
      retryable: true,
      message: expect.stringContaining('free space on the disk'),
    });
    failing.mockRestore();
    await sink.write(batch, context);
    await sink.close?.();
    expect(ids().slice(1)).toEqual(batch.map(({ id }) => id));
    expect(await place.findings()).toEqual([]);
  });

  it('a new segment that fails at once is begun again', async () => {
    const sink = place.open({ segmentBytes: 1 });
    await sink.append([sampleDecision()]);
    const batch = [sampleDecision(), sampleDecision()];
    const handles = await fileHandles();
    const write = handles.appendFile;
    // The first write is the checkpoint of the segment that ends.
    let calls = 0;
    vi.spyOn(handles, 'appendFile').mockImplementation(function (this: FileHandle, data) {
      return ++calls === 2 ? full() : write.call(this, data);
    });
    await expect(sink.write(batch, context)).rejects.toMatchObject({ code: 'SINK_FAILED' });
    expect(place.lines(2)).toEqual([]);
    vi.restoreAllMocks();
    expect((await place.verify()).ok).toBe(true);
    await sink.write(batch, context);
    await sink.close?.();
    expect(ids().slice(1)).toEqual(batch.map(({ id }) => id));
    expect(await place.findings()).toEqual([]);
  });

  it('the second write of a batch fails, and the file cannot be cut: what is whole stays, what is torn goes', async () => {
    const sink = place.open();
    await sink.append([sampleDecision()]);
    const handles = await fileHandles();
    const batch = [sampleDecision(), sampleDecision()];
    const write = handles.appendFile;
    vi.spyOn(handles, 'appendFile').mockImplementationOnce(async function (this: FileHandle, data) {
      await write.call(this, (data as Buffer).subarray(0, (data as Buffer).length - 20));
      return full();
    });
    vi.spyOn(handles, 'truncate').mockImplementationOnce(full);
    await expect(sink.write(batch, context)).rejects.toMatchObject({ code: 'SINK_FAILED' });
    vi.restoreAllMocks();
    await sink.write(batch, context);
    await sink.close?.();
    expect(new Set(ids().slice(1))).toEqual(new Set(batch.map(({ id }) => id)));
    expect(sink.status().repaired.bytes).toBeGreaterThan(0);
    expect(await place.findings()).toEqual([]);
  });

  it('a checkpoint that fails loses no record, and the next one covers it', async () => {
    const sink = place.open({ checkpointRecords: 1 });
    await sink.append([sampleDecision()]);
    const handles = await fileHandles();
    const datasync = handles.datasync;
    let calls = 0;
    vi.spyOn(handles, 'datasync').mockImplementation(function (this: FileHandle) {
      return ++calls === 2 ? full() : datasync.call(this);
    });
    await sink.append([sampleDecision()]);
    await sink.flush?.();
    expect(sink.status().lastError).toContain('no space left');
    vi.restoreAllMocks();
    await sink.append([sampleDecision()]);
    await sink.close?.();
    expect(ids()).toHaveLength(3);
    expect(await place.findings()).toEqual([]);
  });

  it('a segment that was removed while it is written is refused, and told as damage', async () => {
    const sink = place.open();
    await sink.append([sampleDecision()]);
    await sink.checkpoint();
    place.remove();
    mkdirSync(place.path);
    await expect(sink.append([sampleDecision()])).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: expect.stringContaining('it had 2 records, and has 0'),
    });
    await sink.close?.();
  });
});
