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
  if (!isJson)
    throw new ServerError('NO_ANSWER', 'Something else than the dashboard answered: log in again, and reload the page.');
  const body = (await response.json()) as T | ErrorAnswer;
  if (response.ok) return body as T;
  const { code, message } = (body as ErrorAnswer).error;
  throw new ServerError(code, message);
}

const asServerError = (error: unknown): ServerError =>
  error instanceof ServerError ? error : new ServerError('OFFLINE', 'The process does not answer.');

export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answerOf<T>(
    await fetch(`api/${path}`, { headers: { accept: 'application/json' }, ...(signal === undefined ? {} : { signal }) }),
  );
}

export async function give(request: CommandRequest): Promise<void> {
  try {
    await answerOf(
      await fetch('api/command', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      }),
    );
  } catch (error) {
    throw asServerError(error);
  }
}

export interface Live {
  readonly connection: 'connecting' | 'live' | 'lost';
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
    const merge = (change: Partial<Live>): void => {
      if (!isOver) setLive((before) => ({ ...before, ...change }));
    };
    setLive((before) => ({ ...before, decisions: [], events: [], skipped: 0 }));
    const load = async (): Promise<void> => {
      try {
        const status = await ask<StatusAnswer>('status');
        setLive((before) => ({
          ...before,
          status,
          error: undefined,
          at: status.at,
          // The page of one model waits for its status in full.
          models: model === undefined || before.models.length === 0 ? status.models : before.models,
        }));
      } catch (error) {
        merge({ error: asServerError(error), connection: 'lost' });
      }
    };
    const open = (): void => {
      source?.close();
      if (document.hidden) return;
      void load();
      source = new EventSource(`api/live${model === undefined ? '' : `?model=${encodeURIComponent(model)}`}`);
      source.addEventListener('open', () => merge({ connection: 'live', error: undefined }));
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
        setLive((before) => ({
          ...before,
          connection: 'live',
          at: message.at,
          models: message.models,
          decisions: [...message.decisions.toReversed(), ...before.decisions].slice(0, KEPT),
          skipped: message.skipped,
          events: [...message.events.toReversed(), ...before.events].slice(0, KEPT),
          samples: message.samples,
          isMixed: before.isMixed || (before.status !== undefined && before.status.process !== message.process),
        }));
      });
    };
    open();
    document.addEventListener('visibilitychange', open);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', open);
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
