import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import { threadId } from 'node:worker_threads';
import { hasCode } from './file-error.ts';

interface Owner {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly thread: number;
  /** When it took the lock, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Tokens of the locks that this thread holds. */
const held = new Set<string>();

/**
 * One writer a path. The lock is a file beside it that names its owner; the lock of an owner that is gone is taken over. Whether
 * one on another host is gone cannot be seen, so it is taken over, too: the owner asks {@link isHeld} before each write, and
 * stops when somebody else has it.
 */
export class PathLock {
  readonly #file: string;
  readonly #token = randomUUID();

  constructor(path: string) {
    this.#file = `${path}.lock`;
  }

  /** Takes the lock; answers who has it if somebody alive on this host does. */
  async take(): Promise<string | undefined> {
    const owner: Owner = { token: this.#token, host: hostname(), pid: process.pid, thread: threadId, at: Date.now() };
    const text = JSON.stringify(owner);
    try {
      await writeFile(this.#file, text, { flag: 'wx' });
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      const other = await this.#owner();
      if (other?.token === this.#token) return undefined;
      if (other !== undefined && isAlive(other)) return `process ${other.pid} of this host`;
      await writeFile(this.#file, text);
    }
    held.add(this.#token);
    return undefined;
  }

  /** Whether nobody has taken it over. */
  async isHeld(): Promise<boolean> {
    return (await this.#owner())?.token === this.#token;
  }

  async release(): Promise<void> {
    held.delete(this.#token);
    if (await this.isHeld()) await rm(this.#file, { force: true });
  }

  /** `undefined` without a lock file, or for one that says nothing that can be read. */
  async #owner(): Promise<Owner | undefined> {
    try {
      const owner: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      return isOwner(owner) ? owner : undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const { token, host, pid, thread, at } = value as Partial<Record<keyof Owner, unknown>>;
  return typeof token === 'string' && typeof host === 'string' && [pid, thread, at].every((number) => typeof number === 'number');
}

function isAlive({ token, host, pid, thread, at }: Owner): boolean {
  const bootedAt = Date.now() - uptime() * 1000;
  if (host !== hostname() || at < bootedAt) return false;
  // A container gives the same number to each process that it starts.
  if (pid === process.pid) return thread !== threadId || held.has(token);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
