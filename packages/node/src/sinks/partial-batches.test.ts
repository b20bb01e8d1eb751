import { createUnderstudy, type Sink, type UnderstudyEvent } from '@understudy/core';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sampleAlert, sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { http } from './http.ts';
import { kafka } from './kafka.ts';
import { nats } from './nats.ts';
import { slack } from './slack.ts';
import { failureOf, testReceiver } from './test-receiver.ts';
import { webhook } from './webhook.ts';

const { signal } = new AbortController();
const idsOf = (events: readonly UnderstudyEvent[]): readonly string[] => events.map(({ id }) => id);
const five = (): UnderstudyEvent[] => Array.from({ length: 5 }, () => sampleDecision());

describe('what has arrived of a batch that fails is told', () => {
  it('nats: all but one that no server acknowledges', async () => {
    const events = five();
    const sent: string[] = [];
    const sink = nats({
      jetstream: {
        publish: async (_, __, { msgID }) => {
          if (msgID === events[2]?.id) throw new Error('timeout');
          sent.push(msgID);
          return {};
        },
      },
    });
    for (let round = 0; round < 2; round++) {
      const { retryable, details } = await failureOf(sink.write(events, { signal }));
      expect([retryable, details['arrived']]).toEqual([true, idsOf(events).toSpliced(2, 1)]);
    }
    // The queue leaves out what has arrived.
    await failureOf(sink.write(events.slice(2, 3), { signal }));
    expect(sent).toEqual(idsOf(events).toSpliced(2, 1));
  });

  it('http: the first half after a 413', async () => {
    const { url } = await testReceiver([413, 204, 503]);
    const events = five();
    const { retryable, details } = await failureOf(http({ url }).write(events, { signal }));
    expect([retryable, details]).toEqual([true, { status: 503, arrived: idsOf(events.slice(0, 3)) }]);
  });

  it('webhook and slack: those before the one that fails', async () => {
    const [hook, channel] = [await testReceiver([204, 204, 503]), await testReceiver([204, 503])];
    const alerts = [sampleAlert({ model: 'a' }), sampleAlert({ model: 'b' }), sampleAlert({ model: 'c' })];
    const sinks: readonly [Sink<UnderstudyEvent>, number][] = [
      [webhook({ url: hook.url, secret: 'a secret of twenty-four bytes or more' }), 2],
      [slack({ url: channel.url }), 1],
    ];
    for (const [sink, count] of sinks) {
      const { details } = await failureOf(sink.write(alerts, { signal }));
      expect(details['arrived']).toEqual(idsOf(alerts.slice(0, count)));
    }
  });
});

describe('functions of yours that are odd at one event', () => {
  it.each<[string, () => unknown]>([
    ['throws', () => fail()],
    ['answers a promise that rejects', () => Promise.reject(new Error('no'))],
    ['answers a number', () => 7],
  ])('nats: a subject that %s refuses that one alone', async (_, odd) => {
    const events = five();
    const sent: string[] = [];
    const sink = nats({
      subject: ((event: UnderstudyEvent) => (event === events[1] ? odd() : 'a.b')) as never,
      jetstream: { publish: async (__, ___, { msgID }) => ({ sent: sent.push(msgID) }) },
    });
    const { retryable, details } = await failureOf(sink.write(events, { signal }));
    expect([retryable, details['refused'], sent.length]).toEqual([false, [events[1]?.id], 4]);
  });

  it('kafka: a topic is asked for once, and a promise that rejects is none', async () => {
    const events = five();
    let asked = 0;
    const topics: string[] = [];
    const sink = kafka({
      producer: { send: async ({ messages }) => ({ count: topics.push(...messages.map(({ topic }) => topic)) }) },
      topic: ((event: UnderstudyEvent) => (event === events[4] ? Promise.reject(new Error('no')) : `t${asked++}`)) as never,
    });
    const { details } = await failureOf(sink.write(events, { signal }));
    expect([details['refused'], topics]).toEqual([[events[4]?.id], ['t0', 't1', 't2', 't3']]);
  });
});

it('kafka: a producer that never answers is tried again', async () => {
  const sink = kafka({ producer: { send: () => new Promise(() => undefined) }, topic: 't', timeoutMs: 20 });
  expect(await failureOf(sink.write(five(), { signal }))).toMatchObject({
    retryable: true,
    message: expect.stringContaining('did not answer within 20 ms'),
  });
});

describe('headers and addresses', () => {
  it.each<[string, unknown, string]>([
    ['a line break', { 'x-key': 'S3cret\nvalue' }, '.x-key'],
    ['what is not Latin-1', { 'x-key': 'S3cret…' }, '.x-key'],
    ['a name with a space', { 'x key': 'S3cret' }, '.x key'],
    ['a list', { 'x-key': ['S3cret'] }, '.x-key'],
    ['a text', 'S3cret', ''],
  ])('%s in headers is refused when the sink is made, and not repeated', async (_, headers, path) => {
    const made: readonly [string, () => unknown][] = [
      ['http', () => http({ url: 'https://example.com', headers: headers as never })],
      [
        'webhook',
        () => webhook({ url: 'https://example.com', headers: headers as never, secret: 'a secret of twenty-four bytes or more' }),
      ],
    ];
    for (const [name, make] of made) {
      const error = await failureOf(Promise.resolve().then(make));
      expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', details: { problems: [{ path: `${name}.headers${path}` }] } });
      expect(JSON.stringify(error)).not.toContain('S3cret');
    }
  });

  it('a password with a % of its own is sent as it is', async () => {
    const { url, received } = await testReceiver();
    const sink = http({ url: url.replace('//', '//ana:50%25ZZ%ZZ@') });
    await sink.write(five(), { signal });
    const sent = Buffer.from(received[0]?.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    expect(sent).toBe('ana:50%25ZZ%ZZ');
  });
});

it('a runtime counts only what has not arrived', async () => {
  const bad: string[] = [];
  const sink = nats({
    jetstream: {
      publish: async (_, __, { msgID }) => {
        if (bad.includes(msgID)) throw new Error('timeout');
        return {};
      },
    },
    types: ['decision'],
  });
  const understudy = createUnderstudy({ sinks: [sink], sinkQueue: { backoffMs: 0, attempts: 2, flushMs: 1000 } });
  const model = understudy.defineModel(
    { name: 'm', input: z.object({}), output: z.object({}) },
    { variants: { v1: { version: '1', predictor: () => ({}) } }, champion: 'v1' },
  );
  for (let call = 0; call < 6; call++) {
    const { id } = await model.predict({});
    if (call === 2) bad.push(id);
  }
  await understudy.close();
  expect(understudy.status().sinks).toMatchObject([{ delivered: 5, lost: { 'delivery-failed/routine': 1 } }]);
});

const fail = (): never => {
  throw new TypeError('no');
};
