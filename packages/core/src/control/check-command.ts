import {
  checkOptions,
  either,
  flag,
  kind,
  type Kinds,
  list,
  oneOf,
  options,
  Problems,
  problemsError,
  problemsUnder,
  required,
  text,
  UnderstudyError,
} from '../errors/index.ts';
import type { ControlNote, Operator } from '../spec/index.ts';
import { type ControlDocument, emptyDocument } from './control-document.ts';

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
  model: string,
  variants: readonly string[],
  variant: string | undefined,
  note: ControlNote,
  replacement: Replacement | undefined,
): void {
  const problems = new Problems();
  if (replacement !== undefined) {
    const read = checkOptions(replacement, { paused: flag, pinned: either(text, oneOf(null)), isolated: list(text) }, {});
    for (const { path, message } of problemsUnder('document', read.problems)) problems.add(path, message);
  }
  for (const { path, message } of problemsUnder('note', checkOptions(note, NOTE, {}).problems)) problems.add(path, message);
  if (problems.list.length > 0) throw problemsError('INPUT_INVALID', `The command for model "${model}"`, problems.list);
  const named = [variant, replacement?.pinned, ...(replacement?.isolated ?? [])];
  const unknown = named.find((name) => typeof name === 'string' && !variants.includes(name));
  if (unknown === undefined || unknown === null) return;
  throw new UnderstudyError('UNKNOWN_VARIANT', `Model "${model}" has no variant "${unknown}": it has ${variants.join(', ')}.`, {
    details: { model, variant: unknown },
  });
}

/** It goes into the audit trail, and `authorize` may decide by it. */
const OPERATOR: Kinds<Operator> = {
  id: required(text),
  roles: required(list(kind((role) => typeof role === 'string', 'a text'))),
};
const NOTE: Kinds<ControlNote> = { by: required(options(OPERATOR)), reason: required(text) };

/** The document in place of one that is damaged: pure. Its rollout begins anew. */
export function replacedDocument(
  champion: string,
  { paused = false, pinned = null, isolated = [] }: Replacement,
  note: ControlNote,
  at: number,
): ControlDocument {
  const { by, reason } = note;
  const changed = { command: 'replace', by: by.id, reason, at };
  return { ...emptyDocument(champion), paused, pausedBy: paused ? [by.id] : [], pinned, isolated: [...isolated], changed };
}
