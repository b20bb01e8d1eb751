import type { UnderstudyEvent } from '../events/event.ts';
import { Newest } from './bounded.ts';
import { text } from './plain.ts';
import type { ReportChange, ReportList } from './report-data.ts';

type Told = Omit<ReportChange, 'at' | 'times'>;

/** The same, told by another process within this time, is one change: in milliseconds. */
const SAME_WITHIN_MS = 60_000;
const MAX_ACTS = 200;
const MAX_CHANGES = 100;

/** Who changed what, and why: bounded, and what people did is not pushed out by a circuit that flaps. */
export class ChangeTimeline {
  readonly #acts = new Newest<ReportChange>(MAX_ACTS);
  readonly #changes = new Newest<{ times: number } & ReportChange>(MAX_CHANGES);
  /** The newest change of each monitor and circuit. */
  readonly #last = new Map<string, { times: number } & ReportChange>();

  add(event: UnderstudyEvent): void {
    const told = toldBy(event);
    if (told === undefined) return;
    const change = { at: event.at, ...told, times: 1 };
    if (told.type !== 'monitor' && told.type !== 'circuit') return this.#acts.add(change);
    const last = this.#last.get(told.who);
    if (last?.what === told.what && Math.abs(event.at - last.at) <= SAME_WITHIN_MS) last.times++;
    else {
      this.#changes.add(change);
      this.#last.delete(told.who);
      this.#last.set(told.who, change);
      for (const oldest of this.#last.keys()) if (this.#last.size > MAX_CHANGES) this.#last.delete(oldest);
    }
  }

  get list(): ReportList<ReportChange> {
    const [acts, changes] = [this.#acts.list, this.#changes.list];
    return {
      // At one time: what was seen, then what was done about it.
      items: [...changes.items, ...acts.items].sort((a, b) => a.at - b.at),
      omitted: acts.omitted + changes.omitted,
    };
  }
}

function toldBy(event: UnderstudyEvent): Told | undefined {
  switch (event.type) {
    case 'control-changed': {
      const variant = event.variant === undefined ? '' : ` ${event.variant}`;
      const refused = { obeyed: '', forbidden: ' (refused: not allowed)', 'awaits-second': ' (awaits a second person)' }[
        event.result
      ];
      return told('control', event.by, `${event.command}${variant}${refused}`, event.reason);
    }
    case 'rollout-changed':
      return told('rollout', event.by, `rollout of ${event.challenger}: ${event.from || '–'} → ${event.to}`, event.reason);
    case 'alert-raised': {
      const actions = event.actions.length === 0 ? '' : `, with ${event.actions.join(', ')}`;
      return told('alert', `monitor:${event.monitor}`, `alert${actions}`, event.reason);
    }
    case 'retrain-requested':
      return told('retrain', `monitor:${event.monitor}`, `asks to retrain ${event.champion} ${event.version}`, event.reason);
    case 'monitor-changed':
      return told('monitor', `monitor:${event.monitor}`, `${event.from} → ${event.to}`, event.reading.reason);
    case 'circuit-changed':
      return told('circuit', `circuit breaker of ${event.variant}`, `${event.from} → ${event.to}`, event.reason);
    case 'callback-failed':
      return told('callback', event.callback, 'failed', event.reason);
    case 'registry-changed': {
      const alias = event.alias === undefined ? '' : ` ${event.alias}`;
      const refused = event.result === 'forbidden' ? ' (refused: not allowed)' : '';
      return told('registry', event.by, `${event.change}${alias} ${event.version}${refused}`, event.reason);
    }
    case 'decision':
    case 'outcome':
    case 'review-changed':
    case 'shadow-compared':
    case 'telemetry-dropped':
      return undefined;
  }
}

const told = (type: Told['type'], who: string, what: string, why: string): Told => ({
  type,
  who: text(who),
  what: text(what),
  why: text(why),
});
