import type { Authorize, Command, ControlNote, StateStore } from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import type { CommandRollout } from './apply-command.ts';
import { type ControlDocument, emptyDocument } from './control-document.ts';

/** What the call path reads: a local snapshot of the control document. */
export interface ControlSnapshot {
  /** Whether the document has been read. */
  readonly known: boolean;
  readonly version: number;
  readonly document: ControlDocument;
  /** Why the stored document cannot be read as a whole, and what to do; absent where it can. */
  readonly problem?: string;
}

/** Commands that need two persons. */
export interface FourEyes {
  needs(command: Command): boolean;
  /** Who gave a command first; else what is told to the one who is the first now. @param at of now, in milliseconds since the Unix epoch */
  first(store: StateStore, command: Command, note: ControlNote, at: number): Promise<string | Error>;
}

/** Told of every command, whether it was obeyed. */
export type CommandListener = (
  command: Command,
  note: ControlNote,
  result: 'obeyed' | 'forbidden' | 'awaits-second',
  version: number,
  /** Who gave it first, where it needed two persons. */
  first?: string,
) => void;

export interface ModelControlOptions {
  readonly model: string;
  readonly variants: readonly string[];
  readonly champion: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly authorize: Authorize | undefined;
  readonly fourEyes?: FourEyes | undefined;
  readonly changed: CommandListener;
  readonly commandRollout: CommandRollout;
  /** Another process' change is obeyed within this time, in milliseconds. */
  readonly refreshMs: number;
  /** A random 32-bit word, for the ids of changes. @defaultValue the platform's */
  readonly word?: () => number;
}

/** What is in force before anything was read. A store of this process starts empty: nothing is to be waited for. */
export const firstSnapshot = ({ store, champion }: ModelControlOptions): ControlSnapshot => ({
  known: store.volatile,
  version: 0,
  document: emptyDocument(champion),
});
