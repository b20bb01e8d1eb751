import type { Happening } from './recorder.ts';

/** How grave something is. */
export type Level = 'ok' | 'info' | 'warn' | 'breach';

/** An event in words. */
export interface Told {
  readonly level: Level;
  readonly title: string;
  readonly text: string;
}

/** Says what an event is about. */
export function told(event: Happening): Told {
  switch (event.type) {
    case 'circuit-changed':
      return {
        level: event.to === 'closed' ? 'ok' : event.to.endsWith('open') && event.to !== 'half-open' ? 'breach' : 'warn',
        title: `The circuit of ${event.variant} is ${event.to}`,
        text: event.reason,
      };
    case 'control-changed':
      return {
        level: event.result === 'obeyed' ? 'info' : 'warn',
        title: `${event.command}${event.variant === undefined ? '' : ` ${event.variant}`} by ${event.by}${event.result === 'obeyed' ? '' : `: ${event.result}`}`,
        text: event.reason,
      };
    case 'rollout-changed':
      return {
        level: event.to === 'rolled-back' ? 'breach' : 'info',
        title: `The rollout of ${event.challenger}: ${event.to}`,
        text: event.reason,
      };
    case 'monitor-changed':
      return {
        level: event.to === 'insufficient' ? 'info' : event.to,
        title: `${event.monitor}: ${event.to}`,
        text: event.reading.reason,
      };
    case 'alert-raised':
      return {
        level: event.phase === 'resolved' ? 'ok' : 'breach',
        title: `Alert of ${event.monitor}: ${event.phase}`,
        text: event.reason,
      };
    case 'retrain-requested':
      return { level: 'warn', title: `${event.monitor} asks for a new ${event.champion}`, text: event.reason };
    case 'registry-changed':
      return {
        level: event.result === 'forbidden' || event.change === 'refused' ? 'warn' : 'info',
        title: `Registry: ${event.alias ?? ''} ${event.change} ${event.version} by ${event.by}`,
        text: event.reason,
      };
    case 'review-changed':
      return {
        level: event.change === 'escalated' || event.change === 'refused' ? 'warn' : 'info',
        title: `Review ${event.change}${event.change === 'refused' ? ' to' : ' by'} ${event.by}`,
        text: event.reason,
      };
    case 'callback-failed':
      return { level: 'warn', title: `${event.callback} failed`, text: event.reason };
    case 'telemetry-dropped':
      return { level: 'warn', title: `${event.sink} lost ${event.count} events`, text: `${event.reason}, lane ${event.lane}` };
  }
}
