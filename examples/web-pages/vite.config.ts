import { svelte } from '@sveltejs/vite-plugin-svelte';
import vue from '@vitejs/plugin-vue';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: './',
  plugins: [vue(), svelte({ configFile: false })],
  // The packages' sources: nothing needs to be built before.
  resolve: { conditions: ['@understudy/source', ...defaultClientConditions] },
  build: {
    outDir: '../../docs/live',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'react.html', 'vue.html', 'svelte.html'] },
  },
});
