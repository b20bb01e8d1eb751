import { count } from '../../biopsy-triage/src/numbers.ts';
import { type Chapter, isAct, tellerOf, type Told } from './story.ts';

/** A fault that was injected, and who found it. */
export interface Finding {
  readonly fault: string;
  /** The first monitor in breach, and what its reading was about. */
  readonly monitor: string;
  readonly subject: string;
  /** Calls from the beginning of the fault. */
  readonly cases: number;
  readonly did: string;
  /** Who came later. */
  readonly then: readonly string[];
}

const WORDS = { 'alert-raised': 'alert', 'retrain-requested': 'asked for retraining' } as const;

/** One for each fault; those that nothing found are left out. */
export function findingsOf(chapters: readonly Chapter[]): Finding[] {
  return chapters.flatMap((chapter, index) => {
    if (chapter.phase.fault === undefined) return [];
    // Labels come late: what is found after the repair is still about the fault.
    const told = [...chapter.told, ...(chapters[index + 1]?.told ?? [])];
    const breaches = told.filter((one) => one.type === 'monitor-changed' && one.to === 'breach');
    const [first] = breaches;
    if (first?.type !== 'monitor-changed') return [];
    const { monitor, reading, call } = first;
    const { field, measure } = reading;
    const then = [
      ...new Set(
        breaches.slice(1).map((one) => `${tellerOf(one)}${actions(one, told)} after ${count(one.call - chapter.firstCall)}`),
      ),
    ];
    return [
      {
        fault: chapter.phase.name,
        monitor,
        subject: field ?? measure,
        cases: call - chapter.firstCall,
        did: actsOf(first, told).join(', '),
        then,
      },
    ];
  });
}

/** What a monitor did at the moment of its change. */
function actsOf(change: Told, told: readonly Told[]): string[] {
  return told
    .filter((one) => isAct(one) && tellerOf(one) === tellerOf(change) && one.at === change.at)
    .map((one) => (one.type === 'control-changed' ? one.command : one.type === 'monitor-changed' ? '' : WORDS[one.type]));
}

function actions(change: Told, told: readonly Told[]): string {
  const more = actsOf(change, told).filter((act) => act !== 'alert');
  return more.length === 0 ? '' : ` (${more.join(', ')})`;
}

export function faultTable(chapters: readonly Chapter[]): string {
  const rows = [
    ['injected fault', 'first monitor', 'about', 'cases', 'what it did'],
    ...findingsOf(chapters).map(({ fault, monitor, subject, cases, did }) => [fault, monitor, subject, count(cases), did]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  const later = findingsOf(chapters).flatMap(({ fault, then }) =>
    then.length === 0 ? [] : [`${fault}, then: ${then.join('; ')}`],
  );
  return [...lines, '', ...later].join('\n');
}
