import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { RedisConnection, type RedisClient, type RedisLibrary, subscribe } from './redis-connection.ts';

type Status = 'wait' | 'connecting' | 'ready' | 'reconnecting' | 'end';

/** A client of ioredis as far as a connection sees it. */
class Client extends EventEmitter implements RedisClient {
  readonly isCluster = false;
  readonly log: string[] = [];
  readonly options: unknown;
  status: Status = 'wait';
  connects: () => Promise<void> = async () => this.became('ready');

  constructor(_url = '', options: unknown = {}) {
    super();
    this.options = options;
  }

  became(status: Status): void {
    this.status = status;
    if (status === 'ready') this.emit('ready');
  }

  connect(): Promise<void> {
    this.log.push('connect');
    this.status = 'connecting';
    return this.connects();
  }

  lost(status: Status = 'reconnecting'): void {
    this.status = status;
    this.emit('close');
  }

  disconnect(): void {
    this.log.push('disconnect');
  }

  call = async (): Promise<undefined> => undefined;
  duplicate = (): Client => this;
}

function ours(prepare: (client: Client) => void = () => undefined) {
  const clients: Client[] = [];
  const lib: RedisLibrary = {
    Redis: class extends Client {
      constructor(url: string, options: unknown) {
        super(url, options);
        prepare(this);
        clients.push(this);
      }
    },
  };
  return { connection: new RedisConnection({ url: 'redis://h', timeoutMs: 500, lib }), clients };
}

describe('a client of ours', () => {
  it('is opened by the first call, once, and fails a command at once where it is away', async () => {
    const { connection, clients } = ours();
    expect(clients).toEqual([]);
    await Promise.all([connection.ready(), connection.ready()]);
    expect(clients.map(({ log }) => log)).toEqual([['connect']]);
    expect(clients[0]?.options).toMatchObject({
      connectTimeout: 500,
      socketTimeout: 500,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
  });

  it('that cannot connect rejects with what the server said, or with that there is no connection', async () => {
    const refused = new Error('ECONNREFUSED');
    const told = ours((client) => {
      client.connects = async () => {
        client.emit('error', refused);
        client.lost();
        throw new Error('Connection is closed.');
      };
    });
    await expect(told.connection.ready()).rejects.toBe(refused);
    // Between two tries nothing is waited for.
    await expect(told.connection.ready()).rejects.toBe(refused);
    expect(told.clients[0]?.log).toEqual(['connect']);
    const silent = ours((client) => {
      client.connects = async () => client.lost();
    });
    await expect(silent.connection.ready()).rejects.toThrow('there is no connection');
  });

  it('that comes back by itself is taken, and the old reason forgotten', async () => {
    const { connection, clients } = ours((client) => {
      client.connects = async () => {
        client.emit('error', new Error('ECONNREFUSED'));
        client.lost();
      };
    });
    await expect(connection.ready()).rejects.toThrow('ECONNREFUSED');
    const [client] = clients;
    if (client === undefined) throw new Error('A client was expected.');
    client.status = 'connecting';
    const ready = connection.ready();
    client.became('ready');
    expect(await ready).toBe(client);
    // One listener of each try would be left otherwise.
    expect([client.listenerCount('ready'), client.listenerCount('close')]).toEqual([0, 0]);
  });

  it('whose making failed is made again by the next call', async () => {
    let tries = 0;
    const { connection } = ours(() => {
      if (tries++ === 0) throw new Error('bad options');
    });
    await expect(connection.ready()).rejects.toThrow('bad options');
    await expect(connection.ready()).resolves.toBeInstanceOf(Client);
  });

  it('is closed with the connection; one that was never opened is left alone', async () => {
    const { connection, clients } = ours();
    await connection.close();
    await connection.ready();
    await connection.close();
    expect(clients.map(({ log }) => log)).toEqual([['connect', 'disconnect']]);
  });
});

describe('a client that was given', () => {
  it('is used as it is, and not closed', async () => {
    const client = new Client();
    client.status = 'ready';
    const connection = new RedisConnection({ client, timeoutMs: 500 });
    expect(await connection.ready()).toBe(client);
    await connection.close();
    expect(client.log).toEqual([]);
  });

  it('that has ended says so', async () => {
    const client = new Client();
    client.status = 'end';
    await expect(new RedisConnection({ client, timeoutMs: 500 }).ready()).rejects.toThrow('there is no connection');
  });
});

it('a subscription is made anew with each connection, and ended once', async () => {
  const heard: string[] = [];
  const client = Object.assign(new Client(), {
    subscribe: async (channel: string) => heard.push(`subscribed ${channel}`),
  });
  const stop = subscribe(client as never, 'changes', {
    onMessage: (message) => heard.push(message),
    onActive: () => heard.push('active'),
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  await settled();
  client.emit('message', 'changes', 'm');
  client.emit('error', new Error('reset'));
  client.emit('ready');
  await settled();
  expect(heard).toEqual(['subscribed changes', 'active', 'm', 'subscribed changes', 'active']);
  stop();
  expect(client.log).toEqual(['connect', 'disconnect']);
});
