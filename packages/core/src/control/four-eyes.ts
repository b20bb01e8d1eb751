import { isRecord, ownValue, UnderstudyError } from '../errors/index.ts';
import type { Command, ControlNote, StateStore } from '../types/index.ts';

/** A command that one person gave, and that needs another one. */
interface Waiting {
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** How long the first of two persons is remembered, in milliseconds. */
export const FOUR_EYES_MS = 3_600_000;
/** So many commands wait at most; the oldest is forgotten first. */
const MOST_WAITING = 20;
const MAX_RACES = 20;

/**
 * Who gave this command first, within the last hour. Where the one who gives it now is the first, that is remembered, and the error that says so is
 * returned. What is found is used up: a third person begins anew.
 *
 * @param at of now, in milliseconds since the Unix epoch
 * @throws UnderstudyError `CONTROL_CONFLICT` after too many lost races; what the store throws
 */
export async function firstPerson(
  store: StateStore,
  command: Command,
  note: ControlNote,
  at: number,
): Promise<string | UnderstudyError> {
  const { kind, model, variant = '' } = command;
  const key = `four-eyes/${model}`;
  const name = `${kind}/${variant}`;
  for (let race = 0; race < MAX_RACES; race++) {
    const { version, value } = await store.read(key);
    const waiting = waitingIn(value, at);
    const known = ownValue(waiting, name);
    const { [name]: _, ...others } = waiting;
    const isSecond = known !== undefined && known.by !== note.by.id;
    const next = isSecond ? others : { ...others, [name]: { by: note.by.id, reason: note.reason, at } };
    const kept = Object.fromEntries(Object.entries(next).slice(-MOST_WAITING));
    if ((await store.compareAndSet(key, version, { v: 1, waiting: kept })) !== undefined)
      return isSecond ? known.by : secondPersonNeeded(command, note);
  }
  throw new UnderstudyError(
    'CONTROL_CONFLICT',
    `${kind} on model "${model}" lost ${MAX_RACES} races against other writers: try again.`,
    {
      retryable: true,
      details: { model },
    },
  );
}

/** What still counts of a stored document; nothing of one that cannot be read. */
function waitingIn(value: unknown, at: number): Readonly<Record<string, Waiting>> {
  const stored = isRecord(value) ? value['waiting'] : undefined;
  if (!isRecord(stored)) return {};
  const known = Object.entries(stored).filter((entry): entry is [string, Waiting] => {
    const [, given] = entry;
    if (!isRecord(given) || typeof given['by'] !== 'string' || typeof given['at'] !== 'number') return false;
    return Math.abs(at - given['at']) < FOUR_EYES_MS;
  });
  return Object.fromEntries(known);
}

function secondPersonNeeded({ kind, model, variant }: Command, { by }: ControlNote): UnderstudyError {
  const what = variant === undefined ? kind : `${kind} ${variant}`;
  return new UnderstudyError(
    'SECOND_PERSON_NEEDED',
    `${what} on model "${model}" needs two persons, and ${by.id} is the first: nothing was changed. It is obeyed when somebody else gives it within an hour.`,
    { details: { model, first: by.id } },
  );
}
