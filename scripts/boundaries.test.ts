import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, onTestFinished } from 'vitest';
import { globalProblems, importProblems, programOf } from './boundaries.ts';
import { folderProblems, LAYERS, mapProblems, OTHERS, withMap } from './layers.ts';

const manifests = {
  core: {
    name: '@understudy/core',
    exports: { '.': {}, './rules': {} },
    dependencies: { ky: '^2' },
    peerDependencies: { zod: '^4' },
    peerDependenciesMeta: { zod: { optional: true } },
  },
  node: {
    name: '@understudy/node',
    exports: { '.': {} },
    dependencies: { '@understudy/core': '^1' },
    peerDependencies: { 'onnxruntime-node': '^1' },
    peerDependenciesMeta: { 'onnxruntime-node': { optional: true } },
  },
  browser: { name: '@understudy/browser', exports: { '.': {} }, dependencies: { '@understudy/core': '^1' } },
};

/** The problems of one file, in a repository that has only it. */
const problemsOf = (path: string, text: string): string[] => importProblems({ [`packages/${path}`]: text }, manifests);

describe('layers of core', () => {
  it.each([
    ['core/src/policies/retry.ts', `import { Clock } from '../time/index.ts';`],
    ['core/src/policies/retry.ts', `import { timeout } from './timeout.ts';`],
    ['core/src/index.ts', `export { defineModel } from './model/index.ts';`],
    ['core/src/testing/fault.ts', `import { createUnderstudy } from '../runtime/index.ts';`],
    ['core/src/model/define-model.ts', `import type { Monitor } from '../monitors/index.ts';`],
    ['core/src/model/define-model.ts', `import { type Monitor, type Action } from '../monitors/index.ts';`],
    ['core/src/events/bus.test.ts', `import { model } from '../model/index.ts'; import 'node:fs';`],
    ['core/src/statistics/index.ts', `export const a = 1;`],
  ])('%s may say %s', (path, text) => {
    expect(problemsOf(path, text)).toEqual([]);
  });

  it.each([
    ['core/src/events/bus.ts', `import { retry } from '../policies/index.ts';`, 'higher layer policies/'],
    ['core/src/events/bus.ts', `import type { Retry } from '../policies/index.ts';`, 'higher layer policies/'],
    ['core/src/events/bus.ts', `type A = import('../policies/index.ts').Retry;`, 'higher layer policies/'],
    ['core/src/events/bus.ts', `export * from '../policies/index.ts';`, 'higher layer policies/'],
    ['core/src/events/bus.ts', `const lazily = () => import('../policies/index.ts');`, 'higher layer policies/'],
    ['core/src/errors/problems.ts', `import { clock } from '../time/index.ts';`, 'sibling time/'],
    ['core/src/rollout/gate.ts', `import { drift } from '../monitors/index.ts';`, 'sibling monitors/'],
    ['core/src/runtime/create.ts', `import { fault } from '../testing/index.ts';`, 'higher layer testing/'],
    ['core/src/policies/retry.ts', `import { retry } from '../policies.ts';`, 'entry file'],
    ['core/src/utils/index.ts', `import { clock } from '../time/index.ts';`, 'add "utils" to scripts/layers.ts'],
    ['core/src/model/define-model.ts', `import { drift } from '../monitors/index.ts';`, 'loads monitors/'],
    ['core/src/model/define-model.ts', `import { type Monitor, drift } from '../monitors/index.ts';`, 'loads monitors/'],
    ['core/src/events/bus.ts', `import { fake } from './bus.test.ts';`, 'imports the test'],
    ['core/src/events/bus.ts', `import { a } from '../../../node/src/index.ts';`, 'outside its package'],
  ])('%s may not say %s', (path, text, problem) => {
    expect(problemsOf(path, text)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('packages', () => {
  it.each([
    ['node/src/file.ts', `import { mkdir } from 'node:fs/promises'; import { a } from '@understudy/core/rules';`],
    ['node/src/onnx.ts', `import type { Tensor } from 'onnxruntime-node'; const load = () => import('onnxruntime-node');`],
    ['core/src/contract/zod.ts', `import type * as z from 'zod'; import ky from 'ky';`],
    ['core/src/events/schemas.ts', `import * as z from 'zod';`],
    ['core/src/events.ts', `export { parseEvent } from './events/schemas.ts';`],
    ['core/src/events/bus.ts', `import type { shapes } from './schemas.ts';`],
  ])('%s may say %s', (path, text) => {
    expect(problemsOf(path, text)).toEqual([]);
  });

  it.each([
    ['core/src/contract/zod.ts', `import { readFile } from 'node:fs/promises';`, 'Node module'],
    ['core/src/contract/zod.ts', `import { readFile } from 'fs';`, '"fs", which is no dependency'],
    ['browser/src/beacon.ts', `import 'node:crypto';`, 'Node module'],
    ['browser/src/beacon.ts', `import { a } from '@understudy/node';`, '"@understudy/node", which is no dependency'],
    ['node/src/file.ts', `import { a } from '@understudy/core/src/model/index.ts';`, 'which core does not export'],
    ['node/src/onnx.ts', `import { InferenceSession } from 'onnxruntime-node';`, 'loads the optional "onnxruntime-node" at once'],
    ['core/src/contract/zod.ts', `import * as z from 'zod';`, 'loads the optional "zod" at once'],
    ['core/src/events/bus.ts', `import { parseEvent } from './schemas.ts';`, 'only its entry may'],
    ['core/src/index.ts', `export { parseEvent } from './events/schemas.ts';`, 'only its entry may'],
    ['core/src/index.ts', `export { parseEvent } from './events.ts';`, 'only its entry may'],
  ])('%s may not say %s', (path, text, problem) => {
    expect(problemsOf(path, text)).toEqual([expect.stringContaining(problem)]);
  });
});

it('finds a cycle once, also one of types', () => {
  const problems = importProblems(
    {
      'packages/core/src/model/c.ts': `import { a } from './a.ts'; export const c = a;`,
      'packages/core/src/model/a.ts': `import { b } from './b.ts'; export const a = b;`,
      'packages/core/src/model/b.ts': `import type { c } from './c.ts'; export const b: typeof c = 1;`,
    },
    manifests,
  );
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `packages/core/src/model/${name}.ts`);
  expect(problems).toEqual([`import cycle: ${a} -> ${b} -> ${c} -> ${a}`]);
});

describe('spec', () => {
  it('is interfaces, type aliases and types of others', () => {
    const text = `import type { A } from '../errors/index.ts'; export interface B { a: A } export type C = B; export type { D } from './d.ts';`;
    expect(problemsOf('core/src/types/index.ts', text)).toEqual([]);
  });

  it.each(['export const a = 1;', 'export class A {}', `export { d } from './d.ts';`, `import './d.ts';`])(
    'is not %s',
    (text) => {
      expect(problemsOf('core/src/types/index.ts', text)).toEqual([expect.stringContaining('types only')]);
    },
  );
});

describe('globals', () => {
  function problemsIn(text: string): string[] {
    const directory = mkdtempSync(join(tmpdir(), 'understudy-globals-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'file.ts');
    writeFileSync(file, text);
    const lib = ['lib.es2024.d.ts', 'lib.webworker.d.ts'];
    return globalProblems(ts.createProgram([file], { lib, types: [], target: ts.ScriptTarget.ES2023 }));
  }

  it('accepts what every runtime has, and own names', () => {
    const text = `const name = 'x'; export const a = { name, self: new URL(name).host, fetch: fetch(name, { signal: AbortSignal.timeout(1) }), m: Map };`;
    expect(problemsIn(text)).toEqual([]);
  });

  it.each(['indexedDB', 'postMessage', 'self', 'navigator', 'WebSocket', 'XMLHttpRequest'])('refuses %s', (name) => {
    expect(problemsIn(`export const a =\n  ${name};`)).toEqual([expect.stringMatching(`file.ts:2 uses ${name},`)]);
  });

  it('reads the files of core', () => {
    const files = programOf('packages/core/tsconfig.build.json').getRootFileNames();
    expect(files).toContainEqual(expect.stringMatching(/core\/src\/index\.ts$/));
    expect(files).not.toContainEqual(expect.stringMatching(/\.test(-d)?\.ts$/));
  });
});

describe('the table of folders', () => {
  const all = [
    ...LAYERS.flat().map(({ name }) => `packages/core/src/${name}/`),
    ...Object.entries(OTHERS).flatMap(([home, folders]) => folders.map(({ name }) => `packages/${home}/src/${name}/`)),
  ];

  it('fits what is there', () => {
    expect(folderProblems(all)).toEqual([]);
  });

  it('may not name a folder that does not exist', () => {
    const without = all.filter((path) => path !== 'packages/core/src/control/');
    expect(folderProblems(without)).toEqual(['scripts/layers.ts names packages/core/src/control, which does not exist']);
  });

  it('may not miss a folder', () => {
    expect(folderProblems([...all, 'packages/node/src/utils/'])).toEqual([
      'packages/node/src/utils is not in scripts/layers.ts: say what it holds',
    ]);
  });

  it('is what the page shows', () => {
    const page = 'a\n<!-- folders: made by scripts/boundaries.ts --write -->\nold\n<!-- /folders -->\nb';
    const written = withMap(page);
    expect(mapProblems(page)).toHaveLength(1);
    expect(mapProblems(written)).toEqual([]);
    expect(written).toContain('`control/`');
    expect(written.startsWith('a\n') && written.endsWith('b')).toBe(true);
    expect(mapProblems('a page without a place for it')).toHaveLength(1);
  });
});
