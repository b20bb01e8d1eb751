import type { EventType, Sink, UnderstudyEvent } from '@understudy/core';
import { callback, EVENT_TYPES, flag, list, oneOf, readOptions, required, text, withMethods } from '@understudy/core/authoring';
import { headline } from './alert-event.ts';

/** Levels that a logger of pino has by itself. */
export type PinoLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

type Log = (object: object, message: string) => void;

/** What is used of a logger of pino. Structural, so that these types do not need that package; loggers of the same form fit, too. */
export type PinoLogger = { readonly [L in PinoLevel]: Log } & {
  flush?(done?: (error?: Error) => void): void;
};

export interface PinoOptions {
  /** The logger, or a child of it. It stays yours. */
  readonly logger: PinoLogger;
  /** @defaultValue every type */
  readonly types?: readonly EventType[];
  /** How an event is logged; `undefined` leaves it out. @defaultValue errors and alerts `error`; rescues, breaches and losses `warn`; other changes `info`; routine decisions, outcomes and comparisons `debug` */
  readonly level?: (event: UnderstudyEvent) => PinoLevel | undefined;
  /** The name under which a line holds the event. @defaultValue 'understudy' */
  readonly key?: string;
  /** Whether input and output fields that `redact` allows are logged. @defaultValue false */
  readonly content?: boolean;
  /** @defaultValue 'pino' */
  readonly name?: string;
}

/**
 * Logs each event as a line: a message that people read, and the event under `understudy`. A line counts as delivered when the
 * logger has taken it. `flush` waits for the logger, where that can be waited for.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function pino(options: PinoOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('pino', options, KINDS, {
    types: EVENT_TYPES,
    level: levelOf,
    key: 'understudy',
    content: false,
    name: 'pino',
  });
  const { logger, types, level, key, content, name } = settings;
  return {
    name,
    content,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: (batch) => {
      for (const event of batch) {
        const at = level(event);
        if (at !== undefined) logger[at]({ [key]: event }, messageOf(event));
      }
    },
    flush: () =>
      new Promise<void>((done, failed) => {
        if (logger.flush === undefined) return done();
        logger.flush((error) => (error === undefined || error === null ? done() : failed(error)));
      }),
  };
}

function levelOf(event: UnderstudyEvent): PinoLevel {
  switch (event.type) {
    case 'decision':
      if (event.outcome === 'failed') return 'error';
      return event.degraded || event.attempts.length > 0 ? 'warn' : 'debug';
    case 'alert-raised':
      return event.phase === 'resolved' ? 'info' : 'error';
    case 'monitor-changed':
      return event.to === 'breach' ? 'warn' : 'info';
    case 'circuit-changed':
      return event.to === 'open' ? 'warn' : 'info';
    case 'rollout-changed':
      return event.to === 'rolled-back' ? 'warn' : 'info';
    case 'control-changed':
      return event.result === 'obeyed' ? 'info' : 'warn';
    case 'callback-failed':
    case 'retrain-requested':
    case 'telemetry-dropped':
      return 'warn';
    case 'outcome':
    case 'shadow-compared':
      return 'debug';
  }
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

/** What happened, in one line. It begins with the model. */
function messageOf(event: UnderstudyEvent): string {
  const { model } = event;
  switch (event.type) {
    case 'decision': {
      const how = event.outcome === 'served' ? `served by ${event.servedBy}` : event.outcome;
      return `${model}: ${how} in ${rounded(event.durationMs)} ms${event.degraded || event.outcome === 'failed' ? `: ${event.reason}` : ''}`;
    }
    case 'outcome':
      return `${model}: outcome ${event.kind}, ${event.result}`;
    case 'shadow-compared':
      return `${model}: shadow ${event.variant} ${event.agrees === null ? 'was not compared' : event.agrees ? 'agrees' : 'disagrees'}`;
    case 'circuit-changed':
      return `${model}: circuit of ${event.variant} ${event.from} → ${event.to}: ${event.reason}`;
    case 'monitor-changed':
      return `${model}: ${event.monitor} ${event.from} → ${event.to}: ${event.reading.reason}`;
    case 'callback-failed':
      return `${model}: ${event.reason}`;
    case 'telemetry-dropped':
      return `${event.count} events of the lane ${event.lane} were lost by the sink ${event.sink}: ${event.reason}`;
    case 'rollout-changed':
      return `${model}: rollout of ${event.challenger} ${event.from} → ${event.to}: ${event.reason}`;
    case 'alert-raised':
    case 'retrain-requested':
    case 'control-changed':
      return `${model}: ${headline(event)}: ${event.reason}`;
  }
}

const KINDS = {
  logger: required(withMethods('trace', 'debug', 'info', 'warn', 'error', 'fatal')),
  types: list(oneOf(...EVENT_TYPES), 1),
  level: callback,
  key: text,
  content: flag,
  name: text,
};
