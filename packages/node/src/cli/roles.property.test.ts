import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ControlChangedEvent, ModelStatus } from '@understudy/core';
import { DEFAULT_ROLES, type Permission } from '@understudy/core/roles';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli } from './run-cli.ts';

/** What a module of an application leaves for the test: it is another one in the eyes of the program. */
interface Seen {
  readonly told: ControlChangedEvent[];
  readonly status: () => ModelStatus;
}
const seen = globalThis as unknown as Record<string, Seen | undefined>;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-roles-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A module of an application, whose table of roles is this one. @param name of its file, and of what it leaves */
function app(name: string, table: object): string {
  const file = (path: string): string => JSON.stringify(pathToFileURL(resolve(path)).href);
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { always, createUnderstudy } from ${file('packages/core/src/index.ts')};
     import { roles } from ${file('packages/core/src/roles.ts')};
     import * as z from ${file('packages/node/node_modules/zod/index.js')};
     export const understudy = createUnderstudy({ authorize: roles({ roles: JSON.parse(${JSON.stringify(JSON.stringify(table))}) }) });
     const claims = understudy.defineModel(
       { name: 'claims', input: z.object({}), output: z.object({ score: z.number() }) },
       { variants: { v1: { predictor: () => ({ score: 1 }), version: '1' } }, champion: 'v1', fallback: [always({ score: 0 })] },
     );
     const told = [];
     understudy.on('control-changed', (event) => told.push(event));
     globalThis[${JSON.stringify(name)}] = { told, status: () => claims.status() };
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
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runCli(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const PERMISSIONS = [...new Set(Object.values(DEFAULT_ROLES).flat())];
const ROLES = [...Object.keys(DEFAULT_ROLES), 'night-shift', '__proto__', 'constructor'];

test('property: a drill, the one command of the program that touches a model, begins where the table allows it and is told either way', async () => {
  let runs = 0;
  const came = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.constant({}),
        fc.dictionary(fc.constantFrom('operator', 'viewer', 'night-shift'), fc.subarray(PERMISSIONS), { maxKeys: 2 }),
      ),
      fc.array(
        fc.oneof(
          fc.constantFrom(...ROLES),
          fc.constantFrom(
            'owner:claims',
            'operator:claims',
            'operator:other',
            'operator:',
            ':claims',
            'owner claims',
            'OWNER',
            'owner,operator',
          ),
        ),
        { maxLength: 3 },
      ),
      async (table: Readonly<Record<string, readonly Permission[]>>, held) => {
        const name = `drill-${runs++}`;
        const given = held.map((role) => `--role=${role}`);
        const who = ['--share=1', '--by=ana', '--reason=a rehearsal', '--for=0.02', ...given];
        const { code, stdout, stderr } = await run(['drill', app(name, table), '--model=claims', ...who]);
        const { told = [], status } = seen[name] ?? {};
        const all = new Map<string, readonly Permission[]>([...Object.entries(DEFAULT_ROLES), ...Object.entries(table)]);
        const allowed = [...all].some(
          ([role, may]) => may.includes('drill') && (held.includes(role) || held.includes(`${role}:claims`)),
        );
        const context = JSON.stringify({ table, held, code, stdout, stderr, told });
        const isForbidden = stderr.startsWith('FORBIDDEN: ana may not drill v1');
        came.add(isForbidden ? 'forbidden' : 'obeyed');
        expect([context, isForbidden, stdout === '']).toEqual([context, !allowed, !allowed]);
        expect([context, new Set(told.map(({ command, by, result }) => `${command} ${by} ${result}`))]).toEqual([
          context,
          new Set([`drill ana ${allowed ? 'obeyed' : 'forbidden'}`]),
        ]);
        expect([context, told[0]?.roles]).toEqual([context, held]);
        // Whatever became of it, the control document is what it was.
        expect([context, status?.().control]).toMatchObject([context, { version: 0, paused: false, pinned: null, isolated: [] }]);
      },
    ),
    { seed: 20261201, numRuns: 60 },
  );
  expect(came).toEqual(new Set(['obeyed', 'forbidden']));
});

test('property: no other command of the program calls or commands a model, whatever it is asked to do; three load a module at all', async () => {
  const { stdout: help } = await run(['--help']);
  const commands = [...help.matchAll(/^ {2}([a-z][a-z-]*) {2,}/gm)].map(([, name]) => name ?? '');
  const loading = ['export-training', 'readiness', 'replay'];
  expect(commands).toEqual(['card', 'drill', 'ledger', 'plan', 'profile', 'report', 'runbook', 'value', ...loading].toSorted());
  let hasLoaded = false;
  const path = app('untouched', {});
  const kinds = PERMISSIONS.filter((one) => !one.startsWith('read'));
  const word = fc.oneof(
    { weight: 3, arbitrary: fc.constant(path) },
    { weight: 3, arbitrary: fc.constantFrom<string>(...kinds, 'resume', 'verify', 'erase', 'export', 'prove', 'claims') },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '--model=claims',
        '--by=ana',
        '--role=owner',
        '--reason=a test',
        '--command=pause',
        '--pause',
        '--status',
        '--variant=v1',
        `--about=${path}`,
        `--keys=${path}`,
        '--subject=ana',
        `--import=${path}`,
        `--require=${path}`,
        '--',
        '--json',
        '--id=d1',
      ),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.constantFrom(...commands.filter((name) => name !== 'drill')),
        fc.constantFrom<string>(...kinds, 'control', 'model'),
      ),
      fc.array(word, { maxLength: 6 }),
      async (command, args) => {
        const { code, stderr } = await run([command, ...args]);
        if (!commands.includes(command)) expect([code, stderr.includes(`There is no command ${command}`)]).toEqual([2, true]);
        const { told, status } = seen['untouched'] ?? {};
        if (!loading.includes(command) && !hasLoaded) expect([command, ...args, status]).toEqual([command, ...args, undefined]);
        hasLoaded ||= status !== undefined;
        const now = status?.();
        expect([command, ...args, told ?? [], now?.calls.total ?? 0, now?.control.version ?? 0]).toEqual([
          command,
          ...args,
          [],
          0,
          0,
        ]);
      },
    ),
    { seed: 20261201, numRuns: 400 },
  );
  expect(hasLoaded).toBe(true);
  // Nor did one of them leave something beside it.
  expect(readdirSync(folder).filter((name) => !name.endsWith('.mjs'))).toEqual([]);
});
