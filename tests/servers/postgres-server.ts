import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, serverProcess, type TestServer } from './server-process.ts';

/** Debian keeps one folder for each major version. */
const folder = process.env['POSTGRES_BIN_PATH'] ?? globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1) ?? '/usr/bin';

/** Whether tests with a PostgreSQL run. On a CI machine a missing one must fail. */
export const withPostgres = existsSync(join(folder, 'postgres')) || process.env['CI'] === 'true';
if (!withPostgres) console.warn(`Skipped: no PostgreSQL in ${folder}. Install one (postgresql), or set POSTGRES_BIN_PATH.`);

/** PostgreSQL refuses to run as root: the tests of root run it as the user that its package makes. */
function user(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** A PostgreSQL with an empty database in a folder of its own; it keeps its data when it is killed. Not started yet. */
export async function postgresServer(): Promise<TestServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'understudy-postgres-'));
  const data = join(directory, 'data');
  const { uid, gid } = user();
  if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
  const options = { cwd: directory, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  const initdb = ['-D', data, '-U', 'understudy', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  execFileSync(join(folder, 'initdb'), initdb, { ...options, stdio: 'ignore' });

  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    fsync: 'off',
    shared_buffers: '16MB',
    max_connections: '60',
  };
  const server = serverProcess({
    command: join(folder, 'postgres'),
    args: ['-D', data, '-p', `${port}`, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    options,
    isReady: () =>
      new Promise((settle) => {
        execFile(join(folder, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', `${port}`], (error) => settle(error === null));
      }),
  });
  return {
    url: `postgres://understudy@127.0.0.1:${port}/postgres`,
    ...server,
    stop: async () => {
      await server.kill();
      // Its processes take a moment to notice that their parent is gone, and write until then.
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
