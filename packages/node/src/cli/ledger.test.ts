import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { changedLine, LedgerDirectory, named } from '../../tests/support/ledger-directory.ts';
import { fileSubjectKeys } from '../ledger/file-subject-keys.ts';
import { ledger } from '../ledger/ledger.ts';

const PROGRAM = resolve('packages/node/src/cli.ts');
const place = new LedgerDirectory();
const folder = new LedgerDirectory();
const events = [sampleDecision({ tenant: 'ana' }), sampleDecision({ tenant: 'bob', model: 'fraud' })];
let vkey: readonly string[] = [];

beforeAll(async () => {
  const keys = fileSubjectKeys({ path: folder.file('subjects'), masterKey: Buffer.alloc(32, 5) });
  const sink = ledger({
    directory: place.path,
    key: place.key.privateKey,
    anchor: (note) => writeFileSync(folder.file('anchored'), note, { flag: 'a' }),
    personal: { fields: ['tenant'], subject: (event) => (event.type === 'decision' ? event.tenant : undefined), keys },
  });
  await sink.append(events);
  await sink.close?.();
  folder.write('key', `${place.key.privateKey}\n`);
  folder.write('master', Buffer.alloc(32, 5).toString('base64'));
  vkey = ['--key', place.key.verifierKey];
});
afterAll(() => {
  place.remove();
  folder.remove();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI from its source, in a process of its own. */
function understudy(...args: readonly string[]): Promise<Ended> {
  const node = resolve('node_modules/.bin/node');
  const flags = ['--conditions=@understudy/source', '--no-warnings', PROGRAM];
  return new Promise((settle) => {
    execFile(node, [...flags, 'ledger', ...args], { cwd: folder.path }, (error, stdout, stderr) => {
      settle({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('verify answers three questions, as text and as JSON', async () => {
  const args = [
    'verify',
    place.path,
    ...vkey,
    '--checkpoint',
    'anchored',
    '--subject-keys',
    'subjects',
    '--master-key',
    'master',
  ];
  const [text, json] = await Promise.all([understudy(...args), understudy(...args, '--json')]);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^ledger {8}example\.com\/claims\nrecords {7}3, 3 with their body\n[^]*\nintegrity {5}ok\n[^]*freshness {5}ok\n$/,
  );
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, size: 3, signedSize: 3 });
});

test('verify names what it finds, and its exit code is 1', async () => {
  const lines = place.lines();
  const copy = new LedgerDirectory(place.key);
  copy.write('checkpoints', place.notes);
  copy.write(`${named(0)}.leaves`, place.read(`${named(0)}.leaves`));
  copy.setLines([lines[0] ?? '', changedLine(lines[1], { at: 5 }), lines[2] ?? '']);
  const { code, stdout } = await understudy('verify', copy.path, ...vkey);
  copy.remove();
  expect([code, stdout]).toEqual([1, expect.stringContaining('integrity     not ok\n  record-changed: Record 1 was changed.\n')]);
});

test('prove makes a proof that verify accepts', async () => {
  const made = await understudy('prove', place.path, '--id', events[1]?.id ?? '', '-o', 'proof.json');
  expect(made).toEqual({ code: 0, stdout: '', stderr: '' });
  const good = await understudy('verify', 'proof.json', ...vkey);
  expect(good).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Proven: record 2 is in the ledger example\.com\/claims/),
  });
  folder.write('bad.json', readFileSync(join(folder.path, 'proof.json'), 'utf8').replace('fraud', 'fraut'));
  expect(await understudy('verify', 'bad.json', ...vkey)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^Not proven\./),
  });
  const { stdout } = await understudy('prove', place.path, '--seq', '0');
  expect(JSON.parse(stdout)).toMatchObject({ index: 0 });
  expect(await understudy('prove', place.path, '--id', 'nobody')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nobody'),
  });
});

test('prove takes an id that begins with a dash', async () => {
  for (const id of ['-nobody', '--nobody'])
    expect(await understudy('prove', place.path, '--id', id)).toMatchObject({ code: 1, stderr: expect.stringContaining(id) });
  expect(await understudy('prove', place.path, '--id', '--out')).toMatchObject({ code: 2 });
});

test('export into a pipe whose reader has gone ends quietly', async () => {
  const node = resolve('node_modules/.bin/node');
  const command = `${node} --conditions=@understudy/source --no-warnings ${PROGRAM} ledger export ${place.path}; echo $? >&2`;
  const { stdout, stderr } = await new Promise<Pick<Ended, 'stdout' | 'stderr'>>((settle) => {
    execFile('sh', ['-c', `(${command}) | true`], (_error, out, err) => settle({ stdout: out, stderr: err }));
  });
  expect([stdout, stderr]).toEqual(['', '141\n']);
});

test('export writes records, with what the keys open; erase destroys a key', async () => {
  const keys = ['--subject-keys', 'subjects', '--master-key', 'master'];
  const all = await understudy('export', place.path, ...keys);
  expect(
    all.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => (JSON.parse(line) as { event: unknown }).event),
  ).toEqual(events);
  await understudy('export', place.path, '--model', 'fraud', '--from', '2020-01-01T00:00:00Z', '-o', 'out.ndjson');
  expect(folder.read('out.ndjson').toString().match(/\n/g)).toHaveLength(1);

  const erase = [
    'erase',
    place.path,
    '--subject',
    'ana',
    '--keys',
    'subjects',
    '--master-key',
    'master',
    '--by',
    'dpo',
    '--reason',
    'asked',
  ];
  const erased = await understudy(...erase, '--signing-key', 'key');
  expect(erased).toMatchObject({ code: 0, stdout: expect.stringContaining('Erased') });
  expect(await understudy(...erase)).toMatchObject({ code: 1, stderr: expect.stringContaining('no key') });
  const rest = await understudy('export', place.path, '--type', 'decision', ...keys);
  expect([rest.stdout.includes('"tenant":"ana"'), rest.stdout.includes('"tenant":"bob"')]).toEqual([false, true]);
  expect(await understudy('verify', place.path, ...vkey)).toMatchObject({ code: 0 });
});

test('an erasure without the private key is signed by the next writer', async () => {
  const erase = [
    'erase',
    place.path,
    '--subject',
    'bob',
    '--keys',
    'subjects',
    '--master-key',
    'master',
    '--by',
    'dpo',
    '--reason',
    'asked',
  ];
  expect(await understudy(...erase)).toMatchObject({ code: 0 });
  expect((await place.verify({ now: Date.now() })).signedSize).toBeLessThan(place.records().length);
  const sink = ledger({ directory: place.path, key: place.key.privateKey });
  await sink.append([sampleDecision()]);
  await sink.close?.();
  expect(await place.verify({ now: Date.now() })).toMatchObject({ ok: true, signedSize: place.records().length });
  rmSync(folder.file('subjects'));
});

test('a command line that is wrong: exit code 2, and the way to the help', async () => {
  const cases = [
    [],
    ['verfy', place.path],
    ['verify', place.path],
    ['verify', ...vkey],
    ['verify', place.path, ...vkey, '--max-age', 'x'],
    ['prove', place.path],
    ['prove', place.path, '--seq', '1.5'],
    ['export', place.path, '--from', 'yesterday'],
    ['erase', place.path, '--subject', 'x'],
    ['verify', place.path, '--keys', 'x'],
  ];
  const ended = await Promise.all(cases.map((args) => understudy(...args)));
  expect(ended.map(({ code }) => code)).toEqual(cases.map(() => 2));
  for (const { stderr } of ended) expect(stderr).toMatch(/\nSee understudy ledger --help\.\n$/);
  expect(ended[1]?.stderr).toContain('did you mean verify?');
  expect(await understudy('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('understudy ledger verify') });
  expect(await understudy('verify', place.path, '--key', 'x')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('CONFIGURATION_INVALID'),
  });
});
