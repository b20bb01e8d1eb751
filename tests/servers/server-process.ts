import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A real server that a test starts, kills and starts again on the same port. */
export interface TestServer {
  /** Where clients connect. */
  readonly url: string;
  /** Resolves when it takes commands. */
  start(): Promise<void>;
  /** SIGKILL: no goodbye to anybody. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Freezes it: connections stay, and nothing answers. */
  pause(): void;
  /** Ends the pause. */
  resume(): void;
  /** Kills it, and removes what it wrote. */
  stop(): Promise<void>;
}

export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly options?: SpawnOptions;
  /** Whether it takes commands. */
  isReady(): Promise<boolean>;
}

const START_MS = 30_000;

/** One program that runs at most once at a time; never longer than this process. */
export function serverProcess({ command, args, options, isReady }: ServerProgram): Omit<TestServer, 'url' | 'stop'> {
  let child: ChildProcess | undefined;
  const running = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals): void => void (running() && child?.kill(name));
  process.once('exit', () => signal('SIGKILL'));

  return {
    start: async () => {
      const deadline = performance.now() + START_MS;
      while (performance.now() < deadline) {
        // One that follows a killed one may refuse to start until the last traces of that are gone.
        if (!running()) {
          child = spawn(command, args, { stdio: 'ignore', ...options });
          await once(child, 'spawn');
        }
        if (await isReady()) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      signal('SIGKILL');
      throw new Error(`${command} did not start within ${START_MS} ms`);
    },
    kill: async () => {
      if (child === undefined || !running()) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
  };
}

/** A TCP port of this machine that nobody used a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
