import { copyFileSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { changedLine, LedgerDirectory, named } from '../../tests/support/ledger-directory.ts';
import { fileSubjectKeys } from './file-subject-keys.ts';
import { generateLedgerKey } from './ledger-key.ts';
import { parseSigner } from './ledger-key.ts';
import { signNote } from './signed-note.ts';

/*
 * A ledger of three segments: records 0–3, 4–7 and 8–11, each covered by a checkpoint, and 12–13, which the last checkpoint covers, too.
 * Every case changes something, and says what is found. Where `knows`, whoever did it knows the format and mends the leaf file.
 */
let place: LedgerDirectory;
let anchored: string[];

async function fill(target: LedgerDirectory): Promise<void> {
  const keys = fileSubjectKeys({ path: `${target.path}-keys` });
  const sink = target.open({
    segmentBytes: 1500,
    anchor: (note) => void anchored.push(note),
    personal: { fields: ['tenant'], subject: (event) => `subject of ${event.id}`, keys },
  });
  const batch = (count: number): ReturnType<typeof sampleDecision>[] =>
    Array.from({ length: count }, () => sampleDecision({ tenant: 'north' }));
  await sink.append(batch(3));
  await target.clock.advance(1000);
  await sink.append(batch(4));
  await target.clock.advance(1000);
  await sink.append(batch(4));
  await target.clock.advance(1000);
  await sink.append(batch(2));
  await sink.close?.();
}

beforeEach(async () => {
  anchored = [];
  place = new LedgerDirectory();
  await fill(place);
});
afterEach(() => {
  rmSync(`${place.path}-keys`, { force: true });
  place.remove();
});

const BODY = (start: number): string => `${named(start)}.ndjson`;
const LEAVES = (start: number): string => `${named(start)}.leaves`;
const remove = (name: string): void => rmSync(place.file(name));
const notes = (): string[] => place.notes.split(/(?<=— .*\n)(?!— )/);
/** Changes the lines of a segment; whoever knows the format writes the leaf file anew. */
function edit(change: (lines: string[]) => string[], knows = false, start = 4): void {
  const lines = change(place.lines(start));
  place.setLines(lines, start);
  if (knows) place.setLeaves(lines, start);
}
const swapped = (lines: readonly string[]): string[] => lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '');
const twice = (lines: readonly string[], index: number): string[] => lines.toSpliced(index, 0, lines[index] ?? '');
const forged = (line: string | undefined): string => changedLine(line, { event: { type: 'decision', id: 'forged' } });

it('nothing is found where nothing was changed', async () => {
  expect(place.names.filter((name) => name.endsWith('.ndjson'))).toEqual([BODY(0), BODY(4), BODY(8), BODY(12)]);
  expect(notes().map((note) => note.split('\n')[1])).toEqual(['4', '8', '12', '14']);
  expect(await place.verify({ checkpoints: anchored })).toMatchObject({
    ok: true,
    size: 14,
    records: 14,
    signedSize: 14,
    freshness: { checkpointAt: place.clock.wall() },
  });
  expect(
    await place.findings({ checkpoints: [anchored.join('')], subjectKeys: fileSubjectKeys({ path: `${place.path}-keys` }) }),
  ).toEqual([]);
});

describe('what is done to records is found, and named', () => {
  it.each<[string, () => void, readonly string[]]>([
    ['a record is edited', () => edit((lines) => lines.with(1, forged(lines[1]))), ['record-changed@5']],
    [
      'an edited record and its leaf hash',
      () => edit((lines) => lines.with(1, forged(lines[1])), true),
      ['forked@6', 'root-mismatch@8'],
    ],
    [
      'the last record of all is edited',
      () => edit((lines) => [...lines.slice(0, -1), forged(lines.at(-1))], false, 12),
      ['record-changed@13'],
    ],
    [
      'the last one and its leaf hash',
      () => edit((lines) => [...lines.slice(0, -1), forged(lines.at(-1))], true, 12),
      ['root-mismatch@14'],
    ],
    [
      'a bit flips',
      () => {
        const bytes = place.read(BODY(4));
        bytes[200] = (bytes[200] ?? 0) ^ 1;
        place.write(BODY(4), bytes);
      },
      ['record-changed@4'],
    ],
    [
      'a bit of the first byte of a line',
      () => edit((lines) => lines.with(2, `z${lines[2]?.slice(1) ?? ''}`)),
      ['bad-json@6', 'record-changed@6'],
    ],
    [
      'whitespace',
      () => edit((lines) => lines.with(1, lines[1]?.replace('{"at":', '{ "at":') ?? '')),
      ['not-canonical@5', 'record-changed@5'],
    ],
    [
      'the order of names',
      () =>
        edit((lines) =>
          lines.with(1, JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(lines[1] ?? '{}') as object).toReversed()))),
        ),
      ['not-canonical@5', 'record-changed@5'],
    ],
    [
      'a number written in another way',
      () => edit((lines) => lines.with(1, lines[1]?.replace('"weight":1', '"weight":1.0') ?? '')),
      ['not-canonical@5', 'record-changed@5'],
    ],
    [
      'a name that is there twice',
      () => edit((lines) => lines.with(1, lines[1]?.replace('"v":1}', '"v":1,"v":1}') ?? '')),
      ['not-canonical@5', 'record-changed@5'],
    ],
    ['another sequence number', () => edit((lines) => lines.with(1, changedLine(lines[1], { seq: 900 }))), ['record-changed@5']],
    ['an early sequence number', () => edit((lines) => lines.with(1, changedLine(lines[1], { seq: 2 }))), ['record-changed@5']],
    [
      'sealed data are edited',
      () => edit((lines) => lines.with(1, changedLine(lines[1], { sealed: { subject: 'x', data: 'AAAA', commitment: 'AAAA' } }))),
      ['record-changed@5'],
    ],
    ['a record is dropped', () => edit((lines) => lines.toSpliced(1, 1)), ['gap@5']],
    ['the first record of a segment', () => edit((lines) => lines.slice(1)), ['gap@4']],
    ['a dropped record and its leaf hash', () => edit((lines) => lines.toSpliced(1, 1), true), ['unproven@5', 'gap@5']],
    ['two records are swapped', () => edit(swapped), ['reordered@5']],
    ['two records and their leaf hashes', () => edit(swapped, true), ['reordered@5']],
    ['a record is there twice', () => edit((lines) => twice(lines, 1)), ['repeated@5']],
    ['a record and its leaf hash are there twice', () => edit((lines) => twice(lines, 1), true), ['repeated@5']],
    ['a record is put in', () => edit((lines) => lines.toSpliced(2, 0, forged(lines[1]))), ['inserted@6']],
    ['a line of garbage is put in', () => edit((lines) => lines.toSpliced(2, 0, 'null')), ['bad-json@6', 'inserted@6']],
    ['the tail of a segment is cut off', () => edit((lines) => lines.slice(0, 2)), ['gap@6']],
    ['a line is cut in half', () => place.write(BODY(4), place.read(BODY(4)).subarray(0, -30)), ['bad-json@4', 'gap@7']],
    [
      'a line of the end is cut in half',
      () => place.write(BODY(12), place.read(BODY(12)).subarray(0, -30)),
      ['gap@13', 'torn-tail'],
    ],
    [
      'the tail behind the last checkpoint, with its leaf hashes',
      () => edit((lines) => lines.slice(0, 1), true, 12),
      ['truncated@13'],
    ],
    ['the whole last segment', () => [BODY(12), LEAVES(12)].forEach(remove), ['truncated@12']],
    ['a segment in the middle', () => [BODY(4), LEAVES(4)].forEach(remove), ['unproven@4', 'missing-segment@4']],
    ['the body of a segment', () => remove(BODY(4)), ['missing-segment@4']],
    ['the first segment', () => [BODY(0), LEAVES(0)].forEach(remove), ['unproven@0', 'missing-segment@0']],
    [
      'a leaf hash is edited',
      () => {
        const leaves = place.read(LEAVES(4));
        leaves[40] = (leaves[40] ?? 0) ^ 1;
        place.write(LEAVES(4), leaves);
      },
      ['leaf-changed@5'],
    ],
    [
      'the last leaf hash of a segment',
      () => {
        const leaves = place.read(LEAVES(4));
        leaves[100] = (leaves[100] ?? 0) ^ 1;
        place.write(LEAVES(4), leaves);
      },
      ['leaf-changed@7'],
    ],
    ['the leaf file is gone', () => remove(LEAVES(4)), ['missing-leaves@4']],
    ['a segment is copied to the end', () => copyFileSync(place.file(BODY(4)), place.file(BODY(14))), ['replayed-segment@14']],
    [
      'a segment and its leaf file are copied',
      () => {
        copyFileSync(place.file(BODY(4)), place.file(BODY(14)));
        copyFileSync(place.file(LEAVES(4)), place.file(LEAVES(14)));
      },
      ['replayed-segment@14'],
    ],
    ['a segment is copied between others', () => copyFileSync(place.file(BODY(0)), place.file(BODY(6))), ['replayed-segment@6']],
    ['a segment is renamed', () => renameSync(place.file(BODY(4)), place.file(BODY(20))), ['renamed-segment@20']],
    [
      'a segment takes the place of another',
      () => copyFileSync(place.file(BODY(0)), place.file(BODY(4))),
      ['replayed-segment@4'],
    ],
  ])('%s', async (_, change, expected) => {
    change();
    const found = await place.verify({ checkpoints: anchored });
    expect(found.ok).toBe(false);
    expect(await place.findings({ checkpoints: anchored })).toEqual(expect.arrayContaining([...expected]));
    expect((await place.findings({ checkpoints: anchored })).length).toBeLessThanOrEqual(expected.length + 3);
  });
});

describe('what is done with several ledgers and copies', () => {
  let other: LedgerDirectory;
  afterEach(() => {
    rmSync(`${other.path}-keys`, { force: true });
    other.remove();
  });
  const take = (name: string): void => copyFileSync(other.file(name), place.file(name));

  it('a segment of another ledger, with its leaf hashes, is spliced in', async () => {
    other = new LedgerDirectory(place.key);
    await fill(other);
    [BODY(4), LEAVES(4)].forEach(take);
    expect(await place.findings()).toEqual(['forked@4', 'forked@8', 'root-mismatch@8']);
  });

  it('the first segment of a ledger of another name', async () => {
    other = new LedgerDirectory(generateLedgerKey('example.com/other'));
    await fill(other);
    [BODY(0), LEAVES(0)].forEach(take);
    expect(await place.findings()).toEqual(['wrong-origin@0', 'forked@4', 'root-mismatch@4']);
  });

  it('the whole directory is signed anew with another key', async () => {
    other = new LedgerDirectory(generateLedgerKey('example.com/claims'));
    await fill(other);
    other.names.forEach(take);
    expect(await place.findings()).toEqual(['unknown-key', 'unsigned']);
  });

  it('who has the key writes another history: what was kept outside tells', async () => {
    other = new LedgerDirectory(place.key);
    const outside = [...anchored];
    await fill(other);
    other.names.forEach(take);
    expect(await place.findings()).toEqual([]);
    expect(await place.findings({ checkpoints: outside })).toEqual(expect.arrayContaining(['forked', 'missing-checkpoint']));
  });

  it('an older copy of the directory is put back: freshness tells, and what was kept outside', async () => {
    other = new LedgerDirectory();
    [BODY(12), LEAVES(12), BODY(8), LEAVES(8)].forEach(remove);
    place.write('checkpoints', notes().slice(0, 2).join(''));
    expect(await place.findings()).toEqual([]);
    expect(await place.findings({ maxAgeMs: 900 })).toEqual(['stale']);
    expect(await place.findings({ checkpoints: anchored })).toEqual(['missing-checkpoint', 'missing-checkpoint', 'truncated@8']);
  });
});

describe('what is done to checkpoints', () => {
  const signer = (): ReturnType<typeof parseSigner> => parseSigner('key', place.key.privateKey);

  it.each<[string, () => string, readonly string[]]>([
    [
      'its root is changed',
      () => place.notes.replace(/^4\n.*$/m, `4\n${Buffer.alloc(32).toString('base64')}`),
      ['bad-signature'],
    ],
    ['its size is changed', () => place.notes.replace(/^8$/m, '7'), ['bad-signature']],
    ['its time is changed', () => place.notes.replace('00:00:02', '00:00:01'), ['bad-signature']],
    [
      'one is forged with another key',
      () =>
        place.notes +
        signNote(
          notes()[0]?.split('\n\n')[0]?.concat('\n') ?? '',
          parseSigner('key', generateLedgerKey('example.com/claims').privateKey),
        ),
      ['unknown-key'],
    ],
    ['one is garbage', () => `garbage\n${place.notes}`, ['bad-checkpoint']],
    [
      'one has no time',
      () => place.notes + signNote(`example.com/claims\n0\n${Buffer.alloc(32).toString('base64')}\n`, signer()),
      ['bad-checkpoint'],
    ],
    ['an older one is put at the end', () => place.notes + (notes()[0] ?? ''), ['checkpoint-order']],
    ['two are swapped', () => [notes()[1], notes()[0], ...notes().slice(2)].join(''), ['checkpoint-order']],
    [
      'one of another ledger is put in',
      () =>
        place.notes +
        signNote(`example.com/x\n14\n${Buffer.alloc(32).toString('base64')}\ntime 2026-01-01T00:00:03Z\n`, signer()),
      ['wrong-origin'],
    ],
    [
      'the clock goes back between them',
      () => place.notes + signNote((notes()[3]?.split('\n\n')[0]?.concat('\n') ?? '').replace('00:00:03', '00:00:01'), signer()),
      ['clock-back'],
    ],
    [
      'one is for records that are not there',
      () =>
        place.notes +
        signNote(`example.com/claims\n20\n${Buffer.alloc(32).toString('base64')}\ntime 2026-01-01T00:00:03Z\n`, signer()),
      ['truncated@14'],
    ],
    [
      'one is for other records',
      () =>
        place.notes +
        signNote(`example.com/claims\n14\n${Buffer.alloc(32).toString('base64')}\ntime 2026-01-01T00:00:03Z\n`, signer()),
      ['root-mismatch@14'],
    ],
    ['the file is emptied', () => '', ['unsigned']],
    ['the newest are removed', () => notes().slice(0, 2).join(''), []],
  ])('%s', async (_, change, expected) => {
    place.write('checkpoints', change());
    expect(await place.findings()).toEqual(expected);
    // Whatever the file says, what was kept outside tells.
    expect((await place.verify({ checkpoints: anchored })).ok).toBe(false);
  });

  it('an old key signs after it has named the next one', async () => {
    const next = generateLedgerKey('example.com/claims');
    const sink = place.open();
    await sink.rotate(next.privateKey);
    await sink.close?.();
    expect(await place.findings()).toEqual([]);
    place.write('checkpoints', place.notes + signNote(notes().at(-1)?.split('\n\n')[0]?.concat('\n') ?? '', signer()));
    expect(await place.findings()).toEqual(['retired-key']);
  });
});

describe('clocks', () => {
  it('the clock of the writer goes back', async () => {
    const sink = place.open();
    await sink.append([sampleDecision()]);
    place.clock.stepWall(-5000);
    await sink.append([sampleDecision()]);
    await sink.close?.();
    expect(await place.findings()).toEqual(['clock-back', 'clock-back@16'].toReversed().toSorted());
    expect(await place.findings({ clockToleranceMs: 6000 })).toEqual([]);
  });

  it('a checkpoint is too old, and in an archive it is not', async () => {
    await place.clock.advance(90_000_000);
    expect(await place.findings()).toEqual(['stale']);
    expect(await place.findings({ maxAgeMs: Infinity })).toEqual([]);
  });
});

describe('sealed fields, with the keys', () => {
  it('other sealed data and another commitment are told apart, by who has the signing key too', async () => {
    const keys = fileSubjectKeys({ path: `${place.path}-keys` });
    const [line = ''] = place.lines(12);
    const { sealed } = JSON.parse(line) as { readonly sealed: { readonly data: string } };
    for (const [change, kind] of [
      [{ commitment: Buffer.alloc(32).toString('base64') }, 'commitment-changed@12'],
      [{ data: `AAAA${sealed.data.slice(4)}` }, 'sealed-changed@12'],
      [{ data: '' }, 'sealed-changed@12'],
    ] as const) {
      const lines = [changedLine(line, { sealed: { ...sealed, ...change } }), ...place.lines(12).slice(1)];
      place.setLines(lines, 12);
      expect(await place.findings({ subjectKeys: keys })).toContain(kind);
      place.setLines([line, ...lines.slice(1)], 12);
    }
  });
});

it('nothing is found while the ledger is written, its segments end, and its retention runs', async () => {
  const sink = place.open({ segmentBytes: 2000, checkpointRecords: 5, checkpointMs: 60_000, retainMs: 20_000 });
  const done = { isDone: false };
  const writing = (async () => {
    for (let batch = 0; batch < 150; batch++) {
      await sink.append([sampleDecision(), sampleDecision()]);
      await place.clock.advance(1000);
    }
    await sink.flush?.();
    done.isDone = true;
  })();
  let looks = 0;
  const faults: unknown[] = [];
  while (!done.isDone) {
    const { integrity, completeness } = await place.verify();
    faults.push(...[integrity, completeness].flatMap(({ findings }) => findings.filter(({ isFault }) => isFault)));
    looks++;
  }
  await writing;
  await sink.close?.();
  expect(faults).toEqual([]);
  expect(looks).toBeGreaterThan(0);
  expect(sink.status().pruned.records).toBeGreaterThan(0);
  expect((await place.verify()).ok).toBe(true);
});

it('a directory without a ledger, and a key that is none, are refused', async () => {
  const empty = new LedgerDirectory();
  await expect(empty.verify()).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  await expect(place.verify({ keys: ['x'] })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  await expect(place.verify({ keys: [] })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  empty.remove();
  expect(readFileSync(place.file('checkpoints')).length).toBeGreaterThan(0);
});
