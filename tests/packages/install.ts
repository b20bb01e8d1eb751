import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program and answers what it printed; its output is the error's message if it fails. */
export async function sh(command: string, args: readonly string[], cwd: string): Promise<string> {
  return execute(command, args, { cwd, maxBuffer: 1e8 }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
    },
  );
}

/** Every import specifier that the packages offer, and the folder of its package. */
export function subpaths(): string[] {
  return globSync('packages/*/package.json').flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; exports: Record<string, unknown> };
    return Object.keys(exports).map((subpath) => join(name, subpath));
  });
}

/** Packs the built packages and installs the tarballs, and no optional peer, in a new project outside the workspace. */
export async function installConsumer(): Promise<string> {
  const consumer = mkdtempSync(join(tmpdir(), 'understudy-consumer-'));
  const packages = globSync('packages/*').map((path) => resolve(path));
  await Promise.all(packages.map((path) => sh('pnpm', ['pack', '--pack-destination', consumer], path)));
  const dependencies = Object.fromEntries(
    globSync('*.tgz', { cwd: consumer }).map((file) => [file.replace(/^understudy-(\w+)-.*$/, '@understudy/$1'), `file:${file}`]),
  );
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies, zod: '^4.0.0', '@types/node': '^24.0.0' } };
  writeFileSync(join(consumer, 'package.json'), JSON.stringify(manifest, undefined, 2));
  cpSync('tests/packages/consumer', consumer, { recursive: true });
  await sh('npm', ['install', '--omit=optional', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], consumer);
  return consumer;
}
