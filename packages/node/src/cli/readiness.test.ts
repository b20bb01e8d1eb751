import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createUnderstudy } from '@understudy/core';
import { createRegistry } from '@understudy/core/registry';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { generateLedgerKey, ledger } from '../ledger.ts';
import { fileRegistry } from '../file.ts';
import { runCli } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-readiness-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const source = (path: string): string => JSON.stringify(pathToFileURL(resolve(path)).href);

/** The module of an application, without or with what a model needs to go. */
function app(name: string, isWhole: boolean): string {
  writeFileSync(
    at(name),
    `import * as z from ${source('packages/node/node_modules/zod/index.js')};
     import { always, circuitBreaker, memoryStore } from ${source('packages/core/src/index.ts')};
     import { drift, fairness, kpiValue, overrides, profileFromRows, serviceLevel } from ${source('packages/core/src/monitors.ts')};
     import { errorRate } from ${source('packages/core/src/rollout.ts')};
     import { roles } from ${source('packages/core/src/roles.ts')};
     import { fakeSink } from ${source('packages/core/src/testing.ts')};
     export const contract = {
       name: 'claims',
       input: z.object({ amount: z.number(), region: z.enum(['north', 'south']) }),
       output: z.object({ pay: z.number() }),
       target: { kind: 'probability', field: 'pay' },
       kpis: { saved: { better: 'higher' } },
     };
     const variants = { v1: { predictor: () => ({ pay: 1 }), version: '1.0' }, v2: { predictor: () => ({ pay: 1 }), version: '2.0' } };
     const reference = await profileFromRows(Array.from({ length: 500 }, (_, at) => ({ input: { amount: at, region: 'north' } })), contract);
     export const options = ${
       isWhole
         ? `{
       variants, champion: 'v1', fallback: [always({ pay: 0 })], policies: [circuitBreaker()],
       rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] },
       monitors: [drift({ reference, onBreach: ['alert', 'fall-back'] }), serviceLevel(), fairness({ groupBy: ({ input }) => input.region }), overrides(), kpiValue('saved')],
     }`
         : `{ variants, champion: 'v1' }`
     };
     export const runtime = ${isWhole ? `{ store: { ...memoryStore(), name: 'redis', volatile: false }, authorize: roles(), sinks: [fakeSink()] }` : '{}'};`,
  );
  return at(name);
}

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const told = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      told[stream] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runCli(args), ...told };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const json = (name: string, value: unknown): string => {
  writeFileSync(at(name), JSON.stringify(value));
  return at(name);
};

/** Everything that is beside the definition: a registry, a ledger, a card, a runbook, a drill, a status, answers. */
async function beside(): Promise<readonly string[]> {
  const registry = at('registry');
  const claims = createRegistry(createUnderstudy(), { store: fileRegistry({ directory: registry }) }).model('claims');
  const note = (id: string) => ({ by: { id, roles: ['owner'] }, reason: 'the first' });
  await claims.register({ version: '1.0', digest: `sha256:${'0'.repeat(64)}`, lineage: { data: 's3://claims' } }, note('ana'));
  await claims.approve('1.0', note('bob'));
  await claims.moveAlias('champion', '1.0', note('ana'));
  const { privateKey, verifierKey } = generateLedgerKey('example.com/claims/eu-1');
  const records = ledger({ directory: at('ledger'), key: privateKey });
  const understudy = createUnderstudy({ sinks: [records] });
  const { contract, options } = (await import(pathToFileURL(app('whole.mjs', true)).href)) as Readonly<
    Record<'contract' | 'options', never>
  >;
  const store = createUnderstudy({
    store: ((await import(pathToFileURL(at('whole.mjs')).href)) as { runtime: { store: never } }).runtime.store,
  });
  const status = store.defineModel(contract, options).status();
  for (const report of status.monitors?.reports ?? []) Object.assign(report, { status: 'ok' });
  const small = understudy.defineModel(
    {
      name: 'claims',
      input: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
      output: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
    } as never,
    { variants: { v1: { predictor: () => ({}), version: '1.0' } }, champion: 'v1' },
  );
  await small.predict({});
  await understudy.close();
  const statusFile = json('status.json', status);
  const about = json('about.json', { overview: 'o', task: 'tabular-classification', dataset: 'd' });
  expect(await run('card', registry, '--model', 'claims', '--about', about, '-o', at('CARD.md'))).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(await run('runbook', statusFile, '-o', at('RUNBOOK.md'))).toMatchObject({ code: 0, stderr: '' });
  const drill = json('drill.json', {
    at: Date.now() - 86_400_000,
    model: 'claims',
    faulted: 9,
    servedBy: { always: 9 },
    recoveryMs: 20,
    rollBack: null,
  });
  expect(await run('readiness', '--init', at('answers.json'))).toMatchObject({ code: 0 });
  const template = JSON.parse(readFileSync(at('answers.json'), 'utf8')) as { readonly questions: object };
  const today = new Date().toISOString().slice(0, 10);
  const answers = json('answers.json', {
    ...template,
    answers: Object.fromEntries(Object.keys(template.questions).map((id) => [id, { answer: 'yes', by: 'ana', at: today }])),
  });
  return [
    '--status',
    statusFile,
    '--registry',
    registry,
    '--ledger',
    at('ledger'),
    '--key',
    verifierKey,
    '--card',
    at('CARD.md'),
    '--about',
    about,
    '--runbook',
    at('RUNBOOK.md'),
    '--drill',
    drill,
    '--answers',
    answers,
  ];
}

describe('understudy readiness', () => {
  it('of a bare module fails with named gaps, and passes with what is asked for', async () => {
    const bare = await run('readiness', app('bare.mjs', false));
    expect(bare).toMatchObject({ code: 1, stderr: '' });
    for (const part of [
      '✗ last-tier: The last tier is not one that always answers.',
      '✗ drill: There is no report of a drill.',
      'No go',
    ])
      expect(bare.stdout).toContain(part);
    const flags = await beside();
    const whole = await run('readiness', at('whole.mjs'), ...flags, '--html', at('page.html'));
    expect(whole.stderr).toBe('');
    expect(whole.stdout).toContain('Go: all five dimensions are ready.');
    expect(whole.code).toBe(0);
    const told = JSON.parse((await run('readiness', at('whole.mjs'), ...flags, '--json')).stdout) as { readonly verdict: string };
    expect(told.verdict).toBe('go');
    // A change of the registry makes the card old.
    const claims = createRegistry(createUnderstudy(), { store: fileRegistry({ directory: at('registry') }) }).model('claims');
    await claims.register({ version: '1.1' }, { by: { id: 'ana', roles: ['owner'] }, reason: 'the next' });
    await claims.approve('1.0', { by: { id: 'carl', roles: ['approver'] }, reason: 'looked at' });
    const later = await run('readiness', at('whole.mjs'), ...flags);
    expect(later.stdout).toContain('✗ model-card');
    expect(later.stdout).toContain('Go, with the fifth dimension in parallel');
    expect(later.code).toBe(0);
  });

  it('writes a page that loads nothing and runs nothing', async () => {
    writeFileSync(
      at('odd.mjs'),
      readFileSync(app('odd.mjs', false), 'utf8').replace(`name: 'claims'`, `name: '<script>alert(1)</script>'`),
    );
    await run('readiness', at('odd.mjs'), '--html', at('odd.html'));
    const page = readFileSync(at('odd.html'), 'utf8');
    expect(page).not.toMatch(/<script|src=|href=/);
    expect(page).toContain('&lt;script&gt;');
    expect(page).toMatch(/default-src 'none'; style-src 'sha256-[^']+'/);
  });

  it('tells what is wrong with a command line, a module or a file', async () => {
    const module = app('fine.mjs', false);
    expect(await run('readiness')).toMatchObject({ code: 2 });
    expect(await run('readiness', module, '--ledger', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--key') as string,
    });
    expect(await run('readiness', module, '--card', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--about') as string,
    });
    writeFileSync(at('none.mjs'), 'export const x = 1;');
    expect(await run('readiness', at('none.mjs'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('export contract and options') as string,
    });
    expect(await run('readiness', module, '--drill', json('nodrill.json', {}))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no report') as string,
    });
    expect(await run('readiness', module, '--answers', json('bad.json', { format: 1, answers: { none: {} } }))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('answers.none') as string,
    });
  });
});
