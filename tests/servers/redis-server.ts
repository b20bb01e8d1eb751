import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, serverProcess, type TestServer } from './server-process.ts';

const program = process.env['REDIS_SERVER_PATH'] ?? '/usr/bin/redis-server';

/** Whether tests with a Redis run. On a CI machine a missing one must fail. */
export const withRedis = existsSync(program) || process.env['CI'] === 'true';
if (!withRedis) console.warn(`Skipped: no Redis at ${program}. Install one (redis-server), or set REDIS_SERVER_PATH.`);

/** A Redis that keeps nothing on disk: killed, it has lost all data. Not started yet. */
export async function redisServer(...moreArgs: readonly string[]): Promise<TestServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'understudy-redis-'));
  const server = serverProcess({
    command: program,
    args: ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory, ...moreArgs],
    isReady: () => answersPing(port),
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    ...server,
    stop: async () => {
      await server.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (ready: boolean): void => {
      socket.destroy();
      settle(ready);
    };
    socket.on('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.on('error', () => end(false));
    socket.on('close', () => settle(false));
  });
}
