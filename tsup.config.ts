import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';
import { pureKinds } from './scripts/pure-kinds.ts';

// Runs inside one package. Its `exports` and `bin` are the list of entries.
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  exports: Record<string, string | Record<string, string>>;
  bin?: Record<string, string>;
};
const programs = Object.values(manifest.bin ?? {}).map((path) => path.replace('dist/', 'src/').replace('.js', '.ts'));
// One entry may be two files, by condition, and two entries one.
const sources = Object.values(manifest.exports)
  .flatMap((target) => (typeof target === 'string' ? [] : Object.values(target)))
  .filter((path) => path.endsWith('.js'))
  .map((path) => path.replace('dist/', 'src/').replace('.js', '.ts'));
const entry = [...new Set([...sources, ...programs])];

const REFERENCES: Readonly<Record<string, string>> = {
  '@understudy/core': '/// <reference lib="esnext.disposable" />',
  '@understudy/node': '/// <reference types="node" />',
};

export default defineConfig({
  entry,
  format: 'esm',
  target: 'es2022',
  tsconfig: 'tsconfig.build.json',
  // Core names the types of `await using`: a consumer's `lib` need not have them. Node's types need not be among a consumer's `types`.
  dts: { banner: REFERENCES[manifest.name] ?? '' },
  // `node:sqlite` has no other name.
  removeNodeProtocol: false,
  esbuildPlugins: [
    pureKinds(['kinds', 'read-options'].map((name) => new URL(`packages/core/src/errors/${name}.ts`, import.meta.url).pathname)),
  ],
  splitting: true,
  treeshake: false,
  sourcemap: false,
  clean: true,
});
