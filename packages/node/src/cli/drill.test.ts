import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli } from './run-cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-drill-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A module of an application: its runtime, and the calls that it gets. */
function app(name: string, fallback = 'always({ score: 0 })'): string {
  const core = pathToFileURL(resolve('packages/core/src/index.ts')).href;
  const zod = pathToFileURL(resolve('packages/node/node_modules/zod/index.js')).href;
  const path = join(folder, name);
  writeFileSync(
    path,
    `import { always, createUnderstudy } from ${JSON.stringify(core)};
     import * as z from ${JSON.stringify(zod)};
     export const understudy = createUnderstudy({ authorize: (by) => by.roles.includes('operator') });
     const claims = understudy.defineModel(
       { name: 'claims', input: z.object({}), output: z.object({ score: z.number() }) },
       { variants: { v1: { predictor: () => ({ score: 1 }), version: '1' } }, champion: 'v1', fallback: [${fallback}] },
     );
     export async function traffic(signal) {
       while (!signal.aborted) {
         await claims.predict({});
         await new Promise((done) => setTimeout(done, 1));
       }
     }`,
  );
  return path;
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

const WHO = ['--share', '1', '--by', 'ana', '--reason', 'a rehearsal', '--for', '0.3'];

test('drill imports a module, drives it, and reports what served', async () => {
  const { code, stdout, stderr } = await run('drill', app('app.mjs'), '--model', 'claims', '--role', 'operator', ...WHO);
  const report = JSON.parse(stdout) as { readonly faulted: number; readonly servedBy: object };
  expect([code, stderr]).toEqual([0, '']);
  expect(report).toMatchObject({ model: 'claims', variant: 'v1', by: 'ana', endedBy: 'time', realFailures: 0, rollBack: null });
  expect(report.servedBy).toEqual({ always: report.faulted });
});

test('drill is refused without a share, an operator and a reason, without the right, and without a tier that rescues', async () => {
  const path = app('other.mjs');
  expect(await run('drill', path, '--model', 'claims')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--share') as string,
  });
  const forbidden = await run('drill', path, '--model', 'claims', ...WHO);
  expect(forbidden).toMatchObject({ code: 1, stderr: expect.stringContaining('FORBIDDEN: ana may not drill v1') as string });
  const unknown = await run('drill', path, '--model', 'claim', ...WHO);
  expect(unknown.stderr).toContain('defines no model claim');
  const alone = await run('drill', app('alone.mjs', ''), '--model', 'claims', '--role', 'operator', ...WHO);
  expect(alone.stderr).toContain('expected a model with another tier');
  const absent = await run('drill', join(folder, 'absent.mjs'), '--model', 'claims', ...WHO);
  expect(absent.stderr).toContain('cannot be imported');
});

test('a drill that met no call is no success', async () => {
  const path = app('idle.mjs');
  writeFileSync(path, readFileSync(path, 'utf8').replace('while (!signal.aborted)', 'while (false)'));
  const { code, stderr } = await run('drill', path, '--model', 'claims', '--role', 'operator', ...WHO);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^Nothing was rehearsed: v1 got no call\./)]);
});
