import {
  checkOptions,
  isRecord,
  type Kind,
  kind,
  type Kinds,
  list,
  noteText,
  problemsAt,
  problemsError,
  problemsUnder,
  required,
  text,
} from '../errors/index.ts';
import type { ControlNote, Operator } from '../types/index.ts';

const filled = (what: string): Kind =>
  kind((value) => noteText(value) === undefined, `${what}, in 1 to 1,000 characters: it goes into the audit trail`);

/** An operator may have more than a note needs: a name, an address. */
const operatorKind: Kind = (by) =>
  isRecord(by)
    ? [...problemsAt('id', filled('who gives the command'), by['id']), ...problemsAt('roles', list(text), by['roles'])]
    : 'who gives the command: { id, roles }';

export const NOTE: Kinds<ControlNote> = {
  by: required(operatorKind),
  reason: required(filled('why the command is given')),
};

/** A copy that nobody changes. @param what asks for it, for the error @throws UnderstudyError `INPUT_INVALID` */
export function readNote(what: string, note: ControlNote): ControlNote {
  const { settings, problems } = checkOptions<ControlNote, {}>(note, NOTE, {});
  if (problems.length > 0) throw problemsError('INPUT_INVALID', what, problemsUnder('note', problems));
  return { by: operatorOf(settings.by), reason: settings.reason };
}

/** @throws UnderstudyError `INPUT_INVALID` */
export function readOperator(what: string, by: Operator): Operator {
  const problems = problemsAt('by', operatorKind, by);
  if (problems.length > 0) throw problemsError('INPUT_INVALID', what, problems);
  return operatorOf(by);
}

const operatorOf = ({ id, roles }: Operator): Operator => ({ id, roles: [...roles] });
