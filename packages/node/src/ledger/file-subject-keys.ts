import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UnderstudyError } from '@understudy/core';
import { readOptions, required, text } from '@understudy/core/authoring';
import { PathLock } from '../sinks/path-lock.ts';
import { unsaid } from '../sinks/secret-options.ts';
import { syncDirectory, unlessMissing } from './segments.ts';
import type { SubjectKeys } from './subject-keys.ts';

export interface FileSubjectKeysOptions {
  /** The file; its directory is made. Keep it apart from the ledger and its backups: a copy of it undoes an erasure. */
  readonly path: string;
  /** 32 bytes from your secret store. Keys are wrapped by it, and subjects cannot be guessed without it. @defaultValue none */
  readonly masterKey?: Uint8Array;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** Others hold the lock for one write. */
const LOCK_TRIES = 250;
const LOCK_PAUSE_MS = 20;

/** What the file holds: a header, then a line for each key. The subject itself is in none. */
interface Loaded {
  /** Which file this is, and how much of it was read. */
  readonly mark: string;
  readonly salt: Buffer;
  readonly keys: Map<string, Buffer>;
  /** Bytes of whole lines. */
  readonly bytes: number;
}

/**
 * Keys of subjects in a file, 0600. It may be shared by processes of one host: each change is made under a lock.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; calls reject with `SINK_FAILED`
 */
export function fileSubjectKeys(options: FileSubjectKeysOptions): SubjectKeys {
  const { path, masterKey } = readOptions<FileSubjectKeysOptions, {}>('fileSubjectKeys', options, KINDS, {});
  return new FileSubjectKeys(resolve(path), masterKey);
}

class FileSubjectKeys implements SubjectKeys {
  readonly #path: string;
  readonly #wrapping: Buffer | undefined;
  readonly #naming: Buffer | undefined;
  #loaded: Loaded | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, masterKey: Uint8Array | undefined) {
    this.#path = path;
    this.#wrapping = masterKey === undefined ? undefined : derived(masterKey, 'understudy subject keys: wrap');
    this.#naming = masterKey === undefined ? undefined : derived(masterKey, 'understudy subject keys: name');
  }

  keysOf(subjects: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.#inTurn(async () => {
      const known = await this.#load();
      if (known !== undefined && subjects.every((subject) => known.keys.has(this.#idOf(known, subject))))
        return this.#pick(known, subjects);
      return this.#locked(async () => this.#pick(await this.#add(subjects), subjects));
    });
  }

  find(subject: string): Promise<Uint8Array | undefined> {
    return this.#inTurn(async () => {
      const known = await this.#load();
      const key = known?.keys.get(this.#idOf(known, subject));
      return key === undefined ? undefined : Buffer.from(key);
    });
  }

  destroy(subject: string): Promise<boolean> {
    return this.#inTurn(() =>
      this.#locked(async () => {
        const known = await this.#load();
        if (known === undefined) return false;
        const id = this.#idOf(known, subject);
        const key = known.keys.get(id);
        if (key === undefined) return false;
        known.keys.delete(id);
        await this.#rewrite(known);
        key.fill(0);
        return true;
      }),
    );
  }

  all(): Promise<Iterable<Uint8Array>> {
    return this.#inTurn(async () => [...((await this.#load())?.keys.values() ?? [])].map((key) => Buffer.from(key)));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work).catch((error: unknown) => {
      throw UnderstudyError.is(error) ? error : this.#failed('see the cause', error);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const lock = new PathLock(this.#path);
    for (let tries = 1; ; tries++) {
      const owner = await lock.take();
      if (owner === undefined) break;
      if (tries === LOCK_TRIES) throw this.#failed(`${owner} holds ${this.#path}.lock`, undefined);
      await pause(LOCK_PAUSE_MS);
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  /** What the file says now; read again only where it has changed. */
  async #load(): Promise<Loaded | undefined> {
    const found = await unlessMissing(stat(this.#path, { bigint: true }));
    if (found === undefined) return undefined;
    const mark = `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
    if (this.#loaded?.mark === mark) return this.#loaded;
    const bytes = await readFile(this.#path);
    const end = bytes.lastIndexOf('\n') + 1;
    const [header, ...lines] = bytes
      .toString('utf8', 0, end)
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
    // The header is written with the file, which is renamed into its place: it is always whole.
    const { salt } = header as { readonly salt: string };
    const keys = new Map<string, Buffer>();
    for (const line of lines as readonly { readonly id: string; readonly key: string }[]) keys.set(line.id, this.#unwrap(line));
    this.#loaded = { mark, salt: Buffer.from(salt, 'base64'), keys, bytes: end };
    return this.#loaded;
  }

  async #add(subjects: readonly string[]): Promise<Loaded> {
    if ((await this.#load()) === undefined)
      await this.#rewrite({ mark: '', salt: randomBytes(KEY_BYTES), keys: new Map(), bytes: 0 });
    const known = await this.#load();
    if (known === undefined) throw this.#failed('it was removed while it was written to', undefined);
    const missing = [...new Set(subjects.map((subject) => this.#idOf(known, subject)))].filter((id) => !known.keys.has(id));
    const fresh = missing.map((id) => ({ id, key: randomBytes(KEY_BYTES) }));
    const handle = await open(this.#path, 'r+');
    try {
      const lines = Buffer.from(fresh.map(({ id, key }) => this.#line(id, key)).join(''));
      // A torn last line of a crash is written over.
      await handle.truncate(known.bytes);
      await handle.write(lines, 0, lines.length, known.bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    return (await this.#load()) ?? known;
  }

  /** The whole file anew, in the place of the old one. */
  async #rewrite({ salt, keys }: Loaded): Promise<void> {
    const draft = `${this.#path}.new`;
    await rm(draft, { force: true });
    const handle = await open(draft, 'wx', 0o600);
    try {
      const lines = [...keys].map(([id, key]) => this.#line(id, key));
      await handle.writeFile([`${JSON.stringify({ v: 1, salt: salt.toString('base64') })}\n`, ...lines].join(''));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.#path);
    await syncDirectory(dirname(this.#path));
    this.#loaded = undefined;
  }

  #pick(known: Loaded, subjects: readonly string[]): readonly Uint8Array[] {
    return subjects.map((subject) => {
      const key = known.keys.get(this.#idOf(known, subject));
      if (key === undefined) throw this.#failed('a key that was written is not there', undefined);
      // A copy: the one here is overwritten when it is destroyed.
      return Buffer.from(key);
    });
  }

  #idOf({ salt }: Loaded, subject: string): string {
    return createHmac('sha256', this.#naming ?? salt)
      .update(salt)
      .update(subject)
      .digest('base64');
  }

  #line(id: string, key: Buffer): string {
    return `${JSON.stringify({ id, key: this.#wrap(id, key).toString('base64') })}\n`;
  }

  #wrap(id: string, key: Buffer): Buffer {
    if (this.#wrapping === undefined) return key;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#wrapping, nonce).setAAD(Buffer.from(id));
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  }

  #unwrap({ id, key }: { readonly id: string; readonly key: string }): Buffer {
    const bytes = Buffer.from(key, 'base64');
    if (this.#wrapping === undefined) {
      if (bytes.length !== KEY_BYTES) throw this.#failed('its keys are wrapped: give the masterKey', undefined);
      return bytes;
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#wrapping, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(id));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -16)), decipher.final()]);
    } catch (error) {
      throw this.#failed('the masterKey does not open its keys', error);
    }
  }

  #failed(why: string, cause: unknown): UnderstudyError {
    return new UnderstudyError('SINK_FAILED', `The keys of subjects in ${this.#path} cannot be used: ${why}.`, {
      ...(cause === undefined ? {} : { cause }),
      retryable: true,
      details: { path: this.#path },
    });
  }
}

const derived = (masterKey: Uint8Array, use: string): Buffer => Buffer.from(hkdfSync('sha256', masterKey, '', use, KEY_BYTES));

const KINDS = {
  path: required(text),
  masterKey: unsaid((value) => value instanceof Uint8Array && value.length === KEY_BYTES, `${KEY_BYTES} bytes (a Uint8Array)`),
};
