import {
  checkOptions,
  flag,
  list,
  problemsAt,
  problemsError,
  Problems,
  text,
  UnderstudyError,
  either,
  oneOf,
} from '../errors/index.ts';
import type { Command, ControlNote } from '../types/index.ts';
import { type ControlDocument, emptyDocument } from './control-document.ts';
import { NOTE } from './note-kinds.ts';

/** What a control document that cannot be read is replaced by. */
export interface Replacement {
  /** Whether no model tier serves until a resume. @defaultValue false */
  readonly paused?: boolean;
  /** The variant that serves every call; `null`: none. @defaultValue null */
  readonly pinned?: string | null;
  /** Variants that serve nothing until they are readmitted. @defaultValue [] */
  readonly isolated?: readonly string[];
}

/** @throws UnderstudyError `UNKNOWN_VARIANT`; `INPUT_INVALID` for a note or a replacement that says too little */
export function checkCommand(
  { kind: command, model, variant }: Command,
  variants: readonly string[],
  note: ControlNote,
  replacement: Replacement | undefined,
): void {
  const problems = new Problems();
  if (OF_A_VARIANT.has(command)) problems.addAll('', problemsAt('variant', text, variant));
  if (replacement !== undefined) {
    const read = checkOptions(replacement, { paused: flag, pinned: either(text, oneOf(null)), isolated: list(text) }, {});
    problems.addAll('document', read.problems);
  }
  const read = checkOptions<ControlNote, {}>(note, NOTE, {});
  problems.addAll('note', read.problems);
  if (problems.list.length > 0) throw problemsError('INPUT_INVALID', `The command for model "${model}"`, problems.list);
  const named = [variant, replacement?.pinned, ...(replacement?.isolated ?? [])];
  const unknown = named.find((name) => typeof name === 'string' && !variants.includes(name));
  if (unknown === undefined || unknown === null) return;
  throw new UnderstudyError('UNKNOWN_VARIANT', `Model "${model}" has no variant "${unknown}": it has ${variants.join(', ')}.`, {
    details: { model, variant: unknown },
  });
}

/** Commands that name a variant. */
const OF_A_VARIANT: ReadonlySet<Command['kind']> = new Set(['pin', 'isolate', 'readmit', 'drill'] as const);

/** The document in place of one that is damaged: pure. Its rollout begins anew. */
export function replacedDocument(
  champion: string,
  { paused = false, pinned = null, isolated = [] }: Replacement,
  note: ControlNote,
  at: number,
): ControlDocument {
  const { by, reason } = note;
  const changed = { command: 'replace', by: by.id, reason, at };
  return {
    ...emptyDocument(champion),
    paused,
    pausedBy: paused ? [by.id] : [],
    pinned,
    isolated: [...isolated],
    reasons: reasonsOf(paused, pinned, isolated, reason),
    changed,
  };
}

function reasonsOf(
  paused: boolean,
  pinned: string | null,
  isolated: readonly string[],
  reason: string,
): ControlDocument['reasons'] {
  const switches = [
    ...(paused ? ['pause'] : []),
    ...(pinned === null ? [] : ['pin']),
    ...isolated.map((name) => `isolate/${name}`),
  ];
  return Object.fromEntries(switches.map((name) => [name, reason]));
}
