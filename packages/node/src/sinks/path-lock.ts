import { createHash, randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from './file-error.ts';
import { isAlive, type LockOwner, ownOwner, parseOwner } from './lock-owner.ts';

/** Tokens of the locks that this thread holds. */
const held = new Set<string>();

/** A place in the succession of a lock: its file, and what that says. */
interface Place {
  readonly file: string;
  /** Names the claim to come after it. */
  readonly id: string;
  readonly owner: LockOwner | undefined;
}

/** File systems without hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * One writer a path. The lock is a file beside it that names its owner; the lock of an owner that is gone is taken over. Whether
 * one on another host is gone cannot be seen, so it is taken over, too: the owner asks {@link isHeld} before each write, and
 * stops when somebody else has it.
 *
 * One alone of several that want to take over at the same time succeeds. Who finds that the owner T is gone claims the place after
 * it: the file `.after.T`, which is made by an atomic step, and by one process only. A claimer that dies is succeeded in the
 * same way. The claimer then moves its claim over the lock, and a claim after an owner that the lock no longer names is void.
 */
export class PathLock {
  readonly #file: string;
  #token = '';

  constructor(path: string) {
    this.#file = `${path}.lock`;
  }

  /** Takes the lock; answers who has it if somebody alive on this host does. */
  async take(): Promise<string | undefined> {
    if (await this.isHeld()) return undefined;
    held.delete(this.#token);
    this.#token = randomUUID();
    // Before anybody can read it.
    held.add(this.#token);
    const draft = `${this.#file}.new.${this.#token}`;
    try {
      await writeFile(draft, JSON.stringify(await ownOwner(this.#token)), { flag: 'wx' });
      const other = await this.#succeed(draft);
      if (other === undefined) await this.#sweep();
      else held.delete(this.#token);
      return other;
    } catch (error) {
      held.delete(this.#token);
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Whether nobody has taken it over. */
  async isHeld(): Promise<boolean> {
    return held.has(this.#token) && (await this.#read(this.#file))?.owner?.token === this.#token;
  }

  async release(): Promise<void> {
    try {
      if (await this.isHeld()) await rm(this.#file, { force: true });
    } finally {
      // Not before: this thread's other sinks would take the lock over, and lose it by what is removed here.
      held.delete(this.#token);
    }
  }

  /** Becomes the owner by `draft`, or answers who is it. */
  async #succeed(draft: string): Promise<string | undefined> {
    for (;;) {
      const places = await this.#succession();
      const last = places.at(-1);
      if (last?.owner !== undefined && (await isAlive(last.owner, held))) return `process ${last.owner.pid} of this host`;
      const mine = last === undefined ? this.#file : this.#after(last);
      if (!(await this.#claim(draft, mine))) continue;
      const now = await this.#succession();
      if (now.at(-1)?.owner?.token !== this.#token) {
        // The lock has gone on meanwhile.
        if (mine !== this.#file) await rm(mine, { force: true });
        continue;
      }
      if (mine !== this.#file) await rename(mine, this.#file);
      return undefined;
    }
  }

  /** The lock, and the claims to come after it: the last one counts. */
  async #succession(): Promise<readonly Place[]> {
    const places: Place[] = [];
    for (let file = this.#file; ;) {
      const place = await this.#read(file);
      if (place === undefined) return places;
      places.push(place);
      file = this.#after(place);
    }
  }

  #after({ id }: Place): string {
    return `${this.#file}.after.${id}`;
  }

  /** Makes `file` with what `draft` says; `false` where it is there already. */
  async #claim(draft: string, file: string): Promise<boolean> {
    try {
      await link(draft, file);
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      if (!NO_LINKS.some((code) => hasCode(error, code))) throw error;
    }
    try {
      await writeFile(file, await readFile(draft), { flag: 'wx' });
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
  }

  /** `undefined` where there is no such file. */
  async #read(file: string): Promise<Place | undefined> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
      throw error;
    }
    const owner = parseOwner(text);
    return { file, owner, id: owner?.token ?? createHash('sha256').update(text).digest('hex') };
  }

  /** Removes claims and drafts of those who died over them. */
  async #sweep(): Promise<void> {
    const folder = dirname(this.#file);
    const prefix = `${basename(this.#file)}.`;
    for (const name of await readdir(folder)) {
      if (!name.startsWith(prefix)) continue;
      const place = await this.#read(join(folder, name));
      if (place?.owner !== undefined && !(await isAlive(place.owner, held))) await rm(place.file, { force: true });
    }
  }
}
