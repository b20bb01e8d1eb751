import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

// Runs inside one package. Its `exports` are the single list of entries.
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  exports: Record<string, string | { '@understudy/source': string }>;
};
const entry = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' ? [] : [target['@understudy/source']],
);

export default defineConfig({
  entry,
  format: 'esm',
  target: 'es2022',
  tsconfig: 'tsconfig.build.json',
  // Core names the types of `await using`: a consumer's `lib` need not have them.
  dts: manifest.name === '@understudy/core' ? { banner: '/// <reference lib="esnext.disposable" />' } : true,
  // `node:sqlite` has no other name.
  removeNodeProtocol: false,
  splitting: true,
  treeshake: false,
  sourcemap: false,
  clean: true,
});
