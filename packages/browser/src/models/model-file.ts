import {
  callback,
  count,
  kind,
  ms,
  oneOf,
  readOptions,
  required,
  safeErrorText,
  text,
  UnderstudyError,
  untilAborted,
} from '@understudy/core/authoring';
import { hexOf } from './digest.ts';
import { download, keptBytes, type ModelProgress, type Obtained, type Wanted } from './model-download.ts';
import { type FetchFile, said, sizeOf } from './model-response.ts';
import { absolute, address } from './model-source.ts';
import { ModelStore } from './model-store.ts';
import { tellProgress } from './tell-progress.ts';

export interface ModelFileOptions {
  /** Where the file is. */
  readonly url: string | URL;
  /** SHA-256 of the file: `'sha256-'` and base64, or `'sha256:'` and hexadecimal digits. What does not fit is neither used nor kept. */
  readonly digest: string;
  /**
   * Under this name one file is kept: when a new one is whole, older ones of the same name are removed.
   * @defaultValue the last part of the path of `url`
   */
  readonly name?: string;
  /** Which version it is, for people who look at `listModelFiles()`. */
  readonly version?: string;
  /** Bytes of the file, where you know them: told before the download without asking the server; more are refused. */
  readonly bytes?: number;
  /** When a model may download it: at its first call, or not before the page has called `get()`. @defaultValue 'at-first-call' */
  readonly download?: 'at-first-call' | 'when-asked';
  /**
   * Most bytes of all model files of this origin that are kept, and of this one: the least recently used go first.
   * @defaultValue 1073741824, which is 1 GiB
   */
  readonly maxBytes?: number;
  /** A download of which nothing comes for so long has broken off, in milliseconds. @defaultValue 60000 */
  readonly stallMs?: number;
  /** What asks the server, for headers and credentials of your own. @defaultValue the global `fetch` */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface GetOptions {
  /** Told for each chunk. What it throws rejects this `get()`. */
  readonly onProgress?: (progress: ModelProgress) => void;
  /** Ends this `get()`; the download, too, where nobody else waits for it. What has come is kept for the next one. */
  readonly signal?: AbortSignal;
}

export interface ModelFileStatus {
  /** `kept`: no download is needed. `partial`: the rest of it. */
  readonly state: 'kept' | 'partial' | 'absent';
  /** Bytes that are kept. */
  readonly received: number;
  /** Bytes of the whole, where `bytes` or the server has told. */
  readonly total?: number;
  /** Why the browser keeps nothing, where it does not: a full disk, a private window, a page without https. */
  readonly unkept?: string;
}

/** A file of a model that a browser keeps. */
export interface ModelFile {
  readonly name: string;
  readonly version: string | undefined;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /**
   * The file: kept, or downloaded from where an earlier download broke off, once over all tabs. The page says yes with it. One try.
   * @throws UnderstudyError `RESPONSE_INVALID` for what is not this file, `HTTP_STATUS`, `PREDICTOR_FAILED` (retryable) for what broke off
   */
  readonly get: (options?: GetOptions) => Promise<ArrayBuffer>;
  /** The same for a model: where the page must be asked and has not said yes, or where the download goes on, `POLICY_REJECTED`. */
  readonly load: (options?: GetOptions) => Promise<ArrayBuffer>;
  /** What is kept. Asks no server. Never rejects. */
  readonly status: () => Promise<ModelFileStatus>;
  /** Bytes of the file before it is downloaded: `bytes`, or what a HEAD request tells; `undefined` where the server does not. */
  readonly size: (options?: Pick<GetOptions, 'signal'>) => Promise<number | undefined>;
  /** Removes what is kept of it. */
  readonly remove: () => Promise<void>;
}

/** One who waits for a download. */
interface Waiter {
  readonly done: PromiseWithResolvers<ArrayBuffer>;
  readonly onProgress: GetOptions['onProgress'];
}

/** How often a tab looks how far another one has come, in milliseconds. */
const LOOK_MS = 250;

/**
 * A file of a model, kept in Cache Storage and pinned by its digest. Nothing is downloaded before `get()` is called, or the model that it is
 * given to.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function modelFile(options: ModelFileOptions): ModelFile {
  const defaults = { download: 'at-first-call', maxBytes: 2 ** 30, stallMs: 60_000, fetch: globalFetch } as const;
  const settings = readOptions('modelFile', options, KINDS, defaults, ({ bytes = 0, maxBytes }) => [
    [bytes <= maxBytes, 'maxBytes', `at least the ${bytes} bytes of the file`],
  ]);
  const { url, version, bytes: size, maxBytes, stallMs, fetch } = settings;
  const digest = hexOf(settings.digest) ?? '';
  const name = settings.name ?? nameOf(String(url));
  const store = new ModelStore(digest);
  const mustAsk = settings.download === 'when-asked';
  let job: Download | undefined;
  let isAsked = false;
  let unkept: string | undefined;
  /** What the page has asked for and the browser does not keep: for the model. */
  let spare: ArrayBuffer | undefined;

  const wanted = (): Wanted => ({ url: absolute(url), name, version, bytes: size, maxBytes, stallMs, fetch });
  const obtain = async (tell: (progress: ModelProgress) => void, signal: AbortSignal): Promise<Obtained> => {
    const end = watch(store, tell);
    return store
      .alone(signal, async () => {
        end();
        const bytes = await keptBytes(store, tell).catch(() => undefined);
        return bytes === undefined ? download(wanted(), store, tell, signal) : { bytes, unkept: undefined };
      })
      .finally(end);
  };
  const get = async ({ onProgress, signal }: GetOptions = {}): Promise<ArrayBuffer> => {
    signal?.throwIfAborted();
    job ??= new Download(obtain, (ended, obtained) => {
      if (job === ended) job = undefined;
      if (obtained !== undefined) ({ unkept } = obtained);
    });
    return job.wait(onProgress, signal);
  };
  const refused = (why: string): UnderstudyError =>
    new UnderstudyError('POLICY_REJECTED', `The model file ${name} is not on this device, and ${why}.`, { retryable: true });

  return {
    name,
    version,
    digest: `sha256:${digest}`,
    get: async (options) => {
      isAsked = true;
      const bytes = await get(options);
      if (mustAsk && unkept !== undefined) spare = bytes.slice(0);
      return bytes;
    },
    load: async (options = {}) => {
      const held = spare;
      spare = undefined;
      if (held !== undefined) return held;
      if (!mustAsk) return get(options);
      if ((await statusOf(store, size)).state !== 'kept') {
        if (job !== undefined) throw refused('its download goes on');
        if (!isAsked) throw refused('the page has not asked for it: file.get() does');
      }
      return get(options);
    },
    status: async () => {
      const status = await statusOf(store, size);
      return status.unkept === undefined && unkept !== undefined && status.state !== 'kept' ? { ...status, unkept } : status;
    },
    size: async ({ signal = new AbortController().signal } = {}) =>
      (await statusOf(store, size)).total ?? (await untilAborted(signal, sizeOf(absolute(url), fetch, signal))),
    remove: async () => {
      spare = undefined;
      await store.remove();
    },
  };
}

/** What one page does for all who wait for the same file. It ends when nobody waits any more. */
class Download {
  readonly #waiting = new Set<Waiter>();
  readonly #stop = new AbortController();
  readonly #ended: (download: Download, obtained?: Obtained) => void;
  #last: ModelProgress | undefined;

  constructor(
    obtain: (tell: (progress: ModelProgress) => void, signal: AbortSignal) => Promise<Obtained>,
    ended: (download: Download, obtained?: Obtained) => void,
  ) {
    this.#ended = ended;
    const tell = (progress: ModelProgress): void => {
      this.#last = progress;
      for (const waiter of this.#waiting) this.#tell(waiter, progress);
    };
    obtain(tell, this.#stop.signal).then(this.#obtained, this.#failed);
  }

  readonly #obtained = (obtained: Obtained): void => {
    this.#ended(this, obtained);
    // Whoever hands its bytes to a worker has them no more: each has its own.
    const [first, ...others] = this.#waiting;
    for (const { done } of others) done.resolve(obtained.bytes.slice(0));
    first?.done.resolve(obtained.bytes);
  };

  readonly #failed = (error: unknown): void => {
    this.#ended(this);
    for (const { done } of this.#waiting) done.reject(error);
  };

  async wait(onProgress: GetOptions['onProgress'], signal: AbortSignal | undefined): Promise<ArrayBuffer> {
    const waiter: Waiter = { done: Promise.withResolvers(), onProgress };
    this.#waiting.add(waiter);
    if (this.#last !== undefined) this.#tell(waiter, this.#last);
    try {
      return await (signal === undefined ? waiter.done.promise : untilAborted(signal, waiter.done.promise));
    } finally {
      this.#waiting.delete(waiter);
      if (this.#waiting.size === 0) {
        // Whoever comes now begins another one.
        this.#ended(this);
        this.#stop.abort(new UnderstudyError('CLOSED', 'Nobody waits for the download any more.'));
      }
    }
  }

  #tell(waiter: Waiter, progress: ModelProgress): void {
    tellProgress(waiter.onProgress, progress, waiter.done.reject);
  }
}

/** Tells how far another tab has come, until this one has its turn. */
function watch(store: ModelStore, tell: (progress: ModelProgress) => void): () => void {
  let isWaiting = true;
  const look = async (): Promise<void> => {
    const found = await store.manifest().catch(() => undefined);
    if (!isWaiting || found === undefined) return;
    const { bytes: received, total } = found;
    tell({ received, ...(total === undefined ? {} : { total }), from: 'network' });
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => {
    isWaiting = false;
    clearInterval(timer);
  };
}

async function statusOf(store: ModelStore, size: number | undefined): Promise<ModelFileStatus> {
  const known = size === undefined ? {} : { total: size };
  try {
    const found = await store.manifest();
    if (found === undefined) return { state: 'absent', received: 0, ...known };
    const { whole, parts, bytes, total } = found;
    const all = whole ? bytes : (size ?? total);
    const state = whole ? 'kept' : parts > 0 ? 'partial' : 'absent';
    return { state, received: bytes, ...(all === undefined ? {} : { total: all }) };
  } catch (error) {
    return { state: 'absent', received: 0, ...known, unkept: safeErrorText(error) };
  }
}

const globalFetch: FetchFile = (url, init) => fetch(url, init);

const nameOf = (url: string): string => said(new URL(url, 'https://page.invalid').href).split('/').at(-1) || 'model';

const KINDS = {
  url: required(address),
  digest: required(
    kind((value) => hexOf(value) !== undefined, "'sha256-' and 44 characters of base64, or 'sha256:' and 64 hexadecimal digits"),
  ),
  name: text,
  version: text,
  bytes: count,
  download: oneOf('at-first-call', 'when-asked'),
  maxBytes: count,
  stallMs: ms,
  fetch: callback,
};
