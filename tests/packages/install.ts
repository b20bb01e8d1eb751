import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program and answers what it printed; its output is the error's message if it fails. @param also its stderr */
export async function sh(command: string, args: readonly string[], cwd: string, also?: 'stderr'): Promise<string> {
  return execute(command, args, { cwd, maxBuffer: 1e8 }).then(
    ({ stdout, stderr }) => (also === undefined ? stdout : stdout + stderr),
    (error: { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
    },
  );
}

/** Every import specifier that the packages offer, and the folder of its package; files that are no modules are left out. */
export function subpaths(): string[] {
  return globSync('packages/*/package.json').flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; exports: Record<string, unknown> };
    const modules = Object.keys(exports).filter((subpath) => !subpath.includes('*'));
    return modules.map((subpath) => join(name, subpath));
  });
}

export interface Consumer {
  readonly folder: string;
  /** What npm said while it installed. */
  readonly said: string;
}

/** Packs built packages and installs the tarballs, and no optional peer, in a new project outside the workspace. */
export async function installConsumer(
  files: string,
  names: readonly string[],
  others: Readonly<Record<string, string>>,
): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-consumer-'));
  await Promise.all(names.map((name) => sh('pnpm', ['pack', '--pack-destination', folder], resolve('packages', name))));
  const dependencies = Object.fromEntries(
    globSync('*.tgz', { cwd: folder }).map((file) => [file.replace(/^understudy-(\w+)-.*$/, '@understudy/$1'), `file:${file}`]),
  );
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies, ...others, '@types/node': '^24.0.0' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  cpSync(join('tests/packages', files), folder, { recursive: true });
  const options = ['--omit=optional', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=warn'];
  return { folder, said: await sh('npm', ['install', ...options], folder, 'stderr') };
}
