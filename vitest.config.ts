import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { inbox } from './tests/browser/inbox.ts';

// Tests read the sources: this condition makes a build unnecessary.
const source = '@understudy/source';
const onNode = {
  resolve: { conditions: [source, 'module', 'import', 'default'] },
  // Without `module`, as Node itself: what @opentelemetry/api has under it only bundlers can load. Node gets these as flags, and
  // with `import` among them its require() takes the wrong half of packages that have two, such as pg-pool.
  ssr: { resolve: { conditions: [source, 'node'] } },
};

/** One for each core: the default leaves one to a watcher that does not run. */
const maxWorkers = availableParallelism();
/** They run for minutes: apart from the tests that are run after every change. */
const simulations = '{packages/core/src,scripts}/**/*.simulation.test.ts';

const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const browser = {
  plugins: [inbox()],
  resolve: { conditions: [source, 'module', 'browser', 'import', 'default'] },
  // Named in advance: a dependency that Vite discovers during a run makes it reload the page.
  // What a worker loads is left out: Vite would find it too late.
  optimizeDeps: {
    include: [
      ...['eventemitter3', 'eventsource-parser', 'ky', 'p-retry', 'zod'].map((name) => `@understudy/core > ${name}`),
      ...['idb', '@noble/hashes/sha2.js'].map((name) => `@understudy/browser > ${name}`),
    ],
    exclude: ['onnxruntime-web'],
  },
  test: {
    name: 'browser',
    include: ['packages/browser/src/**/*.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium,
          args: [
            '--headless',
            '--no-sandbox',
            '--disable-gpu',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            '--no-first-run',
          ],
        },
      }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
};

/** Builds the page that the dashboard serves, where it is old. */
const page = './tests/dashboard/build-page.ts';

// Drives Chromium from Node, as a reader of the report or of the dashboard would.
const report = {
  ...onNode,
  test: {
    name: 'report',
    include: ['tests/{report,dashboard,page}/**/*.test.ts'],
    maxWorkers,
    globalSetup: [page],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
};

// On a CI machine a missing Chromium must fail: the project stays, and its launch fails.
const withBrowser = existsSync(chromium) || process.env['CI'] === 'true';
if (!withBrowser) console.warn(`Browser tests skipped: no Chromium at ${chromium}. Install one, or set CHROMIUM_PATH.`);

export default defineConfig({
  test: {
    projects: [
      {
        ...onNode,
        test: {
          name: 'node',
          include: ['packages/{core,node}/src/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/src/**/*.test.ts'],
          exclude: [...configDefaults.exclude, simulations],
          globalSetup: [page],
          maxWorkers,
          // A limit for what hangs: a slow machine must not fail a test.
          testTimeout: 300_000,
        },
      },
      { ...onNode, test: { name: 'simulations', include: [simulations], maxWorkers, testTimeout: 300_000 } },
      {
        ...onNode,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: './node_modules/typescript/bin/tsc',
            tsconfig: './tsconfig.types.json',
            // The gate `types` reports these.
            ignoreSourceErrors: true,
            include: ['packages/*/src/**/*.test-d.ts'],
          },
        },
      },
      ...(withBrowser ? [browser, report] : []),
      {
        ...onNode,
        // Its processes mostly wait: several stores at once.
        test: { name: 'fleet', include: ['tests/fleet/**/*.test.ts'], maxWorkers, testTimeout: 600_000, hookTimeout: 300_000 },
      },
      { ...onNode, test: { name: 'docs', include: ['tests/docs/**/*.test.ts'], testTimeout: 300_000 } },
      { test: { name: 'packages', include: ['tests/packages/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 300_000 } },
    ],
  },
});
