export { pino, type PinoLevel, type PinoLogger, type PinoOptions } from './sinks/pino.ts';
