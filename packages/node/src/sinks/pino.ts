import { type EventType, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  atOnce,
  callback,
  EVENT_TYPES,
  flag,
  list,
  oneOf,
  readOptions,
  required,
  safeErrorText,
  text,
  withMethods,
} from '@understudy/core/authoring';
import { headline } from './alert-event.ts';
import { BatchProgress } from './batch-progress.ts';
import { isRefusal } from './log-records.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** Levels that a logger of pino has by itself. */
export type PinoLevel = (typeof LEVELS)[number];

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
  /** How an event is logged; `undefined` leaves it out. An event for which it throws, or answers no level, is refused alone. @defaultValue errors and alerts `error`; rescues, breaches and losses `warn`; other changes `info`; routine decisions, outcomes and comparisons `debug` */
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
 * logger has taken it; a logger that throws at some gets those alone again. `flush` waits for the logger, where that can be
 * waited for.
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
  const progress = new BatchProgress();
  return {
    name,
    content,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: (batch) => {
      let failed: { readonly error: unknown } | undefined;
      for (const event of progress.left(batch)) {
        const at = checkedLevel(level, event);
        if (UnderstudyError.is(at)) {
          progress.refused([event], at);
          continue;
        }
        try {
          if (at !== undefined) logger[at]({ [key]: event }, messageOf(event));
          progress.arrived([event]);
        } catch (error) {
          failed ??= { error };
        }
      }
      if (failed !== undefined) throw progress.failed(failed.error);
      progress.end();
    },
    flush: () =>
      new Promise<void>((done, failed) => {
        if (logger.flush === undefined) return done();
        // One that takes no function calls none.
        if (logger.flush.length === 0) return done(logger.flush());
        logger.flush((error) => (error === undefined || error === null ? done() : failed(error)));
      }),
  };
}

/** The level, or why there is none: another try would change nothing. */
function checkedLevel(
  given: (event: UnderstudyEvent) => unknown,
  event: UnderstudyEvent,
): PinoLevel | UnderstudyError | undefined {
  try {
    const level = atOnce(given(event));
    if (level === undefined) return undefined;
    const known = LEVELS.find((one) => one === level);
    return known ?? new UnderstudyError('SINK_FAILED', `pino({ level }) gave no level: expected one of ${LEVELS.join(', ')}.`);
  } catch (error) {
    return new UnderstudyError('SINK_FAILED', `pino({ level }) threw: ${safeErrorText(error)}.`);
  }
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
    case 'registry-changed':
      return isRefusal(event) ? 'warn' : 'info';
    case 'review-changed':
      return event.change === 'escalated' || event.change === 'refused' ? 'warn' : 'info';
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
    case 'registry-changed': {
      const alias = event.alias === undefined ? '' : ` ${event.alias}`;
      return `${model}: ${event.change}${alias} ${event.version} by ${event.by}${event.result === 'obeyed' ? '' : `: ${event.result}`}: ${event.reason}`;
    }
    case 'review-changed':
      return `${model}: review ${event.review} ${event.change}${event.change === 'refused' ? ' to' : ' by'} ${event.by}`;
    case 'alert-raised':
    case 'retrain-requested':
    case 'control-changed':
      return `${model}: ${headline(event)}: ${event.reason}`;
  }
}

const KINDS = {
  logger: required(withMethods(...LEVELS)),
  types: list(oneOf(...EVENT_TYPES), 1),
  level: callback,
  key: text,
  content: flag,
  name: text,
};
