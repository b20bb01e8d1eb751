import { type Tensors, UnderstudyError, untilAborted } from '@understudy/core/adapters';
import type { Answer, OpenAnswer, OpenMessage, Question, RunMessage } from './onnx-messages.ts';

/**
 * One worker and the questions that it has not answered. When it crashes or is ended, all of them are rejected and it is done
 * for: what comes next needs a new one.
 */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #ended: () => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #graceMs: number;
  #lastId = 0;
  /** The run that the worker has begun. */
  #running: number | undefined;
  /** Ends the worker, where it goes on with a run for which nobody waits. */
  #grace: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param ended Told when the worker has crashed or was ended.
   * @param graceMs How long a run may go on when nobody waits for it any more.
   */
  constructor(worker: Worker, ended: () => void, graceMs = Infinity) {
    this.#worker = worker;
    this.#ended = ended;
    this.#graceMs = graceMs;
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.#answered(data));
    worker.addEventListener('messageerror', () => this.#crashed('it answered what cannot be read'));
    worker.addEventListener('error', (event) => {
      event.preventDefault(); // The calls are told; the console need not be.
      // A script that cannot be loaded gives a plain event.
      this.#crashed(event instanceof ErrorEvent ? event.message : 'its script could not be loaded');
    });
  }

  async open(message: OpenMessage): Promise<OpenAnswer> {
    return (await this.#ask(message).promise) as OpenAnswer;
  }

  /** An abort drops the run: the worker skips it if it has not begun, and its result is not waited for. */
  async run(message: RunMessage, signal: AbortSignal): Promise<Tensors> {
    signal.throwIfAborted();
    const { id, promise } = this.#ask(message);
    try {
      return (await untilAborted(signal, promise)) as Tensors;
    } finally {
      if (this.#waiting.delete(id)) {
        this.#post({ id, kind: 'drop' });
        if (this.#running === id) this.#abandon();
      }
    }
  }

  end(error: UnderstudyError): void {
    this.#worker.terminate();
    clearTimeout(this.#grace);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#ended();
    for (const { reject } of waiting) reject(error);
  }

  #ask(message: OpenMessage | RunMessage): { id: number; promise: Promise<unknown> } {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#post({ id, ...message });
    this.#waiting.set(id, answer);
    return { id, promise: answer.promise };
  }

  #post(question: Question): void {
    this.#worker.postMessage(question, []);
  }

  /** What computes cannot be interrupted: only with its worker. */
  #abandon(): void {
    if (this.#graceMs === Infinity) return;
    this.#grace = setTimeout(() => this.#endSince('was ended: a run for which nobody waits any more goes on'), this.#graceMs);
  }

  #answered(answer: Answer): void {
    if ('begun' in answer) {
      this.#running = answer.id;
      if (!this.#waiting.has(answer.id)) this.#abandon();
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
    const message = `The worker of an ONNX model ${what}. The next call starts a new one.`;
    this.end(new UnderstudyError('PREDICTOR_FAILED', message, { retryable: true }));
  }
}
