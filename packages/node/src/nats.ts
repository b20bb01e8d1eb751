export { nats, type NatsConnection, type NatsJetStream, type NatsOptions } from './sinks/nats.ts';
