import { messageOf, UnderstudyError } from '@understudy/core/adapters';
import type { Answer, Question } from './worker-messages.ts';

/** The part of a worker's global scope that is used. */
export interface Scope<M extends object, V> {
  addEventListener(type: 'message', listener: (event: MessageEvent<Question<M>>) => void): void;
  postMessage(message: Answer<V>, options: { readonly transfer: Transferable[] }): void;
}

/** What answers a question: `begun` tells that it can no longer be dropped, `signal` that nobody waits any more. */
export interface Asked {
  readonly begun: () => void;
  readonly chunk: (chunk: unknown) => void;
  readonly signal: AbortSignal;
}

export interface Answered<V> {
  readonly value: V;
  readonly transfer: Transferable[];
}

/** Answers the questions of a page, one after the other: a wasm session runs one call at a time. */
export function serveWorker<M extends object, V>(
  scope: Scope<M, V>,
  answerTo: (message: M, asked: Asked) => Promise<Answered<V>>,
): void {
  const waiting = new Map<number, AbortController>();
  let queue: Promise<void> = Promise.resolve();

  const answer = async (id: number, message: M, { signal }: AbortController): Promise<void> => {
    if (signal.aborted) return;
    const asked: Asked = {
      begun: () => scope.postMessage({ id, begun: true }, { transfer: [] }),
      chunk: (chunk) => scope.postMessage({ id, chunk }, { transfer: [] }),
      signal,
    };
    try {
      const { value, transfer } = await answerTo(message, asked);
      scope.postMessage({ id, value }, { transfer });
    } catch (error) {
      const code = UnderstudyError.is(error) ? error.code : 'PREDICTOR_FAILED';
      // The memory of a wasm module that trapped (out of memory, a broken model) is in no known state.
      const fatal = error instanceof Error && error.cause instanceof WebAssembly.RuntimeError;
      scope.postMessage({ id, code, message: messageOf(error), fatal }, { transfer: [] });
    }
  };

  scope.addEventListener('message', ({ data }) => {
    // A tool of the page may say other things as well.
    if (typeof (data as typeof data | undefined)?.id !== 'number') return undefined;
    const { id, ...message } = data;
    if ('kind' in message && message.kind === 'drop') return waiting.get(id)?.abort();
    const mine = new AbortController();
    waiting.set(id, mine);
    queue = queue.then(() => answer(id, message as M, mine)).finally(() => waiting.delete(id));
    return undefined;
  });
}

/** What a worker says where the library that it is for cannot be loaded. */
export function peerMissing(adapter: string, peer: string, cause: unknown): UnderstudyError {
  const message = `${adapter}() needs ${peer}, which could not be loaded: npm install ${peer} (${messageOf(cause)})`;
  return new UnderstudyError('PEER_MISSING', message, { cause });
}
