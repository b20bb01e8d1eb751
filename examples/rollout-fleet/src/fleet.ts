import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AppMessage, AppOptions, Rollout } from './app-options.ts';

const PROGRAM = fileURLToPath(new URL('./app.ts', import.meta.url));
export const PROCESSES = 3;

/** A transition as the process that made it tells it. */
export type Told = Extract<AppMessage, { readonly event: unknown }>;

interface App {
  readonly child: ChildProcess;
  readonly port: number;
}

/** Three processes of one release. */
export class Fleet implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #options: AppOptions;
  readonly #apps: App[] = [];
  /** All that were ever started. */
  readonly #children: ChildProcess[] = [];

  private constructor(options: AppOptions) {
    this.#options = options;
  }

  /** Resolves when all three serve. */
  static async deploy(options: AppOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      fleet.#apps.push(...(await Promise.all(Array.from({ length: PROCESSES }, () => fleet.#launch()))));
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  /** Where a process serves, or the next one where it is gone; `undefined` while there is none. */
  urlOf(slot: number): string | undefined {
    for (let tried = 0; tried < PROCESSES; tried++) {
      const app = this.#apps[(slot + tried) % PROCESSES];
      if (app !== undefined && isAlive(app.child)) return `http://127.0.0.1:${app.port}`;
    }
    return undefined;
  }

  /** SIGKILL, in the middle of its calls, and another process in its place. */
  async restart(slot: number): Promise<void> {
    await kill(this.#apps[slot]?.child);
    this.#apps[slot] = await this.#launch();
  }

  async rollout(): Promise<Rollout | undefined> {
    const url = this.urlOf(0);
    if (url === undefined) return undefined;
    try {
      const { rollout } = (await (await fetch(url)).json()) as { readonly rollout?: Rollout };
      return rollout;
    } catch {
      // Killed while it was asked: ask again.
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map(kill));
  }

  async #launch(): Promise<App> {
    const child = fork(PROGRAM, [JSON.stringify(this.#options)], { execArgv: ['--conditions=@understudy/source'] });
    this.#children.push(child);
    const port = Promise.withResolvers<number>();
    child.on('message', (message: AppMessage) => {
      if ('event' in message) this.told.push(message);
      else port.resolve(message.port);
    });
    child.once('exit', () => port.reject(new Error('An app ended before it served: its message is above.')));
    return { child, port: await port.promise };
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || !isAlive(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
