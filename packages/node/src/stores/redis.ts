import type { StateStore } from '@understudy/core';
import { murmur3 } from '@understudy/core/assignment';
import { count, type Kind, kind, readOptions, withMethods } from '@understudy/core/authoring';
import type { Redis } from 'ioredis';
import { counterPart } from './counter-part.ts';
import { jsonText, textValue } from './json-text.ts';
import { type RedisClient, RedisConnection, type RedisLibrary, subscribe } from './redis-connection.ts';
import { CLAIM, COMPARE_AND_SET, MERGE_COUNTERS, type RedisScript } from './redis-scripts.ts';
import { storeCall, storeClosed } from './store-call.ts';
import { timerMs } from '../timer-ms.ts';
import { Watchers } from './watchers.ts';

export interface RedisStoreOptions {
  /** Where the server is: `redis://user:password@host:6379/0`, or `rediss:` over TLS. Either this or `client`. */
  readonly url?: string;
  /** A client of ioredis, `Redis` or `Cluster`; it stays yours, and open. Either this or `url`. */
  readonly client?: RedisClient;
  /** How every key and the channel begin; without braces. @defaultValue 'understudy:' */
  readonly prefix?: string;
  /** How long a call waits for its answer, in milliseconds. @defaultValue 2000 */
  readonly timeoutMs?: number;
  /**
   * How long counters and claims stay after the last write, in milliseconds. Documents stay; what is kept of decisions has a time
   * of its own.
   *
   * @defaultValue 90 days
   */
  readonly expireMs?: number;
  /** The module, where it cannot be imported by its name. @defaultValue import('ioredis'), at the first call */
  readonly lib?: RedisLibrary;
}

/** A member takes some 7 µs of the server, which does nothing else meanwhile: it may breathe in between. */
const MEMBERS_PER_SCRIPT = 1000;

/**
 * Keeps state in Redis 6.2 or newer: one server, Sentinel or a Cluster. Claims of a key are a Bloom filter of 2 MiB: it wrongly
 * refuses about 80 of a million members, and 0.3 % of two million. What is kept of a decision is one key, which expires by itself.
 *
 * A call rejects at once while there is no connection, and after `timeoutMs` in any case; the connection comes back by itself.
 * What outlives a crash of the server is up to its persistence (`appendonly yes`), and `maxmemory-policy` must be `noeviction`.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `STORE_UNAVAILABLE`, `PEER_MISSING` without ioredis,
 * `INPUT_INVALID` for a value without JSON, `CLOSED`.
 */
export function redisStore(options: RedisStoreOptions): StateStore & { close(): Promise<void> } {
  const settings = readOptions('redisStore', options, KINDS, DEFAULTS, ({ url, client }) => [
    [(url === undefined) !== (client === undefined), 'client', 'either the url of a server or a client'],
  ]);
  const { prefix, timeoutMs, expireMs } = settings;

  const connection = new RedisConnection(settings);
  const channel = `${prefix}changed`;
  const expire = String(expireMs);
  let closed = false;

  /** The braces keep all keys of one key on one node. */
  const keyOf = (key: string, kind: 'document' | 'counters' | 'claims' | `decision:${string}`): string =>
    `${prefix}{${key.replaceAll(/[%{}]/g, encodeURIComponent)}}:${kind}`;

  const clientOf = async (): Promise<Redis> => {
    if (closed) throw storeClosed('redis');
    return connection.ready();
  };
  const call = <T>(work: (client: Redis) => Promise<T>, signal?: AbortSignal): Promise<T> =>
    storeCall('redis', timeoutMs, async () => work(await clientOf()), signal);

  const watchers = new Watchers(
    () => {
      unsubscribe = listen();
    },
    () => unsubscribe(),
  );
  let unsubscribe = (): void => {};
  /** The client may not be there yet, and the last watcher may have gone when it is. */
  const listen = (): (() => void) => {
    let stop: (() => void) | undefined;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const start = async (): Promise<void> => {
      const client = await clientOf();
      if (stopped) return;
      stop = subscribe(client, channel, {
        onMessage: (key) => watchers.tell(key),
        onActive: () => watchers.tellAll(),
      });
    };
    const tryToStart = (): void =>
      void start().catch(() => {
        if (!stopped) timer = setTimeout(tryToStart, 1000).unref();
      });
    tryToStart();
    return () => {
      stopped = true;
      clearTimeout(timer);
      stop?.();
    };
  };

  return {
    name: 'redis',
    volatile: false,
    read: (key, { signal } = {}) =>
      call(async (client) => {
        const found = await client.call('get', keyOf(key, 'document'));
        if (typeof found !== 'string') return { version: 0, value: undefined };
        const [, version = '1', text = found] = /^(\d+) (.*)$/s.exec(found) ?? [];
        return { version: Number(version), value: textValue(text) };
      }, signal),
    compareAndSet: async (key, expectedVersion, value) => {
      const version = expectedVersion + 1;
      const document = `${version} ${jsonText(value)}`;
      const args = [String(expectedVersion), document, channel, key];
      const done = await call((client) => evaluate(client, COMPARE_AND_SET, keyOf(key, 'document'), args));
      return Number(done) === 1 ? version : undefined;
    },
    mergeCounters: async (key, { instance, sequence, counters }) => {
      const args = [instance, String(sequence), jsonText(counters), expire];
      // A client may be set to give numbers as texts.
      return Number(await call((client) => evaluate(client, MERGE_COUNTERS, keyOf(key, 'counters'), args))) === 1;
    },
    readCounters: (key) =>
      call(async (client) => {
        const parts = (await client.call('hgetall', keyOf(key, 'counters'))) as Record<string, string>;
        return Object.entries(parts).flatMap(([instance, part]) => {
          const [sequence, counters] = splitAtSpace(part);
          return counterPart(instance, sequence, counters);
        });
      }),
    claim: async (key, members) => {
      const answers = await call(async (client) => {
        const scripts: Promise<unknown>[] = [];
        for (let start = 0; start < members.length; start += MEMBERS_PER_SCRIPT) {
          const args = [hashesOf(members.slice(start, start + MEMBERS_PER_SCRIPT)), expire];
          scripts.push(evaluate(client, CLAIM, keyOf(key, 'claims'), args));
        }
        return Promise.all(scripts);
      });
      return answers
        .join('')
        .split('')
        .map((answer) => answer === '1');
    },
    remember: async (key, entries, keepMs) => {
      const keep = String(Math.ceil(keepMs));
      // Sent at once: one round trip.
      await call((client) =>
        Promise.all(entries.map(({ id, value }) => client.call('set', keyOf(key, `decision:${id}`), value, 'px', keep))),
      );
    },
    recall: async (key, ids) => {
      if (ids.length === 0) return [];
      const keys = ids.map((id) => keyOf(key, `decision:${id}`));
      const values = (await call((client) => client.call('mget', ...keys))) as readonly (string | null)[];
      return values.map((value) => value ?? undefined);
    },
    now: async () => {
      const [seconds, microseconds] = (await call((client) => client.call('time'))) as readonly [string, string];
      return Number(seconds) * 1000 + Number(microseconds) / 1000;
    },
    forget: async (key) => {
      await call((client) => client.call('unlink', keyOf(key, 'counters'), keyOf(key, 'claims')));
    },
    watch: (key, changed) => watchers.add(key, changed),
    close: async () => {
      closed = true;
      watchers.clear();
      await connection.close();
    },
  };
}

/** What was given is not repeated: it may hold a password. */
const serverUrl: Kind = (value) =>
  typeof value === 'string' && /^(redis|rediss):\/\/./.test(value)
    ? undefined
    : [{ path: '', message: 'expected the address of a server: redis://host:6379, or rediss: over TLS' }];

const KINDS = {
  url: serverUrl,
  client: withMethods('call', 'duplicate'),
  prefix: kind(
    (value) => typeof value === 'string' && !/[{}]/.test(value),
    'a text without braces: they choose the slot of a Redis Cluster',
  ),
  timeoutMs: timerMs,
  expireMs: count,
  lib: kind((value) => typeof Reflect.get(Object(value) as object, 'Redis') === 'function', 'the module ioredis'),
};
const DEFAULTS = { prefix: 'understudy:', timeoutMs: 2000, expireMs: 90 * 86_400_000 };

/** A server that was started anew does not know the script. */
async function evaluate(client: Redis, { lua, sha }: RedisScript, key: string, args: (string | Buffer)[]): Promise<unknown> {
  try {
    return await client.call('evalsha', sha, '1', key, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.call('eval', lua, '1', key, ...args);
  }
}

function splitAtSpace(text: string): [string, string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

function hashesOf(members: readonly string[]): Buffer {
  const hashes = Buffer.alloc(members.length * 8);
  for (const [index, member] of members.entries()) {
    hashes.writeUInt32BE(murmur3(`a:${member}`), index * 8);
    // Odd: its multiples then meet no bit twice.
    hashes.writeUInt32BE((murmur3(`b:${member}`) | 1) >>> 0, index * 8 + 4);
  }
  return hashes;
}
