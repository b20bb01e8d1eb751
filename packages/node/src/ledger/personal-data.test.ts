import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleDecision, sampleOutcome } from '../../../core/tests/support/sample-events.ts';
import { LedgerDirectory } from '../../tests/support/ledger-directory.ts';
import { exportLedger, type ExportLedgerOptions } from './export-ledger.ts';
import { fileSubjectKeys, type FileSubjectKeysOptions } from './file-subject-keys.ts';
import type { LedgerOptions } from './ledger.ts';
import type { LedgerRecord } from './record.ts';
import type { SubjectKeys } from './subject-keys.ts';

let place: LedgerDirectory;
let store: LedgerDirectory;
beforeEach(() => {
  [place, store] = [new LedgerDirectory(), new LedgerDirectory()];
});
afterEach(() => {
  place.remove();
  store.remove();
});

const keysAt = (options: Partial<FileSubjectKeysOptions> = {}): SubjectKeys =>
  fileSubjectKeys({ path: store.file('subjects'), ...options });
const about = (person: string): ReturnType<typeof sampleDecision> =>
  sampleDecision({
    tenant: person,
    input: { name: `Name of ${person}`, amount: 5 },
    output: { text: `Dear ${person}`, score: 1 },
  });
const personal = (keys: SubjectKeys): NonNullable<LedgerOptions['personal']> => ({
  fields: ['input.name', 'output.text', 'tenant'],
  subject: (event) => (event.type === 'decision' ? event.tenant : undefined),
  keys,
});
async function exported(options: Partial<ExportLedgerOptions> = {}): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for await (const record of exportLedger({ directory: place.path, ...options })) records.push(record);
  return records;
}
const events = (records: readonly LedgerRecord[]): unknown[] =>
  records.flatMap((record) => (record.kind === 'event' ? [record.event] : []));
/** All bytes of both folders, as text of each byte. */
const allBytes = (): string =>
  [place.path, store.path]
    .flatMap((path) => readdirSync(path).map((name) => readFileSync(join(path, name)).toString('latin1')))
    .join('\n');
/** As it is, and as it would be in base64 and hex at any offset. */
function traces(text: string | Uint8Array): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [bytes.toString('latin1'), bytes.toString('hex'), ...base64];
}

describe('personal fields', () => {
  it('are sealed in no record as they are, and come back with the keys', async () => {
    const keys = keysAt();
    const sink = place.open({ content: true, personal: personal(keys) });
    const batch = [about('ana'), about('bob'), about('ana')];
    await sink.append(batch);
    await sink.close?.();
    const [, first, second, third] = place.records();
    expect(first).toMatchObject({ event: { input: { amount: 5 }, output: { score: 1 } }, sealed: { data: expect.any(String) } });
    expect(allBytes()).not.toMatch(/ana|bob|Dear/);
    const pseudonyms = [first, second, third].map((record) => record?.kind === 'event' && record.sealed?.subject);
    expect(pseudonyms[0]).toBe(pseudonyms[2]);
    expect(pseudonyms[0]).not.toBe(pseudonyms[1]);
    expect(events(await exported({ subjectKeys: keysAt() }))).toEqual(batch);
    expect(events(await exported())[0]).not.toHaveProperty('tenant');
    expect(await place.findings({ subjectKeys: keys })).toEqual([]);
  });

  it('in lists, and flattened by the redaction, too', async () => {
    const sink = place.open({
      personal: { fields: ['input.person.name', 'output.items.text'], subject: () => 'ana', keys: keysAt() },
    });
    const odd = sampleDecision({
      input: { 'person.name': 'Ana', person: { name: 'Ana', age: 5 } },
      output: { items: [{ text: 'Ana', score: 1 }, { score: 2 }, 'x', [{ text: 'Ana' }]] },
    });
    await sink.append([odd]);
    await sink.close?.();
    expect(allBytes()).not.toContain('Ana');
    expect(place.records()[1]).toMatchObject({
      event: { input: { person: { age: 5 } }, output: { items: [{ score: 1 }, { score: 2 }, 'x', [{}]] } },
    });
    expect(events(await exported({ subjectKeys: keysAt() }))).toEqual([odd]);
  });

  it('are left out where no subject is known', async () => {
    const sink = place.open({ personal: { ...personal(keysAt()), subject: () => undefined } });
    await sink.append([about('ana'), sampleDecision()]);
    await sink.close?.();
    expect(place.records().slice(1)).toMatchObject([{ withheld: ['input.name', 'output.text', 'tenant'] }, { kind: 'event' }]);
    expect(place.records()[2]).not.toHaveProperty('withheld');
    expect(allBytes()).not.toMatch(/ana|Dear/);
    expect(sink.status().withheld).toBe(1);
  });

  it('reasons are left out of events without a subject', async () => {
    const sink = place.open({ personal: { ...personal(keysAt()), fields: ['tenant', 'unitHash', 'reason'] } });
    await sink.append([about('ana'), sampleOutcome({ kind: 'override', by: 'eva', reason: 'Ana called' })]);
    await sink.close?.();
    const [, decision, outcome] = place.records();
    expect(decision).toMatchObject({ sealed: { data: expect.any(String) } });
    expect(decision?.kind === 'event' && Object.keys(decision.event)).not.toContain('unitHash');
    expect(outcome).toMatchObject({ event: { by: 'eva' }, withheld: ['tenant', 'unitHash', 'reason'] });
    expect(allBytes()).not.toContain('Ana called');
  });

  it('a record that is moved to another place cannot be opened there', async () => {
    const keys = keysAt();
    const sink = place.open({ personal: personal(keys) });
    await sink.append([about('ana'), about('ana')]);
    await sink.close?.();
    const lines = place.lines();
    place.setLines(lines.map((line, index) => (index === 2 ? (lines[1] ?? '').replace('"seq":1', '"seq":2') : line)));
    expect(await place.findings({ subjectKeys: keys })).toContain('sealed-changed@2');
  });
});

it('fields that no event has are refused, with the one that was meant', () => {
  const problemsOf = (fields: readonly string[]): unknown => {
    try {
      place.open({ personal: { ...personal(keysAt()), fields } });
    } catch (error) {
      return (error as { details: { problems: readonly { message: string }[] } }).details.problems.map(({ message }) => message);
    }
    return [];
  };
  expect(problemsOf(['unit', 'tenannt', 'inputs.name', 'nonsense.field', 'model', 'constructor'])).toEqual([
    'expected a field of events, got "unit", did you mean unitHash?',
    'expected a field of events, got "tenannt", did you mean tenant?',
    'expected a field of events, got "inputs.name", did you mean input?',
    'expected a field of events, got "nonsense.field"',
    expect.stringContaining('and none that a record needs'),
    'expected a field of events, got "constructor"',
  ]);
  expect(problemsOf(['unitHash', 'tenant', 'input', 'output.text', 'reason', 'by', 'readings.value', 'application'])).toEqual([]);
});

describe('erasure', () => {
  it.each([undefined, Buffer.alloc(32, 7)])(
    'nothing of the subject can be recovered, and the ledger still verifies (master key %j)',
    async (masterKey) => {
      const options = masterKey === undefined ? {} : { masterKey };
      const keys = keysAt(options);
      const sink = place.open({ content: true, personal: personal(keys) });
      await sink.append([about('ana'), about('bob'), about('ana')]);
      const key = Buffer.from((await keys.find('ana')) ?? '');
      expect(key).toHaveLength(32);
      expect(await sink.erase('ana', { by: 'dpo@example.com', reason: 'a request under article 17' })).toBe(true);
      await sink.append([about('bob')]);
      await sink.close?.();

      const again = keysAt(options);
      expect(await again.find('ana')).toBeUndefined();
      expect([...(await again.all())]).toHaveLength(1);
      const bytes = allBytes();
      for (const trace of [...traces('ana'.repeat(1)), ...traces('Name of ana'), ...traces('Dear ana')].filter(
        (text) => text.length > 3,
      ))
        expect(bytes).not.toContain(trace);
      for (const trace of traces(key)) expect(bytes).not.toContain(trace);
      const records = await exported({ subjectKeys: again });
      expect(events(records).filter((event) => JSON.stringify(event).includes('bob'))).toHaveLength(2);
      expect(JSON.stringify(records)).not.toMatch(/ana"|Dear ana/);

      const [requested, destroyed] = records.filter(({ kind }) => kind === 'erasure-requested' || kind === 'key-destroyed');
      expect(requested).toMatchObject({ kind: 'erasure-requested', by: 'dpo@example.com', reason: 'a request under article 17' });
      const [, first] = records;
      const pseudonym = first?.kind === 'event' ? first.sealed?.subject : undefined;
      expect([requested, destroyed]).toMatchObject([{ subject: pseudonym }, { kind: 'key-destroyed', subject: pseudonym }]);
      expect(await place.findings({ subjectKeys: again })).toEqual([]);

      const next = place.open({ content: true, personal: personal(again) });
      expect(await next.erase('ana', { by: 'x', reason: 'again' })).toBe(false);
      await next.append([about('ana')]);
      await next.close?.();
      const last = place.records().at(-1);
      // What comes later is under another key, and another pseudonym.
      expect(last?.kind === 'event' && last.sealed?.subject).not.toBe(pseudonym);
      expect(await place.findings({ subjectKeys: again })).toEqual([]);
    },
  );

  it('needs somebody and a reason', async () => {
    const sink = place.open({ personal: personal(keysAt()) });
    expect(() => sink.erase('ana', { by: '', reason: 'x' })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
    await sink.close?.();
  });

  it('a store that fails leaves the request in the ledger, and no word of destruction', async () => {
    const keys = keysAt();
    const sink = place.open({
      personal: personal({
        keysOf: (subjects) => keys.keysOf(subjects),
        find: (subject) => keys.find(subject),
        destroy: () => Promise.reject(new Error('no')),
        all: () => keys.all(),
      }),
    });
    await sink.append([about('ana')]);
    await expect(sink.erase('ana', { by: 'x', reason: 'y' })).rejects.toMatchObject({ code: 'SINK_FAILED' });
    await sink.close?.();
    expect(place.records().map(({ kind }) => kind)).toEqual(['opened', 'event', 'erasure-requested']);
    expect(await place.findings()).toEqual([]);
  });
});

describe('keys of subjects in a file', () => {
  it('are the same after reopening, one for each subject, and private', async () => {
    const first = keysAt();
    const [ana, bob, again] = await first.keysOf(['ana', 'bob', 'ana']);
    expect([ana?.length, bob?.length]).toEqual([32, 32]);
    expect(again).toEqual(ana);
    expect(ana).not.toEqual(bob);
    expect(await keysAt().keysOf(['bob', 'ana'])).toEqual([bob, ana]);
    expect(await keysAt().find('carl')).toBeUndefined();
    expect(statSync(store.file('subjects')).mode & 0o777).toBe(0o600);
    expect(store.names).toEqual(['subjects']);
  });

  it('may be shared: each sees what the other has added and destroyed', async () => {
    const stores = [keysAt(), keysAt(), keysAt()];
    const made = await Promise.all(stores.map(async (keys, index) => (await keys.keysOf(['ana', `own ${index}`])).slice(0, 1)));
    expect(new Set(made.map(([key]) => Buffer.from(key ?? '').toString('hex'))).size).toBe(1);
    expect([...(await keysAt().all())]).toHaveLength(4);
    expect(await stores[0]?.destroy('ana')).toBe(true);
    expect(await stores[1]?.find('ana')).toBeUndefined();
    expect(await stores[2]?.destroy('ana')).toBe(false);
  });

  it('a key that was handed out is not overwritten when it is destroyed', async () => {
    const keys = keysAt();
    const [key] = await keys.keysOf(['ana']);
    await keys.destroy('ana');
    expect(key).not.toEqual(Buffer.alloc(32));
  });

  it('a torn last line, and a draft that a crash left, harm nothing', async () => {
    const [ana] = await keysAt().keysOf(['ana']);
    writeFileSync(store.file('subjects'), `${store.read('subjects').toString()}{"id":"x`);
    writeFileSync(store.file('subjects.new'), 'draft');
    const keys = keysAt();
    await keys.keysOf(['bob']);
    expect(await keysAt().find('ana')).toEqual(ana);
    await keys.destroy('bob');
    expect([...(await keysAt().all())]).toEqual([ana]);
    expect(store.names).toEqual(['subjects']);
  });

  it('wrapped keys need their master key', async () => {
    const [key = new Uint8Array()] = await keysAt({ masterKey: Buffer.alloc(32, 1) }).keysOf(['ana']);
    for (const trace of traces(key)) expect(store.read('subjects').toString('latin1')).not.toContain(trace);
    for (const options of [{}, { masterKey: Buffer.alloc(32, 2) }])
      await expect(keysAt(options).find('ana')).rejects.toMatchObject({
        code: 'SINK_FAILED',
        message: expect.stringContaining('masterKey'),
      });
    expect(await keysAt({ masterKey: Buffer.alloc(32, 1) }).find('ana')).toEqual(key);
    expect(() => keysAt({ masterKey: Buffer.alloc(16) })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  it.each([undefined, Buffer.alloc(32, 9)])(
    'a destroyed key is overwritten in its place, for all who share the file (%j)',
    async (masterKey) => {
      const options = masterKey === undefined ? {} : { masterKey };
      const [keys, other] = [keysAt(options), keysAt(options)];
      const [ana, bob] = await keys.keysOf(['ana', 'bob']);
      expect(await other.keysOf(['ana', 'bob'])).toEqual([ana, bob]);
      const [, line = ''] = store.read('subjects').toString().split('\n');
      const { id, key } = JSON.parse(line) as { id: string; key: string };
      expect(await Promise.all([keys.destroy('ana'), keys.destroy('carl'), other.destroy('ana')])).toContain(true);
      for (const trace of [id, key, ...traces(ana ?? '')]) expect(store.read('subjects').toString('latin1')).not.toContain(trace);
      for (const one of [keys, other, keysAt(options)]) {
        expect(await one.find('ana')).toBeUndefined();
        expect(await one.find('bob')).toEqual(bob);
      }
      const [next] = await other.keysOf(['ana']);
      expect(next).not.toEqual(ana);
      expect(await keys.find('ana')).toEqual(next);
    },
  );

  it('an erasure that a crash broke off is ended by the next one who writes', async () => {
    const [ana, bob] = await keysAt().keysOf(['ana', 'bob']);
    const whole = store.read('subjects').toString();
    const [header = '', first = '', second = ''] = whole.split('\n');
    // Told, and not overwritten; overwritten in part.
    writeFileSync(store.file('subjects'), `${whole}${JSON.stringify({ gone: header.length + 1 })}\n`);
    expect(await keysAt().find('ana')).toBeUndefined();
    await keysAt().destroy('ana');
    for (const trace of traces(ana ?? '')) expect(store.read('subjects').toString('latin1')).not.toContain(trace);
    expect(await keysAt().find('bob')).toEqual(bob);
    writeFileSync(store.file('subjects'), `${header}\n${'-'.repeat(20)}${first.slice(20)}\n${second}\n`);
    const [carl] = await keysAt().keysOf(['carl']);
    for (const trace of traces(ana ?? '')) expect(store.read('subjects').toString('latin1')).not.toContain(trace);
    expect(await keysAt().keysOf(['bob', 'carl'])).toEqual([bob, carl]);
  });

  it('the file is written anew where most of its keys are destroyed, beside the calls', async () => {
    const [keys, other] = [keysAt(), keysAt()];
    const subjects = Array.from({ length: 600 }, (_, index) => `subject ${index}`);
    const made = await keys.keysOf(subjects);
    const before = statSync(store.file('subjects'));
    await other.find('ana');
    for (const subject of subjects.slice(0, 510)) await keys.destroy(subject);
    expect(await keys.keysOf(subjects.slice(510))).toEqual(made.slice(510));
    const after = statSync(store.file('subjects'));
    expect([after.ino === before.ino, after.mode & 0o777]).toEqual([false, 0o600]);
    expect(after.size).toBeLessThan(before.size / 4);
    expect(await other.keysOf(subjects.slice(510))).toEqual(made.slice(510));
    expect(await other.destroy('subject 599')).toBe(true);
    expect(await keys.find('subject 599')).toBeUndefined();
    expect(store.names).toEqual(['subjects']);
  });

  it('a new subject reads nothing of the others', async () => {
    const keys = keysAt();
    await keys.keysOf(Array.from({ length: 20_000 }, (_, index) => `subject ${index}`));
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    for (let index = 0; index < 10; index++) await keys.keysOf([`fresh ${index}`]);
    delays.disable();
    // The median: the machine may stop for a moment.
    expect(delays.percentile(50) / 1e6).toBeLessThan(20);
  });

  it('an error says nothing of a damaged line', async () => {
    await keysAt().keysOf(['ana']);
    writeFileSync(store.file('subjects'), store.read('subjects').toString().replace('{"id"', '{id"'));
    const error = await Promise.resolve(keysAt().find('ana')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SINK_FAILED', cause: { message: expect.stringContaining('damaged') } });
  });

  it('a file that is no store is refused', async () => {
    writeFileSync(store.file('subjects'), 'something else\n');
    await expect(keysAt().keysOf(['ana'])).rejects.toMatchObject({ code: 'SINK_FAILED' });
    rmSync(store.file('subjects'));
  });
});
