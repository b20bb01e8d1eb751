import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { UnderstudyError } from '@understudy/core';
import { readOptions, required, text } from '@understudy/core/authoring';
import { PathLock } from '../sinks/path-lock.ts';
import { unsaid } from '../sinks/secret-options.ts';
import { SubjectKeyFile } from './subject-key-file.ts';
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
/** Keys that are opened before others have their turn. */
const AT_ONCE = 1000;

/**
 * Keys of subjects in a file, 0600. It may be shared by processes of one host: each change is made under a lock. A new subject costs the same
 * however many there are. A destroyed key is overwritten in its place before `destroy` resolves.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; calls reject with `SINK_FAILED`
 */
export function fileSubjectKeys(options: FileSubjectKeysOptions): SubjectKeys {
  const { path, masterKey } = readOptions<FileSubjectKeysOptions, {}>('fileSubjectKeys', options, KINDS, {});
  return new FileSubjectKeys(resolve(path), masterKey);
}

class FileSubjectKeys implements SubjectKeys {
  readonly #path: string;
  readonly #file: SubjectKeyFile;
  readonly #wrapping: Buffer | undefined;
  readonly #naming: Buffer | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isCompacting = false;

  constructor(path: string, masterKey: Uint8Array | undefined) {
    this.#path = path;
    this.#file = new SubjectKeyFile(path);
    this.#wrapping = masterKey === undefined ? undefined : derived(masterKey, 'understudy subject keys: wrap');
    this.#naming = masterKey === undefined ? undefined : derived(masterKey, 'understudy subject keys: name');
  }

  keysOf(subjects: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.#inTurn(async () => {
      const isThere = await this.#refresh();
      if (isThere && this.#missing(subjects).length === 0) return this.#pick(subjects);
      return this.#locked(async () => {
        if (!(await this.#refresh())) await this.#file.create();
        if (!(await this.#refresh())) throw this.#failed('it was removed while it was written to', undefined);
        const fresh = this.#missing(subjects).map((id) => ({ id, key: this.#wrap(id, randomBytes(KEY_BYTES)) }));
        if (fresh.length > 0) await this.#file.add(fresh);
        await this.#refresh();
        return this.#pick(subjects);
      });
    });
  }

  find(subject: string): Promise<Uint8Array | undefined> {
    return this.#inTurn(async () => {
      if (!(await this.#refresh())) return undefined;
      const id = this.#idOf(subject);
      const stored = this.#file.keys.get(id);
      return stored === undefined ? undefined : this.#unwrap(id, stored.key);
    });
  }

  destroy(subject: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const wasThere = await this.#locked(async () => (await this.#refresh()) && this.#file.remove(this.#idOf(subject)));
      if (this.#file.isWasteful) this.#compactLater();
      return wasThere;
    });
  }

  all(): Promise<Iterable<Uint8Array>> {
    return this.#inTurn(async () => {
      if (!(await this.#refresh())) return [];
      const keys: Uint8Array[] = [];
      for (const [id, { key }] of this.#file.keys) {
        keys.push(this.#unwrap(id, key));
        if (keys.length % AT_ONCE === 0) await nextTurn();
      }
      return keys;
    });
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

  /** Beside the calls. Where it fails, the next `destroy` tries again. */
  #compactLater(): void {
    if (this.#isCompacting) return;
    this.#isCompacting = true;
    void this.#inTurn(() =>
      this.#locked(async () => {
        if ((await this.#refresh()) && this.#file.isWasteful) await this.#file.compact();
      }),
    )
      .catch(() => undefined)
      .finally(() => {
        this.#isCompacting = false;
      });
  }

  /** Reads what the file says now. Answers whether there is one. */
  async #refresh(): Promise<boolean> {
    if (!(await this.#file.refresh())) return false;
    const [first] = this.#file.keys;
    // Another masterKey gives other names, too: no subject would be found, quietly.
    if (first !== undefined) this.#unwrap(first[0], first[1].key);
    return true;
  }

  /** Ids of subjects without a key, each once. */
  #missing(subjects: readonly string[]): readonly string[] {
    return [...new Set(subjects.map((subject) => this.#idOf(subject)))].filter((id) => !this.#file.keys.has(id));
  }

  #pick(subjects: readonly string[]): readonly Uint8Array[] {
    return subjects.map((subject) => {
      const id = this.#idOf(subject);
      const stored = this.#file.keys.get(id);
      if (stored === undefined) throw this.#failed('a key that was written is not there', undefined);
      return this.#unwrap(id, stored.key);
    });
  }

  #idOf(subject: string): string {
    const { salt } = this.#file;
    return createHmac('sha256', this.#naming ?? salt)
      .update(salt)
      .update(subject)
      .digest('base64');
  }

  #wrap(id: string, key: Buffer): Buffer {
    if (this.#wrapping === undefined) return key;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#wrapping, nonce).setAAD(Buffer.from(id));
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  }

  /** The key of stored bytes, as a copy: those are overwritten when it is destroyed. */
  #unwrap(id: string, bytes: Buffer): Buffer {
    if (this.#wrapping === undefined) {
      if (bytes.length !== KEY_BYTES) throw this.#failed('its keys are wrapped: give the masterKey', undefined);
      return Buffer.from(bytes);
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
