import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

/** Licences of what is bundled into the page, as they ask for. */
const licences = (): Plugin => ({
  name: 'licences',
  generateBundle() {
    const texts = ['preact', 'uplot'].map(
      (name) => `${name}\n\n${readFileSync(new URL(`../node_modules/${name}/LICENSE`, import.meta.url), 'utf8').trim()}\n`,
    );
    this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: texts.join('\n---\n\n') });
  },
});

/** What loads styles and chunks of a chunk before it: the one chunk of this page has none, and brings its style itself. 0.9 kB. */
const noPreloads = (): Plugin => ({
  name: 'no-preloads',
  enforce: 'pre',
  load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : undefined),
});

export default defineConfig({
  // It is served under any path.
  base: './',
  plugins: [licences(), noPreloads()],
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows neither scripts nor styles inside of it.
    modulePreload: false,
    assetsInlineLimit: 0,
  },
});
