import type { MonitorReading } from '@understudy/core/monitors';
import { paint } from '../../biopsy-triage/src/paint.ts';
import { count, percent } from '../../biopsy-triage/src/numbers.ts';
import type { DayListener } from './day.ts';
import { type Chapter, type Told, tellerOf } from './story.ts';

/** The time of the simulated day: `12:49`. */
const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 16);
const hour = (hours: number): string => `${String(hours).padStart(2, '0')}:00`;
/** Width of a monitor's name, and where what follows begins. */
const NAME = 24;
const INDENT = ' '.repeat(11 + NAME);
const COLOURS = { breach: 'red', warn: 'yellow', ok: 'green', insufficient: 'dim' } as const;

/** The reading's own sentence, after the field or segment that it is about. */
function sentence({ field, segment, reason }: MonitorReading): string {
  const about = field ?? segment;
  return about === undefined ? reason : `${about}: ${reason}`;
}

/** Prints the day: a change into a breach or out of one, the first warning of each monitor in a phase, and what was done. */
export function timeline(print: (line: string) => void): Required<Pick<DayListener, 'begins' | 'told' | 'ends'>> {
  let warned = new Set<string>();
  /** The newest change that was printed: what is told after it at the same moment is what it did. */
  const changedAt = new Map<string, number>();
  return {
    begins: ({ phase: { name, what, from, to } }) => {
      warned = new Set();
      print(`\n${paint('bold', `${hour(from)}–${hour(to)}  ${name}`)}\n${paint('dim', `             ${what}`)}`);
    },
    told: (told) => {
      const time = `  ${timeOf(told.at)}    `;
      if (told.type === 'monitor-changed') {
        const { monitor, from, to, reading } = told;
        const isBreach = from === 'breach' || to === 'breach';
        if (!isBreach && (to !== 'warn' || warned.has(monitor))) return;
        warned.add(monitor);
        changedAt.set(monitor, told.at);
        const change = `${time}${monitor.padEnd(NAME)}${from} → ${paint(COLOURS[to], to)}`;
        // The newest reading says nothing of a recovery: it is any of those that are good.
        print(to === 'ok' ? change : `${change}  ${sentence(reading)}`);
        return;
      }
      if (changedAt.get(tellerOf(told)) === told.at) print(`${INDENT}${paint('cyan', `↳ ${did(told)}`)}`);
    },
    ends: (chapter) => {
      const { unseenBy } = chapter.phase;
      const blind = chapter.monitors.find(({ monitor }) => monitor === unseenBy)?.readings.find(({ status }) => status === 'ok');
      if (blind !== undefined) print(`  ${timeOf(chapter.endedAt)}    ${unseenBy?.padEnd(NAME)}${blind.status}  ${blind.reason}`);
      print(paint('dim', `             ${summary(chapter)}`));
    },
  };
}

/** What was done, in words. */
function did(told: Told): string {
  switch (told.type) {
    case 'control-changed':
      return told.command === 'pause' ? 'paused the model: rules serve, the model is asked beside them' : 'resumed the model';
    case 'retrain-requested':
      return `asked for a new model instead of ${told.champion} ${told.version}`;
    case 'alert-raised':
      return `${told.phase === 'resolved' ? 'no more alert' : 'alert'}: ${told.readings.map(({ field, measure }) => field ?? measure).join(', ')}`;
    case 'monitor-changed':
      return told.to;
  }
}

function summary({ calls, right, byModel }: Chapter): string {
  return `${count(calls)} calls: ${percent(byModel, calls)} by the model, the others by rules; ${percent(right, calls)} right`;
}
