import type { Command, ControlNote } from '../types/index.ts';
import { overruled } from './breach-state.ts';
import type { ControlDocument } from './control-document.ts';
import type { RolloutState } from './rollout-state.ts';

/** What a command of a rollout makes of its state; throws where it makes no sense. */
export type CommandRollout = (state: RolloutState | null, command: Command, note: ControlNote, at: number) => RolloutState;

/** The document after a command: pure. */
export function applyCommand(
  document: ControlDocument,
  command: Command,
  note: ControlNote,
  at: number,
  commandRollout: CommandRollout,
): ControlDocument {
  const changed = { command: command.kind, by: note.by.id, reason: note.reason, at };
  const variant = command.variant ?? '';
  switch (command.kind) {
    case 'pin':
      return { ...document, pinned: variant, reasons: because(document, 'pin', note.reason), changed };
    case 'unpin':
      return { ...document, pinned: null, reasons: because(document, 'pin'), changed };
    case 'isolate': {
      const reasons = because(document, `isolate/${variant}`, note.reason);
      return { ...document, isolated: [...new Set([...document.isolated, variant])], reasons, changed };
    }
    case 'readmit': {
      const reasons = because(document, `isolate/${variant}`);
      return { ...document, isolated: document.isolated.filter((name) => name !== variant), reasons, changed };
    }
    case 'pause': {
      // The first who paused it says why, until it is resumed.
      const reasons = document.paused ? document.reasons : because(document, 'pause', note.reason);
      return { ...document, paused: true, pausedBy: [...new Set([...document.pausedBy, note.by.id])], reasons, changed };
    }
    case 'resume': {
      const breaches = overruled(document.breaches, at);
      return { ...document, paused: false, pausedBy: [], breaches, reasons: because(document, 'pause'), changed };
    }
    default:
      return { ...document, rollout: commandRollout(document.rollout, command, note, at), changed };
  }
}

/** Each switch keeps its own reason, whatever is commanded after it. */
function because({ reasons }: ControlDocument, name: string, reason?: string): ControlDocument['reasons'] {
  const { [name]: _, ...others } = reasons;
  return reason === undefined ? others : { ...others, [name]: reason };
}
