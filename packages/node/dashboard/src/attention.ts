import type { ModelView } from '../../src/dashboard/wire.ts';
import type { Level } from './parts/small.tsx';

/** Something that a person should look at. */
export interface Attention {
  readonly level: Level;
  readonly model: string;
  readonly section: string;
  readonly text: string;
}

type Status = ModelView['status'];

/** What `circuitBreaker()` says, where a variant has one. */
export const circuitOf = (status: Status, variant: string): string | undefined => {
  const state = status.variants[variant]?.policies['circuitBreaker']?.['state'];
  return typeof state === 'string' ? state : undefined;
};

const why = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

/** What needs attention, the worst first. */
export function attentionOf({ status }: ModelView): Attention[] {
  const { model, control, monitors, rollout } = status;
  const found: Attention[] = [];
  const add = (level: Level, section: string, text: string): void => void found.push({ level, model, section, text });
  if (control.problem !== undefined) add('breach', '', `The control document is damaged: ${control.problem}`);
  if (control.paused)
    add('breach', '', `Paused by ${control.pausedBy.join(', ') || 'somebody'}${why(control.reasons?.['pause'])}`);
  for (const variant of control.isolated)
    add('warn', '', `${variant} is isolated${why(control.reasons?.[`isolate/${variant}`])}`);
  if (control.pinned !== null) add('warn', '', `Pinned to ${control.pinned}${why(control.reasons?.['pin'])}`);
  for (const variant of Object.keys(status.variants)) {
    const state = circuitOf(status, variant);
    if (state !== undefined && state !== 'closed' && state !== 'forced-closed' && state !== 'observe-only')
      add('breach', '', `The circuit of ${variant} is ${state}`);
  }
  for (const { monitor, status: level, readings } of monitors?.reports ?? [])
    if (level === 'breach' || level === 'warn') add(level, 'monitors', `${monitor}: ${readings[0]?.reason ?? level}`);
  if (rollout !== undefined) {
    if (rollout.approval === 'awaited') add('info', 'rollout', 'The rollout waits for an approval');
    if (rollout.held !== null) add('warn', 'rollout', `The rollout is held: ${rollout.held}`);
    if (rollout.inconclusive) add('warn', 'rollout', 'The rollout is inconclusive: resume, promote or roll back');
    if (rollout.phase === 'rolled-back') add('warn', 'rollout', `Rolled back${why(rollout.blocked?.reason)}`);
    if (rollout.storeFailure !== null) add('breach', 'rollout', `The store fails: ${rollout.storeFailure}`);
  }
  if ((monitors?.storeFailure ?? null) !== null) add('breach', 'monitors', `The store fails: ${monitors?.storeFailure ?? ''}`);
  if (!control.known) add('warn', '', 'The control document is not known yet');
  if (control.clockAheadMs !== undefined) add('warn', '', `The clock of this process is ${control.clockAheadMs} ms ahead`);
  for (const [name, { count }] of Object.entries(status.callbacks ?? {})) add('warn', '', `${name} has thrown ${count} times`);
  return worstFirst(found);
}

const ORDER: readonly Level[] = ['breach', 'warn', 'info', 'insufficient', 'ok'];

export const worstFirst = (found: readonly Attention[]): Attention[] =>
  found.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));

/** The worst of all monitors, and how many are in that status. */
export function monitorsInBrief({ monitors }: Status): { readonly level: Level; readonly text: string } | undefined {
  const reports = monitors?.reports ?? [];
  if (reports.length === 0) return undefined;
  for (const level of ['breach', 'warn', 'insufficient'] as const) {
    const count = reports.filter(({ status }) => status === level).length;
    if (count > 0) return { level, text: `${count} of ${reports.length} ${level === 'insufficient' ? 'wait for cases' : level}` };
  }
  return { level: 'ok', text: `${reports.length} ok` };
}
