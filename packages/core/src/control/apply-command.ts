import type { Command, ControlNote } from '../spec/index.ts';
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
      return { ...document, pinned: variant, changed };
    case 'unpin':
      return { ...document, pinned: null, changed };
    case 'isolate':
      return { ...document, isolated: [...new Set([...document.isolated, variant])], changed };
    case 'readmit':
      return { ...document, isolated: document.isolated.filter((name) => name !== variant), changed };
    case 'pause':
      return { ...document, paused: true, pausedBy: [...new Set([...document.pausedBy, note.by.id])], changed };
    case 'resume':
      return { ...document, paused: false, pausedBy: [], breaches: overruled(document.breaches, at), changed };
    default:
      return { ...document, rollout: commandRollout(document.rollout, command, note, at), changed };
  }
}
