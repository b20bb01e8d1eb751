import type { PoolClient } from 'pg';
import type { PostgresPool } from './postgres-pool.ts';

const MAX_DELAY_MS = 5000;

/**
 * Hears a channel until it is stopped, on a client of the pool that it keeps; a lost one is replaced by another.
 *
 * @param onActive after each LISTEN: what came before was not heard
 */
export function listen(
  poolOf: () => Promise<PostgresPool>,
  channel: string,
  { onMessage, onActive }: { readonly onMessage: (payload: string) => void; readonly onActive: () => void },
): () => void {
  let stopped = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave = (): void => {};

  const again = (): void => {
    if (stopped) return;
    failures++;
    // Jitter: many processes lose one server at the same time.
    timer = setTimeout(tryToStart, (0.5 + Math.random() / 2) * Math.min(MAX_DELAY_MS, 50 * 2 ** failures)).unref();
  };

  const start = async (): Promise<void> => {
    const client = (await (await poolOf()).connect()) as PoolClient & { unref?(): void };
    let left = false;
    leave = () => {
      if (left) return;
      left = true;
      client.release(true);
    };
    if (stopped) return leave();
    // It waits for what may never come: no reason to keep a process alive.
    client.unref?.();
    const lost = (): void => {
      if (left) return;
      leave();
      again();
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ payload }) => {
      if (!left) onMessage(payload ?? '');
    });
    try {
      await client.query(`listen "${channel}"`);
    } catch {
      return lost();
    }
    failures = 0;
    if (!left) onActive();
  };

  const tryToStart = (): void => void start().catch(again);
  tryToStart();
  return () => {
    stopped = true;
    clearTimeout(timer);
    leave();
  };
}
