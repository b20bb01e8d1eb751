import { useEffect, useState } from 'preact/hooks';
import type {
  CommandRequest,
  ErrorAnswer,
  LiveMessage,
  ModelView,
  OtherEvent,
  SeriesAnswer,
  StatusAnswer,
} from '../../src/dashboard/wire.ts';
import type { DecisionEvent } from '@understudy/core';

/** Decisions that the page keeps of what it was sent. */
const KEPT = 200;
/** A question is given up after so long: the server answers sooner, or is not there. */
const ANSWER_MS = 20_000;
/** A message comes each second: after so long without one, nobody knows what holds now. */
const SILENT_MS = 10_000;

/** What the server refused, in its words. */
export class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const body = isJson ? ((await response.json()) as T | Partial<ErrorAnswer>) : undefined;
  if (isJson && response.ok) return body as T;
  const error = (body as Partial<ErrorAnswer> | undefined)?.error;
  if (error !== undefined) throw new ServerError(error.code, error.message);
  // A gateway speaks in place of a process that is away, or a login in place of the dashboard.
  throw new ServerError(
    'NO_ANSWER',
    response.status >= 500
      ? `The process does not answer: what stands before it says ${response.status}.`
      : 'Something else than the dashboard answered: log in again, and reload the page.',
  );
}

const asServerError = (error: unknown): ServerError =>
  error instanceof ServerError ? error : new ServerError('OFFLINE', 'The process does not answer.');

export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const signals = signal === undefined ? late : AbortSignal.any([signal, late]);
  return answerOf<T>(await fetch(`api/${path}`, { headers: { accept: 'application/json' }, signal: signals }));
}

/** @throws ServerError */
export const give = (request: CommandRequest): Promise<void> => post('command', request);

/** Lets the server do something. @throws ServerError */
export async function post<T>(path: string, request: object): Promise<T> {
  try {
    return await answerOf<T>(
      await fetch(`api/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(ANSWER_MS),
      }),
    );
  } catch (error) {
    if (error instanceof ServerError && error.code !== 'NO_ANSWER') throw error;
    const why = error instanceof ServerError ? error.message : 'No answer came.';
    throw new ServerError(
      'OFFLINE',
      `${why} The command may have been obeyed all the same: look at the audit trail before you give it again.`,
    );
  }
}

export interface Live {
  readonly connection: 'connecting' | 'live' | 'lost';
  /** Whether what is shown is of some time ago: the page is open, and nothing comes. */
  readonly isStale: boolean;
  readonly status: StatusAnswer | undefined;
  readonly error: ServerError | undefined;
  /** When the newest message was made. */
  readonly at: number;
  readonly models: readonly ModelView[];
  readonly decisions: readonly DecisionEvent[];
  /** Decisions that went by unseen in the last second. */
  readonly skipped: number;
  readonly events: readonly OtherEvent[];
  readonly samples: number;
  /** Messages that this page was too slow to read. */
  readonly missed: number;
  /** Whether answers of several processes are mixed. */
  readonly isMixed: boolean;
}

const START: Live = {
  connection: 'connecting',
  isStale: false,
  status: undefined,
  error: undefined,
  at: Date.now(),
  models: [],
  decisions: [],
  skipped: 0,
  events: [],
  samples: 0,
  missed: 0,
  isMixed: false,
};

/** What the process says, each second. @param model whose decisions are wanted too */
export function useLive(model: string | undefined): Live {
  const [live, setLive] = useState(START);
  useEffect(() => {
    let isOver = false;
    let source: EventSource | undefined;
    /** When anything came last, and when a message did: monotonic. */
    let [heardAt, messageAt] = [performance.now(), performance.now()];
    /** Which process has answered since this connection was made. */
    let answered: string | undefined;
    let hasFailed = false;
    const merge = (change: Partial<Live>): void => {
      if (!isOver) setLive((before) => ({ ...before, ...change }));
    };
    setLive((before) => ({ ...before, decisions: [], events: [], skipped: 0 }));
    const load = async (): Promise<void> => {
      try {
        const status = await ask<StatusAnswer>('status');
        if (isOver) return;
        answered = status.process;
        hasFailed = false;
        setLive((before) => ({
          ...before,
          status,
          error: undefined,
          at: status.at,
          // The page of one model waits for its status in full.
          models: model === undefined || before.models.length === 0 ? status.models : before.models,
        }));
      } catch (error) {
        hasFailed = true;
        merge({ error: asServerError(error), connection: 'lost' });
      }
    };
    const open = (): void => {
      source?.close();
      if (document.hidden) return;
      heardAt = performance.now();
      answered = undefined;
      void load();
      let isFirst = true;
      source = new EventSource(`api/live${model === undefined ? '' : `?model=${encodeURIComponent(model)}`}`);
      source.addEventListener('open', () => {
        heardAt = performance.now();
        merge({ connection: 'live', error: undefined, isMixed: false });
        // The browser came back by itself, perhaps to a process that was started meanwhile.
        if (!isFirst) {
          answered = undefined;
          void load();
        }
        isFirst = false;
      });
      source.addEventListener('error', () => {
        merge({ connection: 'lost' });
        // The browser gives up after an answer that is no stream: we do not.
        if (source?.readyState === EventSource.CLOSED && !isOver) setTimeout(() => !isOver && open(), 3000);
      });
      source.addEventListener('missed', (event) => {
        const { messages } = JSON.parse((event as MessageEvent<string>).data) as { messages: number };
        setLive((before) => ({ ...before, missed: before.missed + messages }));
      });
      source.addEventListener('live', (event) => {
        const message = JSON.parse((event as MessageEvent<string>).data) as LiveMessage;
        if (isOver) return;
        heardAt = messageAt = performance.now();
        if (hasFailed) {
          hasFailed = false;
          void load();
        }
        const isOther = answered !== undefined && answered !== message.process;
        setLive((before) => ({
          ...before,
          connection: 'live',
          isStale: false,
          at: message.at,
          models: message.models,
          decisions: [...message.decisions.toReversed(), ...before.decisions].slice(0, KEPT),
          skipped: message.skipped,
          events: [...message.events.toReversed(), ...before.events].slice(0, KEPT),
          samples: message.samples,
          isMixed: before.isMixed || isOther,
        }));
      });
    };
    open();
    // A process that hangs, and a network that is gone without a word, end no stream.
    const watch = setInterval(() => {
      if (document.hidden) return;
      const now = performance.now();
      if (now - messageAt >= SILENT_MS) merge({ isStale: true });
      if (now - heardAt < SILENT_MS) return;
      merge({ connection: 'lost' });
      open();
    }, 1000);
    const turned = (): void => {
      messageAt = performance.now();
      open();
    };
    document.addEventListener('visibilitychange', turned);
    return () => {
      isOver = true;
      clearInterval(watch);
      document.removeEventListener('visibilitychange', turned);
      source?.close();
    };
  }, [model]);
  return live;
}

/** What the server answers to `path`, asked again when `again` changes; the answer before stays meanwhile. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- The server and the page agree on it in wire.ts.
export function useAnswer<T>(
  path: string,
  again: unknown = 0,
): { readonly answer: T | undefined; readonly error: ServerError | undefined } {
  const [state, setState] = useState<{ path: string; answer: T | undefined; error: ServerError | undefined }>({
    path,
    answer: undefined,
    error: undefined,
  });
  useEffect(() => {
    const abort = new AbortController();
    void (async () => {
      try {
        const answer = await ask<T>(path, abort.signal);
        setState({ path, answer, error: undefined });
      } catch (error) {
        if (!abort.signal.aborted) setState((before) => ({ ...before, path, error: asServerError(error) }));
      }
    })();
    return () => abort.abort();
  }, [path, again]);
  return state.path === path ? state : { answer: undefined, error: undefined };
}

/** Columns of a model's series whose keys begin with one of these. */
export function useSeries(model: string, keys: readonly string[], samples: number): SeriesAnswer | undefined {
  const path = `series?model=${encodeURIComponent(model)}&keys=${encodeURIComponent(keys.join(','))}`;
  return useAnswer<SeriesAnswer>(path, samples).answer;
}
