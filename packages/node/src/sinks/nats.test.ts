import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createUnderstudy, type UnderstudyEvent } from '@understudy/core';
import { sinkConformanceCases } from '@understudy/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sampleControl, sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { natsServer, withNats } from '../../../../tests/servers/nats-server.ts';
import type { TestServer } from '../../../../tests/servers/server-process.ts';
import { nats, type NatsOptions } from './nats.ts';
import { natsSubject } from './nats-subject.ts';
import { failureOf } from './test-receiver.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
const { signal } = new AbortController();

interface Stored {
  readonly subject: string;
  readonly body: unknown;
}

let streams = 0;

/** A stream of its own, by its prefix, and all that it holds. */
async function streamOn(connection: NatsConnection, more: object = {}) {
  const prefix = `s${streams++}`;
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: prefix, subjects: [`${prefix}.>`], ...more });
  const stored = async (): Promise<readonly Stored[]> => {
    const { state } = await manager.streams.info(prefix);
    const messages = Array.from({ length: state.messages }, (_, index) =>
      manager.streams.getMessage(prefix, { seq: state.first_seq + index }),
    );
    return (await Promise.all(messages)).flatMap((message) =>
      message === null ? [] : [{ subject: message.subject, body: message.json() }],
    );
  };
  return { prefix, stored };
}

async function connected(server: TestServer): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50, reconnectJitter: 0 });
  ends.push(() => connection.close());
  return connection;
}
const idsOf = (stored: readonly Stored[]): readonly string[] => stored.map(({ body }) => (body as UnderstudyEvent).id);

describe('subjects', () => {
  it.each([
    ['claims', 'claims'],
    ['', '_'],
    ['a.b', 'a%2Eb'],
    ['a*b>c d\n', 'a%2Ab%3Ec%20d%0A'],
    ['é', '%C3%A9'],
  ])('%j is the token %s', (model, token) => {
    expect(natsSubject('p', sampleDecision({ model }))).toBe(`p.${token}.decision`);
  });

  it('are never long, and stay different', () => {
    const models = ['x'.repeat(9000), `${'x'.repeat(8999)}y`, '\ud800', '\udc00'];
    const subjects = models.map((model) => natsSubject('p', sampleDecision({ model })));
    expect(new Set(subjects).size).toBe(models.length);
    for (const subject of subjects) expect(subject).toMatch(/^p\.[\w%-]{1,240}\.decision$/);
  });
});

describe.runIf(withNats)('nats on a real server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await natsServer();
    await server.start();
  }, 300_000);
  afterAll(() => server?.stop());

  describe('conformance', () => {
    it.each(sinkConformanceCases)('$title', async ({ run }) => {
      const connection = await connected(server);
      const open = async (content: boolean) => {
        const { prefix, stored } = await streamOn(connection);
        const sink = nats({ connection, prefix, content });
        const ids = async (): Promise<readonly string[]> => idsOf(await stored());
        return { sink, dropsRepeats: true, arrived: async () => JSON.stringify(await stored()), ids };
      };
      await expect(run({ open })).resolves.toBeUndefined();
    });
  });

  it('events are JSON under model and type, or CloudEvents', async () => {
    const connection = await connected(server);
    const { prefix, stored } = await streamOn(connection);
    const [decision, command] = [sampleDecision(), sampleControl({ model: '' })];
    await nats({ jetstream: jetstream(connection), prefix }).write([decision, command], { signal });
    await nats({ connection, prefix, format: 'cloudevents' }).write([sampleDecision({ id: 'other' })], { signal });
    expect(await stored()).toMatchObject([
      { subject: `${prefix}.claims.decision`, body: decision },
      { subject: `${prefix}._.control-changed`, body: command },
      { body: { specversion: '1.0', id: 'other', type: 'dev.understudy.decision', data: { id: 'other' } } },
    ]);
  });

  it('a subject of yours; an event without one is refused alone', async () => {
    const connection = await connected(server);
    const { prefix, stored } = await streamOn(connection);
    const subject: NatsOptions['subject'] = ({ model }) => (model === 'bad' ? 'a b' : `${prefix}.mine`);
    const events = [sampleDecision(), sampleDecision({ model: 'bad' }), sampleDecision()];
    const error = await failureOf(nats({ connection, subject }).write(events, { signal }));
    expect(error).toMatchObject({ code: 'SINK_FAILED', details: { refused: [events[1]?.id] } });
    expect((await stored()).map((one) => one.subject)).toEqual([`${prefix}.mine`, `${prefix}.mine`]);
  });

  it('an event that is too large for the server or for the stream is refused alone', async () => {
    const connection = await connected(server);
    const { prefix, stored } = await streamOn(connection, { max_msg_size: 5000 });
    const events = [
      sampleDecision(),
      sampleDecision({ reason: 'x'.repeat(2_000_000) }),
      sampleDecision({ reason: 'x'.repeat(6000) }),
      sampleDecision(),
    ];
    const error = await failureOf(nats({ connection, prefix }).write(events, { signal }));
    expect(error.details).toMatchObject({ refused: [events[1]?.id, events[2]?.id] });
    expect(await stored()).toHaveLength(2);
  });

  it('without a stream a write fails, and may come again', async () => {
    const connection = await connected(server);
    const error = await failureOf(nats({ connection, prefix: 'nobody' }).write([sampleDecision()], { signal }));
    expect(error).toMatchObject({
      code: 'SINK_FAILED',
      retryable: true,
      message:
        "No stream takes the subject nobody.claims.decision: make one with subjects ['nobody.>'], or JetStream is off on the server.",
    });
  });

  it('of a batch only what was not acknowledged is published again', async () => {
    const published: string[] = [];
    let fails = true;
    const events = [sampleDecision(), sampleDecision(), sampleDecision()];
    const client: NatsOptions['jetstream'] = {
      publish: async (_subject, _payload, { msgID }) => {
        published.push(msgID);
        if (fails && msgID === events[1]?.id) throw new Error('timeout');
        return {};
      },
    };
    const sink = nats({ jetstream: client });
    expect(await failureOf(sink.write(events, { signal }))).toMatchObject({ retryable: true });
    fails = false;
    await sink.write(events, { signal });
    expect(published).toEqual([...events.map(({ id }) => id), events[1]?.id]);
  });
});

describe.runIf(withNats)('a NATS server that dies', () => {
  it('comes back: no event is lost, and none is there twice', { timeout: 300_000 }, async () => {
    const server = await natsServer();
    ends.push(() => server.stop());
    await server.start();
    const connection = await connected(server);
    const { prefix, stored } = await streamOn(connection);
    const understudy = createUnderstudy({
      sinks: [nats({ connection, prefix, timeoutMs: 1000 })],
      sinkQueue: { attempts: 100, backoffMs: 50, batchSize: 100, flushMs: 1 },
    });
    const model = understudy.defineModel(
      { name: 'm', input: z.object({}), output: z.object({}) },
      { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
    );
    const made: string[] = [];
    const predict = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) made.push((await model.predict({})).id);
    };
    for (let round = 0; round < 3; round++) {
      await predict(300);
      await server.kill();
      await predict(300);
      await new Promise((done) => setTimeout(done, 200));
      await server.start();
    }
    await understudy.flush({ timeoutMs: 60_000 });
    expect(understudy.status().sinks).toMatchObject([{ delivered: 1800, lost: {} }]);
    const ids = idsOf(await stored());
    expect(ids.toSorted()).toEqual(made.toSorted());
    await understudy.close();
  });
});
