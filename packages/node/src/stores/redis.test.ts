import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { StateStore } from '@understudy/core';
import { storeConformanceCases } from '@understudy/core/testing';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { redisServer, withRedis } from '../../../../tests/servers/redis-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';
import { redisStore, type RedisStoreOptions } from './redis.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
function open(options: RedisStoreOptions): StateStore & { close(): Promise<void> } {
  const store = redisStore(options);
  opened.push(store);
  return store;
}
function client(url: string, options: RedisOptions = {}): Redis {
  const made = new Redis(url, options);
  opened.push({ close: () => made.disconnect() });
  return made;
}
const unavailable = { code: 'STORE_UNAVAILABLE', retryable: true, cause: expect.any(Error) };

describe.runIf(withRedis)('redisStore on a real server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
  });
  afterAll(() => server?.stop());

  describe('conformance, on a url', () => {
    it.each(storeConformanceCases)('$title', async ({ run }) => {
      await expect(run({ open: () => open({ url: server.url }) })).resolves.toBeUndefined();
    });
  });

  describe('conformance, on a client with a prefix of its own', () => {
    it.each(storeConformanceCases)('$title', async ({ run }) => {
      await expect(run({ open: () => open({ client: client(server.url, { keyPrefix: 'app:' }) }) })).resolves.toBeUndefined();
    });
  });

  it('keys expire when nothing is written any more, documents do not', async () => {
    const redis = client(server.url);
    const store = open({ client: redis, prefix: 'expiry:', expireMs: 60_000 });
    await store.compareAndSet('k', 0, 1);
    await store.mergeCounters('k', { instance: 'a', sequence: 1, counters: {} });
    await store.claim('k', ['ab']);
    const left = await Promise.all(['document', 'counters', 'claims'].map((kind) => redis.pttl(`expiry:{k}:${kind}`)));
    expect(left[0]).toBe(-1);
    for (const ms of left.slice(1)) expect(ms).toBeGreaterThan(0);
    await redis.pexpire('expiry:{k}:counters', 1000);
    await store.mergeCounters('k', { instance: 'a', sequence: 2, counters: {} });
    expect(await redis.pttl('expiry:{k}:counters')).toBeGreaterThan(1000);
  });

  it('decisions expire one by one, each after its own time', async () => {
    const redis = client(server.url);
    const store = open({ client: redis, prefix: 'decisions:', expireMs: 1000 });
    await store.remember?.('k', [{ id: 'short', value: '1' }], 20.5);
    await store.remember?.('k', [{ id: 'long', value: '2' }], 60_000);
    await expect.poll(() => store.recall?.('k', ['short', 'long'])).toEqual([undefined, '2']);
    expect(await redis.pttl('decisions:{k}:decision:long')).toBeGreaterThan(1000);
    expect(await redis.exists('decisions:{k}:decision:short')).toBe(0);
  });

  it('takes 2 MiB for the claims of a key, and refuses few of a hundred thousand', async () => {
    const redis = client(server.url);
    const store = open({ client: redis, prefix: 'size:' });
    let refused = 0;
    for (let batch = 0; batch < 10; batch++) {
      const members = Array.from({ length: 10_000 }, (_, index) => (batch * 10_000 + index).toString(16));
      refused += (await store.claim('k', members)).filter((won) => !won).length;
    }
    // Seven probes in 2^24 bits: of the last of 100,000 members 3 in 10^10.
    expect(refused).toBe(0);
    expect(await redis.strlen('size:{k}:claims')).toBeLessThanOrEqual(2 ** 21);
  });

  it('another text under its key is told, not overwritten', async () => {
    const redis = client(server.url);
    const store = open({ client: redis, prefix: 'foreign:' });
    await redis.set('foreign:{k}:document', 'mine');
    // The text is given as it is: whoever reads it knows whether it is a document.
    expect(await store.read('k')).toEqual({ version: 1, value: 'mine' });
    expect(await store.compareAndSet('k', 0, 1)).toBeUndefined();
    expect(await redis.get('foreign:{k}:document')).toBe('mine');
  });

  it.each(['mine', '', '12', '7{"v":2}', '7 {"v":', '-3 {}', 'x 5 {}'])(
    'F10 %j, which is no document, can be replaced',
    async (text) => {
      const redis = client(server.url);
      const store = open({ client: redis, prefix: 'damaged:' });
      await redis.set('damaged:{k}:document', text);
      const { version, value } = await store.read('k');
      expect(version).toBe(text.startsWith('7 ') ? 7 : 1);
      expect(value).not.toBeTypeOf('object');
      expect(await store.compareAndSet('k', version, { v: 2 })).toBe(version + 1);
      expect(await store.read('k')).toEqual({ version: version + 1, value: { v: 2 } });
    },
  );

  it('F10 a damaged part of the counters is left out until its instance writes it again', async () => {
    const redis = client(server.url);
    const store = open({ client: redis, prefix: 'parts:' });
    await redis.hset('parts:{k}:counters', 'a', '1 {"units":', 'b', 'x {"units":1}', 'c', '1 {"units":"many"}');
    await store.mergeCounters('k', { instance: 'd', sequence: 1, counters: { units: 2 } });
    expect(await store.readCounters('k')).toEqual([{ instance: 'd', sequence: 1, counters: { units: 2 } }]);
    expect(await store.mergeCounters('k', { instance: 'b', sequence: 1, counters: { units: 3 } })).toBe(true);
    expect(await store.readCounters('k')).toContainEqual({ instance: 'b', sequence: 1, counters: { units: 3 } });
  });

  it('D5 a client that gives numbers as texts is answered as any other', async () => {
    const store = open({ client: client(server.url, { stringNumbers: true }), prefix: 'texts:' });
    expect(await store.compareAndSet('k', 0, { a: 1 })).toBe(1);
    expect(await store.compareAndSet('k', 0, { a: 2 })).toBeUndefined();
    expect(await store.compareAndSet('k', 1, { a: 3 })).toBe(2);
    expect(await store.mergeCounters('k', { instance: 'i', sequence: 2, counters: {} })).toBe(true);
    expect(await store.mergeCounters('k', { instance: 'i', sequence: 1, counters: {} })).toBe(false);
    expect(await store.claim('k', ['ab', 'ab'])).toEqual([true, false]);
    expect(await store.now?.()).toBeGreaterThan(1.6e12);
  });

  describe('D5 conformance, on a client that gives numbers as texts', () => {
    it.each(storeConformanceCases)('$title', async ({ run }) => {
      const context = { open: () => open({ client: client(server.url, { stringNumbers: true }), prefix: 'numbers:' }) };
      await expect(run(context)).resolves.toBeUndefined();
    });
  });

  it('F9 the time is that of the server', async () => {
    const redis = client(server.url);
    const [seconds] = (await redis.time()) as unknown as [string];
    const now = await open({ client: redis }).now?.();
    expect(Math.abs((now ?? 0) - Number(seconds) * 1000)).toBeLessThan(60_000);
  });

  it('F13 a process that closes nothing ends by itself when it has nothing else to do', { timeout: 300_000 }, async () => {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@understudy/source',
        '--no-warnings',
        '--input-type=module-typescript',
        '--eval',
        `import { redisStore } from ${JSON.stringify(new URL('./redis.ts', import.meta.url).href)};
        const store = redisStore({ url: ${JSON.stringify(server.url)}, prefix: 'ends:' });
        store.watch('k', () => undefined);
        process.stdout.write(String(await store.compareAndSet('k', 0, 1)));
        await store.read('k');
        const away = redisStore({ url: 'redis://127.0.0.1:1' });
        away.watch('k', () => undefined);
        await away.read('k').catch(() => undefined);`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let told = '';
    child.stdout.on('data', (text) => (told += String(text)));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(told).toBe('1');
  });

  it('close ends its own connections, and leaves the client that was given', async () => {
    const redis = client(server.url);
    const store = redisStore({ client: redis });
    store.watch?.('k', () => {});
    await store.read('k');
    await store.close();
    expect(await redis.ping()).toBe('PONG');
    await expect(store.read('k')).rejects.toMatchObject({ code: 'CLOSED' });
    // A connection that is closed is gone from the server's list a moment later.
    const own = redisStore({ url: server.url });
    own.watch?.('k', () => {});
    await own.read('k');
    await own.close();
    await expect
      .poll(
        async () =>
          String(await redis.client('LIST'))
            .trim()
            .split('\n').length,
        { timeout: 120_000 },
      )
      .toBe(1);
  });

  it('a read ends with its signal', async () => {
    const store = open({ url: server.url });
    const reason = new Error('the caller left');
    await expect(store.read('k', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe.runIf(withRedis)('a Redis that dies', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await redisServer();
  });
  afterAll(() => server?.stop());

  it('calls reject, then work again by themselves, on an empty server; a watch hears again', { timeout: 300_000 }, async () => {
    await server.kill();
    const own = open({ url: server.url });
    const given = open({ client: client(server.url).on('error', () => {}), prefix: 'given:', timeoutMs: 500 });
    const watched = { own: 0, given: 0 };
    own.watch?.('k', () => watched.own++);
    given.watch?.('k', () => watched.given++);
    // Never there yet.
    await expect(own.read('k')).rejects.toMatchObject(unavailable);
    await expect(given.read('k')).rejects.toMatchObject(unavailable);

    for (let round = 0; round < 2; round++) {
      await server.start();
      for (const [name, store] of [
        ['own', own],
        ['given', given],
      ] as const) {
        await expect.poll(() => store.read('k').catch(() => undefined), { timeout: 120_000 }).toMatchObject({ version: 0 });
        expect(await store.compareAndSet('k', 0, name)).toBe(1);
        expect(await store.claim('k', ['ab'])).toEqual([true]);
        expect(await store.mergeCounters('k', { instance: 'a', sequence: 1, counters: {} })).toBe(true);
        // Changes until one is heard: the connection of the watch comes back in its own time.
        let version = 1;
        const before = watched[name];
        await expect
          .poll(
            async () => {
              version = (await store.compareAndSet('k', version, name)) ?? version;
              return watched[name] - before;
            },
            { timeout: 120_000 },
          )
          .toBeGreaterThan(2);
      }
      const inFlight = [own, given].flatMap((store) => Array.from({ length: 20 }, () => store.claim('k', ['ef'])));
      const settled = Promise.allSettled(inFlight);
      await server.kill();
      for (const result of await settled) if (result.status === 'rejected') expect(result.reason).toMatchObject(unavailable);
      for (const store of [own, given]) {
        await expect(store.compareAndSet('k', 0, 1)).rejects.toMatchObject(unavailable);
        await expect(store.readCounters('k')).rejects.toMatchObject(unavailable);
        await expect(store.forget('k')).rejects.toMatchObject(unavailable);
        await expect(store.remember?.('k', [{ id: 'a', value: '1' }], 1000)).rejects.toMatchObject(unavailable);
        await expect(store.recall?.('k', ['a'])).rejects.toMatchObject(unavailable);
      }
    }
  });

  it('a server that is silent is given up after the timeout, and found again', { timeout: 300_000 }, async () => {
    await server.start();
    const store = open({ url: server.url, timeoutMs: 300 });
    await store.read('k');
    server.pause();
    try {
      await expect(store.read('k')).rejects.toMatchObject(unavailable);
      await expect(store.read('k')).rejects.toMatchObject(unavailable);
    } finally {
      server.resume();
    }
    await expect.poll(() => store.read('k').catch(() => undefined), { timeout: 120_000 }).toHaveProperty('version');
  });
});

describe.runIf(withRedis)('a Redis Cluster', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await redisServer('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    await server.start();
    const node = client(server.url);
    await node.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
    const formed = async (): Promise<void> => {
      if (!(await node.cluster('INFO')).includes('cluster_state:ok')) throw new Error('it is still forming');
    };
    await vi.waitFor(formed, { timeout: 120_000 });
  });
  afterAll(() => server?.stop());

  it.each(storeConformanceCases)('$title', async ({ run }) => {
    const cluster = (): Cluster => {
      const made = new Cluster([server.url]);
      opened.push({ close: () => made.disconnect() });
      return made;
    };
    await expect(run({ open: () => open({ client: cluster() }) })).resolves.toBeUndefined();
  });
});

describe('options', () => {
  it('are refused all at once', () => {
    expect(() => redisStore({ prefix: '{a}', timeoutMs: 0, expireMs: 1.5 })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: {
          problems: ['prefix', 'timeoutMs', 'expireMs'].map((name) => expect.objectContaining({ path: `redisStore.${name}` })),
        },
      }),
    );
  });

  it('do no I/O, and a value without JSON is refused before any', async () => {
    const store = redisStore({
      url: 'redis://127.0.0.1:1',
      lib: {
        Redis: function refuse() {
          throw new Error('connected');
        } as never,
      },
    });
    await expect(store.compareAndSet('k', 0, undefined)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(store.compareAndSet('k', 0, 1n)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(store.read('k')).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('connected') });
    await store.close();
  });
});
