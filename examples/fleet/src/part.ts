/** A part of the fleet that is killed and started again. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export interface Part {
  start(): Promise<void>;
  /** SIGKILL: no goodbye to anybody. */
  kill(): Promise<void>;
}

const START_MS = 30_000;

/** A program that listens on a port; never longer than this process. */
export function program(command: string, args: readonly string[], port: number, options: SpawnOptions = {}): Part {
  let child: ChildProcess | undefined;
  process.once('exit', () => child?.kill('SIGKILL'));
  return {
    start: async () => {
      const deadline = performance.now() + START_MS;
      while (performance.now() < deadline) {
        // One that follows a killed one may refuse to start until the last traces of that are gone.
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
          child = spawn(command, args, { stdio: 'ignore', ...options });
          await once(child, 'spawn');
        }
        if (await listens(port)) return;
        await setTimeout(50);
      }
      throw new Error(`${command} does not listen on port ${port}.`);
    },
    kill: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
