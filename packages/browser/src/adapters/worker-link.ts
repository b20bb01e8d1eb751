import { UnderstudyError, untilAborted } from '@understudy/core/adapters';
import type { Answer, Question } from './worker-messages.ts';

/** What a page and a worker say to each other: how a model is opened, with what answer, and run, with what result. */
export interface Talk {
  readonly open: object;
  readonly opened: unknown;
  readonly run: object;
  readonly result: unknown;
}

interface Waiting extends PromiseWithResolvers<unknown> {
  readonly onChunk: ((chunk: unknown) => void) | undefined;
}

/**
 * One worker and the questions that it has not answered. When it crashes or is ended, all of them are rejected and it is done
 * for: what comes next needs a new one.
 */
export class WorkerLink<T extends Talk> {
  readonly #worker: Worker;
  readonly #what: string;
  readonly #ended: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #graceMs: number;
  #lastId = 0;
  /** The run that the worker has begun. */
  #running: number | undefined;
  /** Ends the worker, where it goes on with a run for which nobody waits. */
  #grace: ReturnType<typeof setTimeout> | undefined;
  /** Why it takes no more questions. */
  #end: UnderstudyError | undefined;
  #isRetired = false;

  /**
   * @param what it has, for messages: `an ONNX model`
   * @param ended Told when the worker has crashed or was ended.
   * @param graceMs How long a run may go on when nobody waits for it any more.
   */
  constructor(worker: Worker, what: string, ended: () => void, graceMs = Infinity) {
    this.#worker = worker;
    this.#what = what;
    this.#ended = ended;
    this.#graceMs = graceMs;
    worker.addEventListener('message', ({ data }: MessageEvent<Answer<unknown> | undefined>) => {
      // A worker of the user's, or a tool beside it, may say other things as well.
      if (typeof data?.id === 'number') this.#answered(data);
    });
    worker.addEventListener('messageerror', () => this.#crashed('it answered what cannot be read'));
    worker.addEventListener('error', (event) => {
      event.preventDefault(); // The calls are told; the console need not be.
      // A script that cannot be loaded gives a plain event.
      this.#crashed(event instanceof ErrorEvent ? event.message : 'its script could not be loaded');
    });
  }

  async open(
    message: T['open'],
    transfer: readonly Transferable[] = [],
    onChunk?: (chunk: unknown) => void,
  ): Promise<T['opened']> {
    return this.#ask(message, transfer, onChunk).promise;
  }

  /**
   * An abort drops the run: the worker skips it if it has not begun, and its result is not waited for.
   * @param onChunk told of parts of the answer that come before its end
   */
  async run(message: T['run'], signal: AbortSignal, onChunk?: (chunk: unknown) => void): Promise<T['result']> {
    signal.throwIfAborted();
    const { id, promise } = this.#ask(message, [], onChunk);
    try {
      return (await untilAborted(signal, promise)) as T['result'];
    } finally {
      if (this.#waiting.delete(id)) {
        this.#post({ id, kind: 'drop' });
        if (this.#running === id) this.#abandon();
      }
      this.#leave();
    }
  }

  end(error: UnderstudyError): void {
    this.#end ??= error;
    this.#worker.terminate();
    clearTimeout(this.#grace);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#ended();
    for (const { reject } of waiting) reject(error);
  }

  /** Ends it when nobody waits for it any more: another one has taken its place. */
  retire(): void {
    this.#isRetired = true;
    this.#leave();
  }

  /** Later: who has just been given this link may not have asked yet. */
  #leave(): void {
    if (!this.#isRetired || this.#waiting.size > 0) return;
    setTimeout(() => {
      if (this.#waiting.size === 0 && this.#end === undefined) this.#endSince('was replaced by another one');
    });
  }

  #ask(
    message: object,
    transfer: readonly Transferable[],
    onChunk?: (chunk: unknown) => void,
  ): { id: number; promise: Promise<unknown> } {
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#post({ id, ...message }, transfer);
    this.#waiting.set(id, { ...answer, onChunk });
    return { id, promise: answer.promise };
  }

  #post(question: Question<object>, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(question, [...transfer]);
  }

  /** What computes cannot be interrupted: only with its worker. */
  #abandon(): void {
    if (this.#graceMs === Infinity) return;
    this.#grace = setTimeout(() => this.#endSince('was ended: a run for which nobody waits any more goes on'), this.#graceMs);
  }

  #answered(answer: Answer<unknown>): void {
    if ('begun' in answer) {
      this.#running = answer.id;
      if (!this.#waiting.has(answer.id)) this.#abandon();
      return;
    }
    if ('chunk' in answer) {
      this.#waiting.get(answer.id)?.onChunk?.(answer.chunk);
      return;
    }
    if (answer.id === this.#running) {
      this.#running = undefined;
      clearTimeout(this.#grace);
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('value' in answer) waiting?.resolve(answer.value);
    else {
      waiting?.reject(new UnderstudyError(answer.code, answer.message));
      if (answer.fatal) this.#crashed(answer.message);
    }
  }

  #crashed(why: string): void {
    // The worker's messages are whole sentences, the engine's are not.
    this.#endSince(`crashed: ${why.replace(/\.$/, '')}`);
  }

  #endSince(what: string): void {
    const message = `The worker of ${this.#what} ${what}. The next call starts a new one.`;
    this.end(new UnderstudyError('PREDICTOR_FAILED', message, { retryable: true }));
  }
}
