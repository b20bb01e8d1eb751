import { execFileSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

const HOME = resolve(import.meta.dirname, '../../packages/node');

const newest = (files: readonly string[]): number => Math.max(0, ...files.map((file) => statSync(resolve(HOME, file)).mtimeMs));

/** Before the tests: builds the page of the dashboard where its sources have changed since the last build. Handlers serve what was built. */
export function setup(): void {
  const sources = globSync('dashboard/**/*.{ts,tsx,css,html}', { cwd: HOME });
  const built = globSync('dist/dashboard/index.html', { cwd: HOME });
  if (newest(built) > newest(sources)) return;
  execFileSync(resolve(HOME, 'node_modules/.bin/vite'), ['build', 'dashboard', '--logLevel', 'error'], { cwd: HOME });
}
