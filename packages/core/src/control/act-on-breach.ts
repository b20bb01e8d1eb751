import type { Command, ControlNote } from '../spec/index.ts';
import { applyCommand, type CommandRollout } from './apply-command.ts';
import type { BreachState } from './breach-state.ts';
import type { ControlDocument } from './control-document.ts';

/** What a breach does to the control document. */
export type BreachEffect = 'pause' | 'fall-back' | 'isolate' | 'roll-back';

/** Who a monitor is in the audit trail. */
export const monitorId = (monitor: string): string => `monitor:${monitor}`;

/** What one look at a breach comes to. */
export interface BreachChange {
  readonly document: ControlDocument;
  /** Commands that changed something, for the audit trail. */
  readonly commands: readonly Command[];
  /** Whether it is due to be told. */
  readonly tells: boolean;
}

/**
 * The document after a confirmed breach: pure; `undefined` where nothing is due. It is told once in `cooldownMs`. Its effects last
 * until it recovers or an operator ends them, who is not overruled within `cooldownMs`.
 */
export function openBreach(
  document: ControlDocument,
  breach: {
    readonly model: string;
    readonly monitor: string;
    readonly effects: readonly BreachEffect[];
    readonly cooldownMs: number;
    readonly reason: string;
  },
  at: number,
  commandRollout: CommandRollout,
): BreachChange | undefined {
  const { monitor, effects, cooldownMs, reason, model } = breach;
  const known = document.breaches[monitor];
  const tells = known === undefined || known.toldAt + cooldownMs <= at;
  const acts = known === undefined || known.overruledAt === 0 || known.overruledAt + cooldownMs <= at;
  const note: ControlNote = { by: { id: monitorId(monitor), roles: ['monitor'] }, reason };
  const commands: Command[] = [];
  let next = document;
  for (const effect of acts ? effects : []) {
    const command = commandOf(effect, next, model, monitor);
    if (command === undefined) continue;
    commands.push(command);
    next = applyCommand(next, command, note, at, commandRollout);
  }
  if (!tells && commands.length === 0 && known.open) return undefined;
  const state: BreachState = { open: true, toldAt: tells ? at : known.toldAt, overruledAt: acts ? 0 : (known?.overruledAt ?? 0) };
  return { document: { ...next, breaches: { ...next.breaches, [monitor]: state } }, commands, tells };
}

/** The command that brings an effect about; `undefined` where it is in force, or where there is nothing to act on. */
function commandOf(effect: BreachEffect, document: ControlDocument, model: string, monitor: string): Command | undefined {
  switch (effect) {
    case 'isolate':
      return document.isolated.includes(document.champion) ? undefined : { kind: 'isolate', model, variant: document.champion };
    case 'roll-back': {
      const phase = document.rollout?.phase;
      const isOn = phase === 'shadow' || phase === 'canary' || phase === 'champion';
      return isOn ? { kind: 'rollout-roll-back', model } : undefined;
    }
    default:
      return document.pausedBy.includes(monitorId(monitor)) ? undefined : { kind: 'pause', model };
  }
}

/** The document after a monitor has recovered: pure; `undefined` where its breach is not open. Only what `fall-back` paused resumes. */
export function closeBreach(
  document: ControlDocument,
  { model, monitor, resumes }: { readonly model: string; readonly monitor: string; readonly resumes: boolean },
  at: number,
): BreachChange | undefined {
  const known = document.breaches[monitor];
  if (known?.open !== true) return undefined;
  const breaches = { ...document.breaches, [monitor]: { ...known, open: false } };
  const by = monitorId(monitor);
  if (!resumes || !document.pausedBy.includes(by)) return { document: { ...document, breaches }, commands: [], tells: true };
  const pausedBy = document.pausedBy.filter((name) => name !== by);
  const changed = { command: 'resume', by, reason: `${monitor} has recovered.`, at };
  return {
    document: { ...document, breaches, pausedBy, paused: pausedBy.length > 0, changed },
    commands: [{ kind: 'resume', model }],
    tells: true,
  };
}
