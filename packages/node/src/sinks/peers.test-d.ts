import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection as RealConnection } from '@nats-io/transport-node';
import type { Producer } from '@platformatic/kafka';
import type { Logger } from 'pino';
import { expectTypeOf, it } from 'vitest';
import type { KafkaProducer } from './kafka.ts';
import type { NatsConnection, NatsJetStream } from './nats.ts';
import type { PinoLogger } from './pino.ts';

it('what the libraries make fits the types of ours', () => {
  expectTypeOf<Producer>().toExtend<KafkaProducer>();
  expectTypeOf<Producer<string, string, string, string>>().not.toExtend<KafkaProducer>();
  expectTypeOf<JetStreamClient>().toExtend<NatsJetStream>();
  expectTypeOf<RealConnection>().toExtend<NatsConnection>();
  expectTypeOf<Logger>().toExtend<PinoLogger>();
});
