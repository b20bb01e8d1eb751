import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUnderstudy } from '@understudy/core';
import { createRegistry } from '@understudy/core/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileRegistry } from '../registry/file-registry.ts';

const PROGRAM = resolve('packages/node/src/cli.ts');
const SLOW = 300_000;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-cli-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
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
    execFile(node, [...flags, ...args], { cwd: folder }, (error, stdout, stderr) => {
      settle({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return name;
}

const PLAN = {
  gates: [{ kind: 'errorRate', maxRatio: 2, rate: 0.1, worse: [3] }],
  traffic: { unitsPerHour: 4000 },
  canaryShares: [0.25],
};

test('D6 --version tells the version of the package', { timeout: SLOW }, async () => {
  const { version } = JSON.parse(readFileSync(resolve('packages/node/package.json'), 'utf8')) as { readonly version: string };
  expect(await understudy('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('--help lists the commands, and plan --help its options', { timeout: SLOW }, async () => {
  const [all, one] = await Promise.all([understudy('--help'), understudy('plan', '--help')]);
  expect(all).toMatchObject({ code: 0, stderr: '' });
  expect(all.stdout).toMatch(/^Usage: understudy <command>[^]*\n {2}plan +Simulates[^]*\n {2}report +Makes/);
  expect(one).toMatchObject({ code: 0, stderr: '' });
  expect(one.stdout).toMatch(/--runs N[^]*--seed N/);
});

test('plan prints a line for each stage and each challenger, and no progress bar into a pipe', { timeout: SLOW }, async () => {
  const { code, stdout, stderr } = await understudy('plan', file('plan.json', PLAN), '--runs', '20');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/\n {2}canary 25 % +100\.0 %/);
  expect(stdout).toMatch(/\n {2}equal in everything +\d+\.\d %/);
  expect(stdout).toMatch(/\n {2}errorRate 3× worse \(0\.3\) +0\.0 % +100\.0 % +0\.0 % +\d/);
  expect(stdout).toContain('alpha is 5.0 %. 20 runs each, seed 1.');
});

test('--json prints the forecast, and options win over the file', { timeout: SLOW }, async () => {
  const path = file('seeded.json', { ...PLAN, runs: 1000, seed: 1 });
  const args = ['plan', path, '--json', '--runs', '10', '--seed', '7'];
  const [first, second] = await Promise.all([understudy(...args), understudy(...args)]);
  expect(first).toEqual(second);
  expect(JSON.parse(first.stdout)).toMatchObject({
    runs: 10,
    seed: 7,
    alpha: 0.05,
    stages: [{ stage: 'canary 25 %', entered: 1 }],
    worse: [{ gate: 'errorRate', factor: 3, rolledBack: 1 }],
  });
});

test('a plan that is wrong: exit code 1, the file, and each field with what was expected', { timeout: SLOW }, async () => {
  const wrong = file('wrong.json', { ...PLAN, gates: [{ kind: 'errorRate', maxRatio: 0.5, rate: 2 }], trafic: {} });
  const results = await Promise.all([
    understudy('plan', wrong),
    understudy('plan', 'missing.json'),
    understudy('plan', file('broken.json', '{ "gates": [')),
    understudy('plan', file('list.json', [])),
  ]);
  expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(Array.from({ length: 4 }, () => [1, '']));
  const [fields, missing, broken, list] = results.map(({ stderr }) => stderr);
  expect(fields).toMatch(/^CONFIGURATION_INVALID: wrong\.json: The plan of a rollout has 2 problems:\n/);
  expect(fields).toMatch(/\n {2}trafic: is not an option, did you mean traffic\?/);
  expect(fields).toMatch(/\n {2}gates\[0\]\.rate: expected a number between 0 and 1, got 2/);
  expect(missing).toMatch(/^CONFIGURATION_INVALID: missing\.json: there is no such file: check the path/);
  expect(broken).toMatch(/^CONFIGURATION_INVALID: broken\.json: is not JSON: /);
  expect(list).toMatch(/\(whole value\): expected an object/);
});

const DECISION = {
  v: 1,
  type: 'decision',
  id: 'd1',
  at: Date.UTC(2026, 0, 1),
  model: 'claims',
  outcome: 'served',
  assigned: 'v1',
  probability: 1,
  assignedBy: 'champion',
  tier: 'model',
  servedBy: 'v1',
  version: '1.0.0',
  degraded: false,
  // JSON leaves this line separator as it is.
  reason: 'v1\u2028is the champion.',
  durationMs: 12,
  attempts: [],
  unitHash: '0123456789',
  control: 'known',
  weight: 1,
};
const PAUSE = {
  v: 1,
  type: 'control-changed',
  id: 'c1',
  at: Date.UTC(2026, 0, 2),
  model: 'claims',
  command: 'pause',
  by: 'ana',
  roles: ['model-owner'],
  reason: 'wrong prices',
  result: 'obeyed',
  version: 3,
};
const ndjson = (...lines: readonly unknown[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

test('report writes a page, in the zone that is asked for, and says nothing', { timeout: SLOW }, async () => {
  const events = file('events.ndjson', ndjson(DECISION, PAUSE, '', DECISION));
  const ended = await understudy('report', events, '-o', 'report.html', '--time-zone', 'Asia/Tokyo');
  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).toContain('The model is paused by ana: fallback tiers serve in its place.');
  expect(page).toContain('2026-01-02 09:00');
  expect(page).toContain('repeated events: 1');
});

test('report --json prints the data, of one model where it is named', { timeout: SLOW }, async () => {
  const events = file('two.ndjson', ndjson(DECISION, { ...DECISION, id: 'd2', model: 'prices' }));
  const [all, one, none] = await Promise.all([
    understudy('report', events, '--json'),
    understudy('report', events, '--json', '--model', 'prices'),
    understudy('report', events, '--model', 'price'),
  ]);
  const models = ({ stdout }: Ended): string[] =>
    (JSON.parse(stdout) as { models: { items: { model: string }[] } }).models.items.map(({ model }) => model);
  expect(models(all)).toEqual(['claims', 'prices']);
  expect(models(one)).toEqual(['prices']);
  expect(none).toEqual({
    code: 1,
    stdout: '',
    stderr: 'CONFIGURATION_INVALID: two.ndjson: has nothing of price, did you mean prices?; it tells of claims, prices.\n',
  });
});

test(
  'lines that hold no event: they are counted, the first are told, the report is written, exit code 1',
  { timeout: SLOW },
  async () => {
    const bad = ['{', '[]', '{"v":2}', '{"v":1,"type":"decision"}', 'x', 'y'];
    const events = file('bad.ndjson', ndjson(DECISION, ...bad, PAUSE).trimEnd());
    const { code, stderr } = await understudy('report', events, '-o', 'bad.html');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bad\.ndjson: 6 lines hold no event, left out:\n {2}line 2: .*one line of JSON\n {2}line 3: /);
    expect(stderr).toMatch(/line 4: v: expected 1, got 2: [^]*line 5: id: [^]*line 6: [^]*\n {2}and 1 more\n$/);
    const page = readFileSync(join(folder, 'bad.html'), 'utf8');
    expect(page).toContain('2 events');
    expect(page).toContain('unreadable lines: 6');
  },
);

test(
  'a file that cannot be read or written, and a zone that there is not: exit code 1 and the remedy',
  { timeout: SLOW },
  async () => {
    const events = file('one.ndjson', ndjson(DECISION));
    const results = await Promise.all([
      understudy('report', 'missing.ndjson'),
      understudy('report', events, '-o', 'no/such/folder.html'),
      understudy('report', events, '--time-zone', 'Mars/Base'),
      understudy('report', file('empty.ndjson', ''), '-o', 'empty.html'),
    ]);
    expect(results.map(({ code }) => code)).toEqual([1, 1, 1, 0]);
    expect(results.map(({ stderr }) => stderr)).toEqual([
      'CONFIGURATION_INVALID: missing.ndjson: there is no such file: check the path, which is relative to the working directory\n',
      'CONFIGURATION_INVALID: no/such/folder.html: there is no such folder: check the path, which is relative to the working directory\n',
      `CONFIGURATION_INVALID: The report's timeZone: expected an IANA name such as Europe/Berlin, got "Mars/Base".\n`,
      '',
    ]);
    expect(readFileSync(join(folder, 'empty.html'), 'utf8')).toContain('There is nothing to report');
  },
);

const STATUS = {
  model: 'claims',
  champion: 'v1',
  control: { known: true, version: 4, pinned: null, isolated: [], paused: true, pausedBy: ['monitor:accuracy'] },
  calls: { total: 900, served: 900, degraded: 90, failed: 0, cancelled: 0, invalidInput: 0, inFlight: 0 },
  availability: 1,
  servedByTier: { model: 810, cache: 0, rules: 90, always: 0 },
  latencyMs: { p50: 0, p90: 20, p99: null },
  variants: { v1: { version: '1.0.0', role: 'champion', share: 1, isolated: false, served: 810, failures: 0, policies: {} } },
  fallback: [{ kind: 'rules', name: 'table', version: '7', served: 90, abstained: 0 }],
  monitors: {
    reports: [
      {
        monitor: 'accuracy',
        kind: 'liveMetric',
        status: 'breach',
        since: DECISION.at,
        readings: [
          {
            measure: 'accuracy',
            n: 400,
            value: 0.7,
            interval: [0.65, 0.74],
            limit: 0.8,
            status: 'breach',
            reason: 'accuracy 0.7',
          },
        ],
      },
    ],
    outcomes: { pending: 3, forgotten: 0, unjoined: 0, byTier: {}, delayMs: { p50: null, p90: null, p99: null } },
    failures: 0,
    storeFailure: null,
  },
  outcomes: { counted: 400, duplicate: 0, unknown: 0, late: 0, forged: 0 },
  listenerFailures: 0,
};

const DISTRIBUTION = {
  field: 'region',
  reference: { n: 5000, missing: 0 },
  live: { n: 1000, missing: 0.1 },
  bins: [
    { label: 'north', reference: 0.5, live: 0.25 },
    { label: null, reference: 0.5, live: 0.75 },
  ],
};

test('B5 report --status: distributions of drifting fields are drawn', { timeout: SLOW }, async () => {
  const [monitor] = STATUS.monitors.reports;
  const monitors = { ...STATUS.monitors, reports: [{ ...monitor, distributions: [DISTRIBUTION] }] };
  const { code, stdout } = await understudy('report', '--status', file('drifting.json', { ...STATUS, monitors }));
  expect(code).toBe(0);
  expect(stdout.replaceAll('\u00A0', ' ')).toContain('Furthest apart: north from 50 % to 25 %, all others from 50 % to 75 %');
});

test('report --status: what the model says of itself, at its time, with events or alone', { timeout: SLOW }, async () => {
  const events = file('with-status.ndjson', ndjson(DECISION, PAUSE));
  const one = file('status.json', STATUS);
  const two = file('statuses.json', [STATUS, { ...STATUS, model: 'prices' }]);
  const [both, alone, named] = await Promise.all([
    understudy('report', events, '--status', one, '--at', '2026-01-05T12:00:00Z', '-o', 'with-status.html'),
    understudy('report', '--status', two, '--json'),
    understudy('report', events, '--status', two, '--json', '--model', 'prices'),
  ]);
  expect(both).toEqual({ code: 0, stdout: '', stderr: '' });
  const page = readFileSync(join(folder, 'with-status.html'), 'utf8');
  expect(page).toContain('As of <time datetime="2026-01-05T12:00:00.000Z">2026-01-05 12:00</time>');
  expect(page).toContain('The model is paused by monitor:accuracy: fallback tiers serve in its place.');
  expect(page).toContain('Calls: 900, none failed');
  expect(page).not.toContain('Derived from events');
  const models = ({ stdout }: Ended): unknown =>
    (
      JSON.parse(stdout) as { models: { items: { model: string; basis: string; summary: { worst: string } }[] } }
    ).models.items.map(({ model, basis, summary }) => [model, basis, summary.worst]);
  expect(models(alone)).toEqual([
    ['claims', 'status', 'breach'],
    ['prices', 'status', 'breach'],
  ]);
  expect(models(named)).toEqual([['prices', 'status', 'breach']]);
});

test('a status that is none: exit code 1, the file, and each field with what was expected', { timeout: SLOW }, async () => {
  const { control: _, ...open } = STATUS;
  const [monitor] = STATUS.monitors.reports;
  const wrong = {
    ...open,
    availability: '1',
    monitors: {
      ...STATUS.monitors,
      reports: [{ ...monitor, status: 'bad', readings: {}, distributions: [{ ...DISTRIBUTION, bins: 1 }] }],
    },
  };
  const results = await Promise.all([
    understudy('report', '--status', file('wrong-status.json', wrong)),
    understudy('report', '--status', file('wrong-list.json', [STATUS, 7])),
    understudy('report', '--status', 'missing.json'),
    understudy('report', '--status', file('broken-status.json', '{')),
    understudy('report', '--status', file('s.json', STATUS), '--model', 'claim'),
  ]);
  expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(results.map(() => [1, '']));
  expect(results.map(({ stderr }) => stderr)).toEqual([
    `CONFIGURATION_INVALID: wrong-status.json: is no status of a model:
  control: expected an object, got nothing
  availability: expected a number or null, got "1"
  monitors.reports[0].status: expected one of ok, warn, breach, insufficient, got "bad"
  monitors.reports[0].readings: expected a list, got {}
  monitors.reports[0].distributions[0].bins: expected a list, got 1
Write it with JSON.stringify(model.status()).
`,
    `CONFIGURATION_INVALID: wrong-list.json: is no status of a model:
  [1]: expected an object, got 7
Write it with JSON.stringify(model.status()).
`,
    'CONFIGURATION_INVALID: missing.json: there is no such file: check the path, which is relative to the working directory\n',
    expect.stringMatching(/^CONFIGURATION_INVALID: broken-status\.json: is not JSON: /),
    'CONFIGURATION_INVALID: s.json: has nothing of claim, did you mean claims?; it tells of claims.\n',
  ]);
});

test('a command line that is wrong: exit code 2 and the way to the help', { timeout: SLOW }, async () => {
  const lines = [
    [],
    ['plam'],
    ['plan'],
    ['plan', 'a.json', 'b.json'],
    ['plan', 'a.json', '--rums', '3'],
    ['plan', file('p.json', PLAN), '--runs', 'x'],
    ['report'],
    ['report', 'a.ndjson', '--outptu', 'b.html'],
    ['report', 'a.ndjson', '--status', 's.json', '--at', 'noon'],
  ];
  const results = await Promise.all(lines.map((line) => understudy(...line)));
  expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(lines.map(() => [2, '']));
  const words = [
    /^Expected a command\./,
    /no command plam, did you mean plan\?/,
    /^Expected one file, got 0/,
    /^Expected one file, got 2/,
    /'--rums'/,
    /after --runs, got "x"/,
    /^Expected one file, got 0: understudy report <file>/,
    /'--outptu'/,
    /^Expected a time after --at, got "noon"\./,
  ];
  for (const [index, { stderr }] of results.entries()) {
    expect(stderr).toMatch(words[index] ?? /^$/);
    const command = index < 2 ? '' : `${lines[index]?.[0] ?? ''} `;
    expect(stderr.endsWith(`\nSee understudy ${command}--help.\n`)).toBe(true);
  }
});

test('card writes the card of a registry in files, and says when it is out of date', { timeout: SLOW }, async () => {
  const model = createRegistry(createUnderstudy(), { store: fileRegistry({ directory: join(folder, 'registry') }) }).model(
    'triage',
  );
  const note = (id: string) => ({ by: { id, roles: ['owner'] }, reason: 'a test' });
  await model.register({ version: '1.0.0', metrics: { auc: 0.9 } }, note('ana'));
  await model.approve('1.0.0', note('bob'));
  await model.moveAlias('champion', '1.0.0', note('ana'));
  const about = file('about.json', { overview: 'Sorts claims.', task: 'tabular-classification', dataset: 'claims' });
  const card = ['card', 'registry', '--model', 'triage', '--about', about];
  expect(await understudy(...card, '-o', 'CARD.md')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(join(folder, 'CARD.md'), 'utf8')).toContain('| status | serving, as champion |');
  expect(await understudy(...card, '--check', 'CARD.md')).toEqual({ code: 0, stdout: '', stderr: '' });
  await model.record('1.0.0', { auc: 0.8 }, note('ana'));
  const stale = await understudy(...card, '--check', 'CARD.md');
  expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining('has changed since')]);
  const google = await understudy(...card, '--format', 'google');
  expect(JSON.parse(google.stdout)).toMatchObject({ model_details: { name: 'triage' } });
  expect(await understudy('card', 'registry', '--about', about)).toMatchObject({ code: 2 });
  expect(await understudy(...card, '--alias', 'next')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('names no version'),
  });
});
