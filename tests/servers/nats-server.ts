import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, serverProcess, type TestServer } from './server-process.ts';

const program = process.env['NATS_SERVER_PATH'] ?? '/usr/sbin/nats-server';

/** Whether tests with a NATS server run. On a CI machine a missing one must fail. */
export const withNats = existsSync(program) || process.env['CI'] === 'true';
if (!withNats) console.warn(`Skipped: no NATS server at ${program}. Install one (nats-server), or set NATS_SERVER_PATH.`);

/** A NATS server with JetStream; it keeps its streams when it is killed. Not started yet. */
export async function natsServer(...moreArgs: readonly string[]): Promise<TestServer> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'understudy-nats-'));
  const server = serverProcess({
    command: program,
    args: ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', directory, ...moreArgs],
    isReady: () => greets(port),
  });
  return {
    url: `nats://127.0.0.1:${port}`,
    ...server,
    stop: async () => {
      await server.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** It says what it is to whoever connects. */
function greets(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    const end = (ready: boolean): void => {
      socket.destroy();
      settle(ready);
    };
    socket.on('data', (data) => end(data.toString().startsWith('INFO ')));
    socket.on('error', () => end(false));
    socket.on('close', () => settle(false));
  });
}
