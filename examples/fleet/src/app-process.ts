import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AppEnd, AppMessage, AppOptions } from './app-options.ts';
import type { Part } from './part.ts';

const PROGRAM = fileURLToPath(new URL('./app.ts', import.meta.url));
const END_MS = 40_000;

/** One of the four. */
export class AppProcess implements Part {
  readonly options: AppOptions;
  #child: ChildProcess | undefined;

  constructor(options: AppOptions) {
    this.options = options;
  }

  /** Where it serves. */
  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  async start(): Promise<void> {
    const child = fork(PROGRAM, [JSON.stringify(this.options)], { execArgv: ['--conditions=@understudy/source'] });
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    child.on('message', (message: AppMessage) => {
      if ('ready' in message) ready.resolve();
    });
    child.once('exit', () => ready.reject(new Error('An app ended before it served: its message is above.')));
    await ready.promise;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Lets it deliver what waits; `undefined` where it does not end in time. */
  async end(): Promise<AppEnd | undefined> {
    const child = this.#child;
    if (child?.connected !== true) return undefined;
    const told = Promise.withResolvers<AppEnd | undefined>();
    child.on('message', (message: AppMessage) => {
      if ('end' in message) told.resolve(message.end);
    });
    child.once('exit', () => told.resolve(undefined));
    const timer = setTimeout(() => told.resolve(undefined), END_MS);
    child.send({ end: true });
    const end = await told.promise;
    clearTimeout(timer);
    return end;
  }
}
