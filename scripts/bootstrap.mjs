// Runs a script of the root package.json on a machine that has only Node 20, npm and git: installs the workspace where
// needed, then hands over to pnpm, which puts the pinned Node on the path. Plain JavaScript, because Node 20 starts it.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';
const root = fileURLToPath(new URL('..', import.meta.url));

function pnpm(args, stdio) {
  return spawnSync('npx', ['-y', PNPM, ...args], { cwd: root, stdio, encoding: 'utf8', shell: process.platform === 'win32' });
}

const lockfile = `${root}pnpm-lock.yaml`;
const installed = `${root}node_modules/.modules.yaml`;
if (!existsSync(installed) || statSync(lockfile).mtimeMs > statSync(installed).mtimeMs) {
  console.log('Installing dependencies …');
  const { status, stdout, stderr } = pnpm(['install', '--frozen-lockfile'], ['ignore', 'pipe', 'pipe']);
  if (status !== 0) {
    console.error(`${stdout}\n${stderr}`);
    process.exit(1);
  }
}

const [script, ...args] = process.argv.slice(2);
process.exitCode = pnpm(['run', '--silent', script, ...args], 'inherit').status ?? 1;
