import { safeErrorText, UnderstudyError, untilAborted } from '@understudy/core/authoring';
import { sha256 } from './digest.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { makeRoom } from './kept-files.ts';
import { brokenOff, type FetchFile, type ModelBody, openModel, said } from './model-response.ts';
import { type Manifest, type ModelStore, PART_BYTES } from './model-store.ts';

/** How far a file has come. */
export interface ModelProgress {
  /** Bytes that are there. */
  readonly received: number;
  /** Bytes of the whole. Absent where the server does not tell, or has told something else than it sends. */
  readonly total?: number;
  /** Where they come from. */
  readonly from: 'device' | 'network';
}

/** What is downloaded, and within which bounds. */
export interface Wanted {
  /** Absolute. */
  readonly url: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly bytes: number | undefined;
  readonly maxBytes: number;
  readonly stallMs: number;
  readonly fetch: FetchFile;
}

export interface Obtained {
  readonly bytes: ArrayBuffer;
  /** Why it is not kept; `undefined` where it is. */
  readonly unkept: string | undefined;
}

type Tell = (progress: ModelProgress) => void;

/** How often a rest may be asked for without any of it coming, before the download begins anew: a server may pack what it cuts. */
const STUCK = 3;

/** The kept file, checked; what does not fit its digest is removed. Nothing is downloaded. Rejects where the store does. */
export async function keptBytes(store: ModelStore, tell: Tell): Promise<ArrayBuffer | undefined> {
  const manifest = await store.manifest();
  if (manifest?.whole !== true) return undefined;
  const gathered = new GrowingBytes();
  const { bytes: total } = manifest;
  const isThere = await store.read(manifest, gathered, () => tell({ received: gathered.length, total, from: 'device' }));
  const bytes = gathered.take();
  if (isThere && (await sha256(bytes)) === store.digest) {
    // It was used; where that cannot be written, it is taken for older than it is.
    await store.write({ ...manifest, usedAt: Date.now() }).catch(() => undefined);
    return bytes;
  }
  await store.remove();
  return undefined;
}

/**
 * Downloads a file: what has come already is not asked for again. Where the browser keeps nothing, the bytes come all the same.
 *
 * @throws UnderstudyError `RESPONSE_INVALID` for what is not the file, `HTTP_STATUS`, `PREDICTOR_FAILED` for what broke off
 */
export async function download(wanted: Wanted, store: ModelStore, tell: Tell, signal: AbortSignal): Promise<Obtained> {
  const keeper = new Keeper(store, {
    v: 1,
    name: wanted.name,
    ...(wanted.version === undefined ? {} : { version: wanted.version }),
    digest: store.digest,
    url: said(wanted.url),
    parts: 0,
    bytes: 0,
    stuck: 0,
    whole: false,
    usedAt: Date.now(),
  });
  const gathered = new GrowingBytes();
  const before = await keeper.before(gathered);
  let bytes = before === undefined ? undefined : await new Attempt(wanted, keeper, gathered, before, tell, signal).run();
  bytes ??= await new Attempt(wanted, keeper, gathered, undefined, tell, signal).run();
  // A first attempt that is not the file has thrown.
  if (bytes === undefined) throw brokenOff(`${said(wanted.url)} could not be downloaded.`, undefined);
  return { bytes, unkept: await keeper.keep(bytes, wanted.maxBytes) };
}

/** Keeps a download while it goes on. Once the store has failed it is left alone until the end. */
class Keeper {
  readonly #store: ModelStore;
  #manifest: Manifest;
  #failed: unknown;
  #hasFailed = false;

  constructor(store: ModelStore, empty: Manifest) {
    this.#store = store;
    this.#manifest = empty;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  /** What an earlier download has left, read into `gathered`. */
  async before(gathered: GrowingBytes): Promise<Manifest | undefined> {
    return this.#try(async () => {
      const found = await this.#store.manifest();
      if (found === undefined || found.whole || found.parts === 0) return undefined;
      if (found.stuck >= STUCK) {
        // What is kept goes when the whole comes. Where that fails as well, the server is away, and the rest is asked for again.
        await this.#store.write({ ...found, stuck: 0 });
        return undefined;
      }
      if (!(await this.#store.read(found, gathered, () => undefined))) {
        gathered.clear();
        return undefined;
      }
      const { name, version, url } = this.#manifest;
      this.#manifest = { ...found, name, ...(version === undefined ? {} : { version }), url, usedAt: Date.now() };
      return this.#manifest;
    });
  }

  /** The rest is asked for, once more; or some of it has come. */
  async asked(isNew: boolean): Promise<void> {
    const stuck = isNew ? this.#manifest.stuck + 1 : 0;
    if (stuck === this.#manifest.stuck) return;
    this.#manifest = { ...this.#manifest, stuck };
    await this.#try(() => this.#store.write(this.#manifest));
  }

  /** The whole comes, from its beginning. */
  async begin({ total, etag, isPacked }: ModelBody): Promise<void> {
    const { total: _total, etag: _etag, ...rest } = this.#manifest;
    this.#manifest = {
      ...rest,
      parts: 0,
      bytes: 0,
      stuck: 0,
      packed: isPacked,
      ...(total === undefined || isPacked ? {} : { total }),
      ...(etag === undefined ? {} : { etag }),
    };
    await this.#try(() => this.#store.write(this.#manifest));
  }

  /** Keeps the parts that are full by now. */
  async grown(gathered: GrowingBytes): Promise<void> {
    while ((this.#manifest.parts + 1) * PART_BYTES <= gathered.length && !this.#hasFailed) {
      const from = this.#manifest.parts * PART_BYTES;
      await this.#try(() => this.#part(gathered.view(from, from + PART_BYTES)));
    }
  }

  /** The next one begins at the beginning. */
  async forget(): Promise<void> {
    this.#manifest = { ...this.#manifest, parts: 0, bytes: 0, stuck: 0 };
    await this.#try(() => this.#store.remove());
  }

  /** Keeps the whole; then removes what it replaces. Returns why it is not kept. */
  async keep(bytes: ArrayBuffer, maxBytes: number): Promise<string | undefined> {
    const { digest, name } = this.#manifest;
    const room = (): Promise<void> => makeRoom(digest, name, bytes.byteLength, maxBytes);
    const whole = async (): Promise<void> => {
      for (let from = this.#manifest.bytes; from < bytes.byteLength; from += PART_BYTES)
        await this.#part(new Uint8Array(bytes, from, Math.min(PART_BYTES, bytes.byteLength - from)));
      const { bytes: total } = this.#manifest;
      await this.#store.write({ ...this.#manifest, total, stuck: 0, whole: true, usedAt: Date.now() });
    };
    try {
      // What it replaces may be what it lacks room for: the new one is whole here.
      if (this.#hasFailed) await room();
      await whole().catch(async () => {
        await room();
        await whole();
      });
    } catch (error) {
      // Parts that never become a whole would take room from others.
      await this.#store.remove().catch(() => undefined);
      return safeErrorText(this.#hasFailed ? this.#failed : error);
    }
    // It is kept, even where others are that should not be.
    await room().catch(() => undefined);
    return undefined;
  }

  async #part(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { parts, bytes: before } = this.#manifest;
    await this.#store.putPart(parts, bytes);
    const next = { ...this.#manifest, parts: parts + 1, bytes: before + bytes.length, stuck: 0 };
    await this.#store.write(next);
    this.#manifest = next;
  }

  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#hasFailed) return undefined;
    try {
      return await work();
    } catch (error) {
      this.#hasFailed = true;
      this.#failed = error;
      return undefined;
    }
  }
}

/** One request for a file, or for the rest of it. */
class Attempt {
  readonly #wanted: Wanted;
  readonly #keeper: Keeper;
  readonly #gathered: GrowingBytes;
  readonly #before: Manifest | undefined;
  readonly #tell: Tell;
  readonly #signal: AbortSignal;

  constructor(
    wanted: Wanted,
    keeper: Keeper,
    gathered: GrowingBytes,
    before: Manifest | undefined,
    tell: Tell,
    signal: AbortSignal,
  ) {
    this.#wanted = wanted;
    this.#keeper = keeper;
    this.#gathered = gathered;
    this.#before = before;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** The file. `undefined` where what an earlier download has left is of no use: then it begins at the beginning. */
  async run(): Promise<ArrayBuffer | undefined> {
    const { url, bytes: size } = this.#wanted;
    const before = this.#before;
    // A tab may have died between the last part and its end.
    const isAll = before !== undefined && before.bytes === (size ?? before.total);
    const came = isAll ? { isRest: true, total: before.bytes, contentType: '' } : await this.#receive();
    if (came === 'not so') return undefined;
    const length = this.#gathered.length;
    const bytes = this.#gathered.take();
    const digest = await sha256(bytes);
    this.#signal.throwIfAborted();
    if (digest === this.#keeper.manifest.digest) return bytes;
    if (came.isRest) {
      // Some of what was kept is of another file.
      await this.#keeper.forget();
      return undefined;
    }
    const total = size ?? came.total;
    if (total !== undefined && length < total)
      throw brokenOff(`The download of ${said(url)} broke off at ${length} of ${total} bytes.`, undefined);
    await this.#keeper.forget();
    throw new UnderstudyError(
      'RESPONSE_INVALID',
      `${said(url)} is not the file that was asked for: ${length} bytes (${came.contentType}) with the SHA-256 ${digest}, not ${this.#keeper.manifest.digest}.`,
    );
  }

  async #receive(): Promise<{ isRest: boolean; total: number | undefined; contentType: string } | 'not so'> {
    const { url, bytes: size, maxBytes, stallMs } = this.#wanted;
    const gathered = this.#gathered;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    const stalled = (): void =>
      stop.abort(brokenOff(`Nothing of ${said(url)} came for ${stallMs} ms: the download broke off.`, undefined));
    let timer = setTimeout(stalled, stallMs);
    try {
      const { bytes: from = 0, etag, packed } = this.#before ?? {};
      if (from > 0) await this.#keeper.asked(true);
      const opened = await untilAborted(signal, openModel(url, this.#wanted.fetch, from, etag, signal)).catch(
        (error: unknown) => {
          if (from > 0 && packed === true && !signal.aborted) return 'not so' as const;
          throw error;
        },
      );
      if (opened === 'not so') return opened;
      const { body, isRest, contentType } = opened;
      let { total } = opened;
      if (!isRest) {
        gathered.clear();
        await this.#keeper.begin(opened);
      }
      gathered.expect(Math.min(size ?? total ?? 0, maxBytes));
      const told = (): void => {
        const all = size ?? total;
        this.#tell({ received: gathered.length, ...(all === undefined ? {} : { total: all }), from: 'network' });
      };
      told();
      const reader = body.getReader();
      try {
        for (;;) {
          clearTimeout(timer);
          timer = setTimeout(stalled, stallMs);
          const { value } = await untilAborted(signal, reader.read());
          // The store may take its time.
          clearTimeout(timer);
          if (value === undefined) break;
          gathered.add(value);
          if (gathered.length > (size ?? maxBytes)) {
            await this.#keeper.forget();
            throw tooLarge(url, size, maxBytes);
          }
          if (isRest) await this.#keeper.asked(false);
          // It has told the length of what is packed.
          if (total !== undefined && gathered.length > total) total = undefined;
          await this.#keeper.grown(gathered);
          told();
        }
      } finally {
        reader.cancel().catch(() => undefined);
      }
      return { isRest, total, contentType };
    } catch (error) {
      this.#signal.throwIfAborted();
      if (UnderstudyError.is(error)) throw error;
      const message = `The download of ${said(url)} broke off after ${gathered.length} bytes: ${safeErrorText(error)}`;
      throw brokenOff(message, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function tooLarge(url: string, size: number | undefined, maxBytes: number): UnderstudyError {
  const bound = size === undefined ? `the ${maxBytes} bytes of maxBytes` : `the ${size} bytes that it must have`;
  return new UnderstudyError('RESPONSE_INVALID', `${said(url)} is larger than ${bound}.`);
}
