/** The servers of the fleet, each on a free port of loopback, with its data in a folder of its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort, type Part, program } from './part.ts';
import type { Paths } from './programs.ts';

export interface Server extends Part {
  readonly url: string;
}

/** Redis, which keeps what it was told: appended to a file. */
export async function redis(paths: Paths, folder: string): Promise<Server> {
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--dir', made(folder)];
  return { url: `redis://127.0.0.1:${port}`, ...program(paths.redis, settings, port) };
}

/** PostgreSQL refuses to run as root: root runs it as the user that its package makes. */
export async function postgres(paths: Paths, folder: string): Promise<Server> {
  const port = await freePort();
  const data = join(made(folder), 'data');
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (user.uid !== undefined) {
    chownSync(folder, user.uid, user.gid);
    // That user must get there.
    chmodSync(dirname(folder), 0o711);
  }
  const options = { cwd: folder, ...user };
  const initdb = join(dirname(paths.postgres), 'initdb');
  execFileSync(initdb, ['-D', data, '-U', 'understudy', '-A', 'trust', '-E', 'UTF8', '--locale=C'], {
    ...options,
    stdio: 'ignore',
  });
  const args = ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
  return {
    url: `postgres://understudy@127.0.0.1:${port}/postgres`,
    ...program(paths.postgres, args, port, { ...options }),
  };
}

const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

/** NATS with JetStream, whose streams are on disk. */
export async function nats(paths: Paths, folder: string): Promise<Server> {
  const port = await freePort();
  return {
    url: `nats://127.0.0.1:${port}`,
    ...program(paths.nats, ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', made(folder)], port),
  };
}

/** Prometheus, which scrapes every app each second. */
export async function prometheus(paths: Paths, folder: string, targets: readonly string[]): Promise<Server> {
  const port = await freePort();
  const config = join(made(folder), 'prometheus.json');
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [{ job_name: 'fleet', static_configs: [{ targets }] }] }),
  );
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return { url: `http://127.0.0.1:${port}`, ...program(paths.prometheus, args, port) };
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
