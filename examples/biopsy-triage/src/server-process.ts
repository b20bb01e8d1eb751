import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Fault } from './faults.ts';

const PROGRAM = fileURLToPath(new URL('./server.ts', import.meta.url));

/** The model server as its parent sees it: started, made to fail, killed, started again at the same address. */
export class ServerProcess implements AsyncDisposable {
  readonly port: number;
  #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Resolves when the server listens on a free port. */
  static async start(): Promise<ServerProcess> {
    const { child, port } = await launch(0);
    return new ServerProcess(child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the server has the fault. */
  async fail(fault: Fault): Promise<void> {
    this.#child.send(fault);
    await answer(this.#child);
  }

  /** SIGKILL: the process gets no chance to end a call. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Resolves when the server listens again, on the port that clients know. */
  async restart(): Promise<void> {
    ({ child: this.#child } = await launch(this.port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function launch(wanted: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(PROGRAM, [String(wanted)], { execArgv: [] });
  const { port } = (await answer(child)) as { port: number };
  return { child, port };
}

/** The next message of the server, or an error if it ends before. */
async function answer(child: ChildProcess): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]: unknown[]) => message),
      once(child, 'exit', { signal }).then(([code]: unknown[]) => {
        throw new Error(`The model server ended with code ${String(code)}: its message is above.`);
      }),
    ]);
  } finally {
    settled.abort();
  }
}
