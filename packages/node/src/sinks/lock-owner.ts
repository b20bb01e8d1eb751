import { hostname, uptime } from 'node:os';
import { threadId } from 'node:worker_threads';
import { hasCode } from './file-error.ts';
import { processStart } from './process-start.ts';

/** Who holds a lock, as its file says. */
export interface LockOwner {
  /** Unique for each time that a lock is taken. */
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly thread: number;
  /** When its process was started: numbers of processes come again. Absent where the system does not say. */
  readonly started?: string;
  /** When it took the lock, in milliseconds since the Unix epoch. */
  readonly at: number;
}

export async function ownOwner(token: string): Promise<LockOwner> {
  const started = await processStart(process.pid);
  const known = started === undefined ? {} : { started };
  return { token, host: hostname(), pid: process.pid, thread: threadId, ...known, at: Date.now() };
}

/** `undefined` for a text that names nobody. */
export function parseOwner(text: string): LockOwner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, host, pid, thread, at, started } = value as Partial<Record<keyof LockOwner, unknown>>;
  const isOwner =
    typeof token === 'string' &&
    /^[\w-]+$/.test(token) &&
    typeof host === 'string' &&
    Number.isSafeInteger(pid) &&
    [thread, at].every((number) => typeof number === 'number') &&
    (started === undefined || typeof started === 'string');
  return isOwner ? (value as LockOwner) : undefined;
}

/** Whether an owner still runs, as far as this host can see. @param held tokens of the locks that this thread holds */
export async function isAlive(owner: LockOwner, held: ReadonlySet<string>): Promise<boolean> {
  const { token, host, pid, thread, started, at } = owner;
  if (host !== hostname() || pid <= 0) return false;
  if (pid === process.pid && thread === threadId) return held.has(token);
  if (!runs(pid)) return false;
  const now = await processStart(pid);
  if (started !== undefined && now !== undefined) return started === now;
  return at >= Date.now() - uptime() * 1000;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
