import { UnderstudyError } from '@understudy/core';
import type { Redis, RedisOptions } from 'ioredis';

/** What is used of a client of ioredis, `Redis` or `Cluster`. Structural, so that these types do not need that package. */
export interface RedisClient {
  readonly isCluster: boolean;
  readonly status: string;
  call(command: string, ...args: (string | Buffer)[]): Promise<unknown>;
  duplicate(): unknown;
}

/** The module `ioredis`. */
export interface RedisLibrary {
  readonly Redis: new (url: string, options: RedisConnectionOptions) => unknown;
}

export interface RedisSource {
  readonly url?: string;
  readonly client?: RedisClient;
  readonly timeoutMs: number;
  readonly lib?: RedisLibrary;
}

/** What we ask of a connection that we open. */
export type RedisConnectionOptions = Readonly<Record<string, unknown>>;

const retryStrategy = (times: number): number => Math.min(2000, 50 * 2 ** Math.min(times, 6));

/** A client that is ours, opened at the first call, or one that was given. Either comes back by itself. */
export class RedisConnection {
  readonly #source: RedisSource;
  #opening: Promise<Redis> | undefined;
  #starting: Promise<void> | undefined;
  #lastError: unknown;

  constructor(source: RedisSource) {
    this.#source = source;
  }

  /**
   * The client, when it can take a command; rejects at once between two tries to connect. So nothing gets into the queue of a
   * client that is away: what was rejected here would be written from there, whenever the server is back.
   */
  async ready(): Promise<Redis> {
    this.#opening ??= this.#open();
    const client = await this.#opening;
    if (client.status === 'ready') return client;
    if (client.status === 'reconnecting' || client.status === 'end') throw this.#reason();
    this.#starting ??= this.#started(client).finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
    return client;
  }

  /** Leaves alone what was given. */
  async close(): Promise<void> {
    const [opened] = await Promise.allSettled([this.#opening]);
    if (this.#source.client === undefined && opened.status === 'fulfilled') opened.value?.disconnect();
  }

  async #open(): Promise<Redis> {
    const { url = '', client: given, timeoutMs, lib } = this.#source;
    if (given !== undefined) return given as Redis;
    try {
      // Awaited in any case: what throws below forgets a promise that must have been kept by then.
      const { Redis } = await (lib ?? importIoredis());
      const options: RedisOptions = {
        lazyConnect: true,
        connectTimeout: timeoutMs,
        // A server that has gone silent without a word: the connection is dropped, and made anew.
        socketTimeout: timeoutMs,
        keepAlive: 10_000,
        retryStrategy,
        // A command fails at once where there is no connection. Sent a second time, a compare-and-set that had been applied
        // would look like one that lost.
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
      };
      const client = new Redis(url, { ...options }) as Redis;
      client.on('error', (error) => {
        this.#lastError = error;
      });
      letProcessEnd(client);
      return client;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** How the present try to connect ends. */
  async #started(client: Redis): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onClose = (): void => reject(this.#reason());
    client.once('ready', resolve).once('close', onClose);
    // Its failure is that of `promise`, which knows more of it.
    if (client.status === 'wait') client.connect().catch(onClose);
    try {
      await promise;
      this.#lastError = undefined;
    } finally {
      client.off('ready', resolve).off('close', onClose);
    }
  }

  #reason(): unknown {
    return this.#lastError ?? new Error('there is no connection');
  }
}

/**
 * An idle connection, and the wait for the next try to connect, keep no process alive; a call under way does, by its timer. A
 * Cluster keeps connections of its own, which end with the client that was given.
 */
function letProcessEnd(client: Redis): void {
  client.on('connect', () => client.stream?.unref());
  // The timer of ioredis, which it sets before it tells.
  client.on('reconnecting', () => unref(Reflect.get(client, 'reconnectTimeout')));
}

function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
}

/**
 * Hears a channel until it is stopped, on a connection of its own, which is lost and made anew as the network wants.
 *
 * @param onActive after each subscription: what came before was not heard
 */
export function subscribe(
  client: Redis,
  channel: string,
  { onMessage, onActive }: { readonly onMessage: (message: string) => void; readonly onActive: () => void },
): () => void {
  // A Cluster takes nodes first, and keeps its own subscription.
  const options: RedisOptions = {
    lazyConnect: true,
    retryStrategy,
    autoResubscribe: false,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
  };
  const subscriber = client.isCluster ? client.duplicate() : client.duplicate(options);
  // Where the server is away, the next 'ready' brings the next try: there is nobody to tell.
  const waitForReady = (): void => {};
  subscriber.on('error', waitForReady);
  if (!client.isCluster) letProcessEnd(subscriber);
  subscriber.on('ready', () => void subscriber.subscribe(channel).then(onActive, waitForReady));
  subscriber.on('message', (_channel: string, message: string) => onMessage(message));
  if (subscriber.status === 'wait') subscriber.connect().catch(waitForReady);
  return () => subscriber.disconnect();
}

async function importIoredis(): Promise<RedisLibrary> {
  try {
    return (await import('ioredis')) as object as RedisLibrary;
  } catch (cause) {
    throw new UnderstudyError('PEER_MISSING', 'redisStore() needs ioredis, which could not be loaded: npm install ioredis', {
      cause,
    });
  }
}
