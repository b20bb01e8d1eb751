import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PROGRAM = resolve('packages/node/src/cli.ts');
const SLOW = 30_000;
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
  canaryPercent: [25],
};

test('--help lists the commands, and plan --help its options', { timeout: SLOW }, async () => {
  const [all, one] = await Promise.all([understudy('--help'), understudy('plan', '--help')]);
  expect(all).toMatchObject({ code: 0, stderr: '' });
  expect(all.stdout).toMatch(/^Usage: understudy <command>[^]*\n {2}plan +Simulates/);
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
  expect(fields).toMatch(/\n {2}trafic: is no field of a plan, did you mean traffic\?/);
  expect(fields).toMatch(/\n {2}gates\[0\]\.rate: expected a number between 0 and 1, got 2/);
  expect(missing).toMatch(/^CONFIGURATION_INVALID: missing\.json: there is no such file: check the path/);
  expect(broken).toMatch(/^CONFIGURATION_INVALID: broken\.json: is not JSON: /);
  expect(list).toMatch(/\(whole value\): expected an object/);
});

test('a command line that is wrong: exit code 2 and the way to the help', { timeout: SLOW }, async () => {
  const lines = [
    [],
    ['plam'],
    ['plan'],
    ['plan', 'a.json', 'b.json'],
    ['plan', 'a.json', '--rums', '3'],
    ['plan', file('p.json', PLAN), '--runs', 'x'],
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
  ];
  for (const [index, { stderr }] of results.entries()) {
    expect(stderr).toMatch(words[index] ?? /^$/);
    expect(stderr).toMatch(/\nSee understudy --help\.\n$/);
  }
});
