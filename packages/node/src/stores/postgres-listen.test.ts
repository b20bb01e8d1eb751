import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { listen } from './postgres-listen.ts';
import type { PostgresPool } from './postgres-pool.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client of a pool that notes what is done with it. */
class Client extends EventEmitter {
  readonly log: string[];
  readonly fails: boolean;

  constructor(log: string[], fails: boolean) {
    super();
    this.log = log;
    this.fails = fails;
  }

  async query(text: string): Promise<void> {
    this.log.push(text);
    if (this.fails) throw new Error('the connection was lost');
  }

  release(destroy: boolean): void {
    this.log.push(destroy ? 'destroyed' : 'released');
  }
}

/** A pool, whose connections come as `outcomes` say, then well. */
function poolOf(...outcomes: readonly ('refused' | 'broken')[]) {
  const log: string[] = [];
  const clients: Client[] = [];
  const left = [...outcomes];
  const pool: Pick<PostgresPool, 'connect'> = {
    connect: async () => {
      const outcome = left.shift();
      log.push('connect');
      if (outcome === 'refused') throw new Error('connection refused');
      const client = new Client(log, outcome === 'broken');
      clients.push(client);
      return client;
    },
  };
  const heard: string[] = [];
  const stop = listen(async () => pool as PostgresPool, 'understudy.changed', {
    onMessage: (payload) => heard.push(payload),
    onActive: () => heard.push('active'),
  });
  return { log, clients, heard, stop };
}

/** Lets all go on that waits for no timer. */
const settled = () => vi.advanceTimersByTimeAsync(0);

it('hears the channel from the subscription on', async () => {
  const { log, clients, heard, stop } = poolOf();
  await settled();
  expect([log, heard]).toEqual([['connect', 'listen "understudy.changed"'], ['active']]);
  clients[0]?.emit('notification', { payload: 'm' });
  clients[0]?.emit('notification', {});
  expect(heard).toEqual(['active', 'm', '']);
  stop();
});

it.each(['error', 'end'])('replaces a client that is lost by %s, and says that changes may have been missed', async (event) => {
  const { log, clients, heard, stop } = poolOf();
  await settled();
  clients[0]?.emit(event, new Error('reset'));
  clients[0]?.emit('end');
  expect(log.slice(2)).toEqual(['destroyed']);
  await vi.advanceTimersByTimeAsync(100);
  expect([log.slice(3), heard]).toEqual([
    ['connect', 'listen "understudy.changed"'],
    ['active', 'active'],
  ]);
  clients[0]?.emit('notification', { payload: 'of the old one' });
  expect(heard).toHaveLength(2);
  stop();
});

it('tries again after a refusal and a broken subscription, and waits longer each time', async () => {
  const { log, heard, stop } = poolOf('refused', 'broken', 'refused');
  const tries = () => log.filter((entry) => entry === 'connect').length;
  const waits: number[] = [];
  await settled();
  for (let tried = 1; tried < 4; tried++) {
    let waited = 0;
    for (; tries() === tried; waited++) await vi.advanceTimersByTimeAsync(1);
    waits.push(waited);
  }
  expect(heard).toEqual(['active']);
  // 50 ms doubled for each failure, and a half to all of that.
  for (const [index, waited] of waits.entries()) {
    expect(waited).toBeGreaterThanOrEqual(50 * 2 ** index);
    expect(waited).toBeLessThanOrEqual(100 * 2 ** index);
  }
  stop();
});

it('stopped, it gives its client up and hears nothing more', async () => {
  const { log, clients, heard, stop } = poolOf();
  await settled();
  stop();
  stop();
  clients[0]?.emit('notification', { payload: 'late' });
  clients[0]?.emit('end');
  await vi.advanceTimersByTimeAsync(60_000);
  expect([log, heard, vi.getTimerCount()]).toEqual([['connect', 'listen "understudy.changed"', 'destroyed'], ['active'], 0]);
});

it('stopped while it connects, or waits for the next try, it leaves no client behind', async () => {
  const connecting = poolOf();
  connecting.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([connecting.log, connecting.heard]).toEqual([['connect', 'destroyed'], []]);
  const waiting = poolOf('refused');
  await settled();
  waiting.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(waiting.log).toEqual(['connect']);
});
