import { ownValue } from '../errors/index.ts';
import type { Command, ControlNote } from '../types/index.ts';
import { applyCommand, type CommandRollout } from './apply-command.ts';
import { boundedBy, type BreachPhase, seenInBreach, seenRecovered } from './breach-state.ts';
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
  /** What is due to be told. */
  readonly phase: BreachPhase | undefined;
  /** When the breach began that is told, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/**
 * The document after a confirmed breach: pure; `undefined` where nothing is due. Its effects last until it recovers or an operator
 * ends them, who is not overruled within `cooldownMs`.
 */
export function openBreach(
  document: ControlDocument,
  breach: {
    readonly model: string;
    readonly monitor: string;
    readonly effects: readonly BreachEffect[];
    readonly cooldownMs: number;
    readonly reason: string;
    /** When it began, and the fields and segments that are in it. */
    readonly since: number;
    readonly parts: readonly string[];
  },
  at: number,
  commandRollout: CommandRollout,
): BreachChange | undefined {
  const { monitor, effects, cooldownMs, reason, model } = breach;
  const stored = ownValue(document.breaches, monitor);
  const known = boundedBy(stored, at);
  const { state, phase } = seenInBreach(known, breach, at);
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
  if (phase === undefined && commands.length === 0 && stored?.open === true && stored === known) return undefined;
  const breaches = { ...next.breaches, [monitor]: { ...state, overruledAt: acts ? 0 : state.overruledAt } };
  return { document: { ...next, breaches }, commands, phase, since: state.since };
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
  const known = ownValue(document.breaches, monitor);
  if (known?.open !== true) return undefined;
  const { state, phase } = seenRecovered(known);
  const told = { phase, since: known.since };
  const breaches = { ...document.breaches, [monitor]: state };
  const by = monitorId(monitor);
  if (!resumes || !document.pausedBy.includes(by)) return { document: { ...document, breaches }, commands: [], ...told };
  const pausedBy = document.pausedBy.filter((name) => name !== by);
  const changed = { command: 'resume', by, reason: `${monitor} has recovered.`, at };
  return {
    document: {
      ...document,
      breaches,
      pausedBy,
      paused: pausedBy.length > 0,
      reasons: pausedBy.length > 0 ? document.reasons : withoutPause(document.reasons),
      changed,
    },
    commands: [{ kind: 'resume', model }],
    ...told,
  };
}

function withoutPause({ pause: _, ...others }: ControlDocument['reasons']): ControlDocument['reasons'] {
  return others;
}
