import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { RolloutChangedEvent } from '@understudy/core';
import type { AppOptions, Asked } from './app.ts';

type Answer =
  | { readonly event: RolloutChangedEvent }
  | { readonly ready: true }
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

  /** Resolves when the process has done `ready()`. */
  readonly ready: Promise<void>;

  /** `told` hears its events, from the first on. */
  constructor(options: AppOptions, told: (event: RolloutChangedEvent) => void) {
    const child = fork(resolve('tests/fleet/app.ts'), [JSON.stringify(options)], {
      execPath: resolve('node_modules/.bin/node'),
      execArgv: ['--conditions=@understudy/source'],
    });
    this.#child = child;
    const { promise, resolve: isReady, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    child.on('message', (answer: Answer) => {
      if ('event' in answer) told(answer.event);
      else if ('ready' in answer) isReady();
      else this.#settle(answer);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`The app ended with ${code ?? signal} before it was ready.`));
      for (const { fail } of this.#waiting.values()) fail(new Error('The process is gone.'));
      this.#waiting.clear();
    });
  }

  get alive(): boolean {
    return this.#child.connected && !this.#child.killed && this.#child.exitCode === null && this.#child.signalCode === null;
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
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #settle({ number, value, error }: Extract<Answer, { readonly number: number }>): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.answer(value as never);
    else waiting?.fail(new Error(error));
  }
}
