import type { EventMap, EventType, UnderstudyEvent } from '@understudy/core';
import { type Attributes, originAttributes } from './telemetry-names.ts';

/** How serious it is: names of OpenTelemetry's log data model. */
type Severity = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** A record of OpenTelemetry's logs, without its time, its context and the number of its severity. */
export interface LogRecord {
  readonly eventName: string;
  readonly severityText: Severity;
  /** One sentence. It holds no content of a call; a reason that an operator gave is in it as he wrote it. */
  readonly body: string;
  readonly attributes: Attributes;
}

/** The types of events that are logged. */
export const LOGGED: ReadonlySet<EventType> = new Set<EventType>([
  'decision',
  'shadow-compared',
  'circuit-changed',
  'control-changed',
  'rollout-changed',
  'monitor-changed',
  'alert-raised',
  'retrain-requested',
  'registry-changed',
  'review-changed',
  'callback-failed',
]);

/** What is logged of an event; `undefined`: nothing, as of a decision that was served. */
export function logRecordOf(event: UnderstudyEvent): LogRecord | undefined {
  const record = (eventName: string, severityText: Severity, body: string, more: Attributes): LogRecord => ({
    eventName: `inference.${eventName}`,
    severityText,
    body,
    attributes: { ...originAttributes(event), 'inference.model.id': event.model, ...more },
  });
  switch (event.type) {
    case 'decision':
      if (event.outcome !== 'failed') return undefined;
      return record('decision.failed', 'ERROR', event.reason, {
        'inference.decision.id': event.id,
        'inference.variant': event.assigned,
        ...(event.errorType === undefined ? {} : { 'error.type': event.errorType }),
      });
    case 'shadow-compared':
      return record('shadow.compared', 'DEBUG', `${event.variant} was compared with what was served.`, {
        'inference.decision.id': event.decisionId,
        'inference.variant': event.variant,
        'inference.model.version': event.version,
        ...(event.agrees === null ? {} : { 'inference.shadow.agrees': event.agrees }),
        ...(event.difference === undefined ? {} : { 'inference.shadow.difference': event.difference }),
        ...(event.errorType === undefined ? {} : { 'error.type': event.errorType }),
      });
    case 'circuit-changed':
      return record('circuit.changed', OPEN.has(event.to) ? 'WARN' : 'INFO', event.reason, {
        'inference.variant': event.variant,
        'inference.circuit.from': event.from,
        'inference.circuit.to': event.to,
      });
    case 'control-changed':
      return record('control.changed', event.result === 'obeyed' ? 'INFO' : 'WARN', event.reason, {
        'inference.control.command': event.command,
        'inference.control.result': event.result,
        'inference.control.by': event.by,
        'inference.control.version': event.version,
        ...(event.variant === undefined ? {} : { 'inference.variant': event.variant }),
      });
    case 'rollout-changed':
      return record('rollout.changed', event.to === 'rolled-back' ? 'WARN' : 'INFO', event.reason, {
        'inference.variant': event.challenger,
        'inference.rollout.from': event.from,
        'inference.rollout.to': event.to,
        'inference.rollout.share': event.share,
        'inference.control.by': event.by,
      });
    case 'monitor-changed':
      return record('monitor.changed', event.to === 'breach' ? 'WARN' : 'INFO', event.reading.reason, {
        'inference.monitor.name': event.monitor,
        'inference.monitor.from': event.from,
        'inference.monitor.status': event.to,
      });
    case 'alert-raised':
      return record(`alert.${event.phase}`, ALERTS[event.phase], event.reason, {
        'inference.monitor.name': event.monitor,
        'inference.alert.actions': event.actions,
      });
    case 'retrain-requested':
      return record('retrain.requested', 'WARN', event.reason, {
        'inference.monitor.name': event.monitor,
        'inference.variant': event.champion,
      });
    case 'registry-changed':
      return record(`registry.${event.change}`, isRefusal(event) ? 'WARN' : 'INFO', event.reason, {
        'inference.model.version': event.version,
        'inference.control.by': event.by,
        'inference.control.result': event.result,
        'inference.registry.entry': event.entry,
        ...(event.alias === undefined ? {} : { 'inference.registry.alias': event.alias }),
      });
    case 'review-changed':
      return record(
        `review.${event.change}`,
        event.change === 'escalated' || event.change === 'refused' ? 'WARN' : 'INFO',
        event.reason,
        {
          'inference.decision.id': event.decisionId,
          'inference.review.id': event.review,
          'inference.review.queue': event.queue,
          'inference.control.by': event.by,
          ...(event.agrees === undefined ? {} : { 'inference.review.agrees': event.agrees }),
        },
      );
    case 'callback-failed':
      return record('callback.failed', 'WARN', event.reason, { 'inference.callback': event.callback });
    case 'outcome':
    case 'telemetry-dropped':
      return undefined;
  }
}

/** Whether a change of the registry was not allowed, or a version does not serve. */
export const isRefusal = ({ result, change }: EventMap['registry-changed']): boolean =>
  result === 'forbidden' || change === 'refused';

/** The states of a circuit in which no call is let through. */
const OPEN: ReadonlySet<string> = new Set(['open', 'forced-open']);

const ALERTS = { raised: 'ERROR', reminder: 'WARN', resolved: 'INFO' } as const satisfies Record<string, Severity>;
