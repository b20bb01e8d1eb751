import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { RolloutChangedEvent } from '@understudy/core';
import type { AppOptions, Asked } from './app.ts';

type Answer =
  | { readonly event: RolloutChangedEvent }
  | { readonly number: number; readonly value?: unknown; readonly error?: string };

interface Waiting {
  readonly answer: (value: never) => void;
  readonly fail: (error: Error) => void;
}

/** An app process as its callers see it: it answers, until it is gone. */
export class AppProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;

  private constructor(child: ChildProcess, told: (event: RolloutChangedEvent) => void) {
    this.#child = child;
    child.on('message', (answer: Answer) => {
      if ('event' in answer) told(answer.event);
      else this.#settle(answer);
    });
    child.once('exit', () => {
      for (const { fail } of this.#waiting.values()) fail(new Error('The process is gone.'));
      this.#waiting.clear();
    });
  }

  /** Resolves when the process has done `ready()`. `told` hears its events, from the first on. */
  static async start(options: AppOptions, told: (event: RolloutChangedEvent) => void): Promise<AppProcess> {
    const child = fork(resolve('tests/fleet/app.ts'), [JSON.stringify(options)], {
      execPath: resolve('node_modules/.bin/node'),
      execArgv: ['--conditions=@understudy/source'],
    });
    const started = new AppProcess(child, told);
    await Promise.race([
      new Promise((done) => child.on('message', (message: object) => 'ready' in message && done(undefined))),
      once(child, 'exit').then(([code]: unknown[]) => {
        throw new Error(`The app ended with ${String(code)} before it was ready.`);
      }),
    ]);
    return started;
  }

  get alive(): boolean {
    return this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Rejects with what the process threw, and when it is killed before it has answered. */
  ask<K extends keyof Asked>(name: K, ...args: Parameters<Asked[K]>): Promise<Awaited<ReturnType<Asked[K]>>> {
    return new Promise((answer, fail) => {
      const number = this.#number++;
      this.#waiting.set(number, { answer, fail });
      this.#child.send({ number, name, args }, (error) => {
        if (error !== null && this.#waiting.delete(number)) fail(error);
      });
    });
  }

  /** SIGKILL: no goodbye to anybody. Resolves when the process is gone. */
  async kill(): Promise<void> {
    if (!this.alive) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #settle({ number, value, error }: Exclude<Answer, { readonly event: unknown }>): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.answer(value as never);
    else waiting?.fail(new Error(error));
  }
}
