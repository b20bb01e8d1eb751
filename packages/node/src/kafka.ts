export { kafka, type KafkaMessage, type KafkaOptions, type KafkaProducer } from './sinks/kafka.ts';
