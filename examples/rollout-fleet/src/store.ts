import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { StoreAddress } from './app-options.ts';

/** The store that the processes share, until it is disposed of. */
export interface SharedStore extends AsyncDisposable {
  readonly address: StoreAddress;
  readonly name: string;
}

const START_MS = 20_000;

const NO_REDIS = 'no redis-server was found (apt install redis-server, brew install redis, or set REDIS_SERVER_PATH)';

/** A Redis of its own, or a SQLite file where there is no redis-server; on a CI machine that fails. */
export async function openStore(): Promise<SharedStore> {
  const program = redisProgram();
  if (program === undefined && process.env['CI'] === 'true') throw new Error(NO_REDIS);
  const folder = mkdtempSync(join(tmpdir(), 'rollout-fleet-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  if (program === undefined) {
    return {
      address: { kind: 'sqlite', file: join(folder, 'state.db') },
      name: `a SQLite file: ${NO_REDIS}`,
      [Symbol.asyncDispose]: async () => remove(),
    };
  }
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--dir', folder];
  const child = spawn(program, settings, { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  await answers(child, port);
  return {
    address: { kind: 'redis', url: `redis://127.0.0.1:${port}` },
    name: `Redis at 127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, 'exit');
      if (child.kill('SIGKILL')) await gone;
      remove();
    },
  };
}

function redisProgram(): string | undefined {
  const given = process.env['REDIS_SERVER_PATH'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = given === undefined ? folders.map((folder) => join(folder, 'redis-server')) : [given];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await setTimeout(50);
    } finally {
      socket.destroy();
    }
  }
  child.kill('SIGKILL');
  throw new Error('redis-server did not start: set REDIS_SERVER_PATH to another one.');
}
