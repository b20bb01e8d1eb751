import { MultipleErrors, ResponseError } from '@platformatic/kafka';
import type { UnderstudyEvent } from '@understudy/core';
import { type OpenSink, sinkConformanceCases } from '@understudy/core/testing';
import { describe, expect, it } from 'vitest';
import { sampleDecision, sampleOutcome } from '../../../core/tests/support/sample-events.ts';
import { kafka, type KafkaMessage, type KafkaOptions } from './kafka.ts';
import { failureOf } from './test-receiver.ts';

const { signal } = new AbortController();

/** A producer of the same interface: it keeps messages, and fails as it is told. Nobody here runs Kafka. */
function fakeProducer(fails: (messages: readonly KafkaMessage[]) => unknown = () => undefined) {
  const messages: KafkaMessage[] = [];
  const sizes: number[] = [];
  const acks: number[] = [];
  const producer: KafkaOptions['producer'] = {
    send: async (request) => {
      sizes.push(request.messages.length);
      acks.push(request.acks);
      const error = await fails(request.messages);
      if (error instanceof Error) throw error;
      messages.push(...request.messages);
      return {};
    },
  };
  return { producer, messages, sizes, acks };
}
const eventOf = ({ value }: KafkaMessage): UnderstudyEvent => JSON.parse(String(value)) as UnderstudyEvent;
const headersOf = ({ headers }: KafkaMessage) =>
  Object.fromEntries([...headers].map(([name, value]) => [String(name), String(value)]));

describe('conformance', () => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    const open = (content: boolean): OpenSink => {
      let state: 'up' | 'down' | 'hangs' = 'up';
      const { producer, messages } = fakeProducer(() => {
        if (state === 'hangs') return new Promise(() => undefined);
        return state === 'down'
          ? Object.assign(new Error('no broker at hunter2'), { config: { password: 'hunter3' } })
          : undefined;
      });
      return {
        sink: kafka({ producer, topic: 'decisions', content }),
        arrived: () =>
          JSON.stringify(messages.map((message) => [String(message.value), headersOf(message), String(message.key)])),
        ids: () => messages.map((message) => eventOf(message).id),
        forget: () => void messages.splice(0),
        fail: () => void (state = 'down'),
        hang: () => void (state = 'hangs'),
        mend: () => void (state = 'up'),
        secrets: ['hunter3'],
      };
    };
    await expect(run({ open })).resolves.toBeUndefined();
  });
});

it('a message is the event as JSON, by its model, with CloudEvents as headers', async () => {
  const { producer, messages, acks } = fakeProducer();
  const decision = sampleDecision({ application: 'app', environment: 'prod' });
  await kafka({ producer, topic: 'decisions' }).write([decision], { signal });
  expect(acks).toEqual([-1]);
  const [message] = messages;
  expect(message === undefined ? undefined : [message.topic, String(message.key), eventOf(message), headersOf(message)]).toEqual([
    'decisions',
    'claims',
    decision,
    {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: decision.id,
      ce_source: '/app/prod',
      ce_type: 'dev.understudy.decision',
      ce_subject: 'claims',
      ce_time: new Date(decision.at).toISOString(),
    },
  ]);
});

it('key, topic and acks are yours; an event without a topic is refused alone', async () => {
  const { producer, messages, acks } = fakeProducer();
  const topic = ({ model }: UnderstudyEvent): string => {
    if (model === 'bad') throw new Error('no');
    return `t-${model}`;
  };
  const decision = sampleDecision();
  const bad = sampleDecision({ model: 'bad' });
  const sink = kafka({ producer, topic, key: 'decision', acks: 'leader' });
  const error = await failureOf(sink.write([decision, bad, sampleOutcome({ decisionId: decision.id })], { signal }));
  expect(error.details).toEqual({ refused: [bad.id] });
  expect(messages.map((message) => [message.topic, String(message.key)])).toEqual([
    ['t-claims', decision.id],
    ['t-claims', decision.id],
  ]);
  expect(acks).toEqual([1]);
});

it.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])(
  'after %s a batch goes in halves, and one that is too large is refused alone',
  async (id) => {
    const code = id === 'MESSAGE_TOO_LARGE' ? 10 : 18;
    const large = 'x'.repeat(10_000);
    const { producer, messages, sizes } = fakeProducer((batch) =>
      batch.some(({ value }) => value.length > 10_000) || batch.length > 4
        ? new MultipleErrors('Cannot produce.', [new ResponseError(0, 0, { '/responses/0': [code, 'too large'] }, {})])
        : undefined,
    );
    const events = Array.from({ length: 8 }, (_, index) => sampleDecision(index === 5 ? { reason: large } : {}));
    const error = await failureOf(kafka({ producer, topic: 't' }).write(events, { signal }));
    expect(error.details).toEqual({ refused: [events[5]?.id] });
    expect(messages.map((message) => eventOf(message).id)).toEqual(
      events.filter((_, index) => index !== 5).map((event) => event.id),
    );
    expect(sizes).toEqual([8, 4, 4, 2, 1, 1, 2]);
  },
);
