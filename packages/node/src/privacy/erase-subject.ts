import { UnderstudyError } from '@understudy/core';
import { unitHashOf } from '@understudy/core/assignment';
import {
  type Clock,
  type Kinds,
  list,
  ms,
  readOptions,
  required,
  safeErrorText,
  systemClock,
  text,
  withMethods,
} from '@understudy/core/authoring';
import { within } from '../within.ts';
import { PLACE } from './places.ts';
import type { KeyedPseudonyms } from './pseudonyms.ts';
import type { Subject, SubjectPlace } from './subject.ts';

export interface SubjectOptions {
  /** The subject, as your application names it: the `unit` of its calls. */
  readonly subject: string;
  /** Every place that keeps something: what is not named is not looked at. */
  readonly from: readonly SubjectPlace[];
  /** The pseudonyms of the runtime, where it makes any. */
  readonly pseudonyms?: Pick<KeyedPseudonyms, 'all'>;
  /** How long a place may take for each step, in milliseconds. @defaultValue 60000 */
  readonly timeoutMs?: number;
  /** @defaultValue the system's */
  readonly clock?: Clock;
}

export interface EraseSubjectOptions extends SubjectOptions {
  /** Who erases, and why: a ledger records it. */
  readonly by: string;
  readonly reason: string;
}

/** One thing that is kept, and where; or why a place could not be asked. */
export type SubjectRecord =
  | { readonly place: string; readonly record: object }
  | { readonly place: string; readonly problem: string };

/** What became of one place. */
export interface ErasedPlace {
  readonly place: string;
  /** How much was erased, as the place counts. */
  readonly erased: number;
  /** How much it still has, asked afterwards; `null` where it could not be asked. */
  readonly left: number | null;
  /** Why it is not done: call again. */
  readonly problem?: string;
}

export interface ErasureReport {
  readonly places: readonly ErasedPlace[];
  /** Whether every place was asked afterwards, and had nothing left. */
  readonly isComplete: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

const SUBJECT: Kinds<SubjectOptions> = {
  subject: required(text),
  from: required(list(PLACE)),
  pseudonyms: withMethods('all'),
  timeoutMs: ms,
  clock: withMethods('wall', 'schedule', 'cancel'),
};
const ERASE: Kinds<EraseSubjectOptions> = { ...SUBJECT, by: required(text), reason: required(text) };
/** So often the other places are asked again where decisions have come meanwhile. */
const ROUNDS = 3;
const DEFAULTS = { timeoutMs: 60_000, clock: systemClock } as const;

type Settings = Required<Pick<SubjectOptions, 'from' | 'timeoutMs' | 'clock'>> & Pick<SubjectOptions, 'subject' | 'pseudonyms'>;

/**
 * Everything that is kept of a subject, place by place. A place that fails or does not answer is told, and stops no other.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export async function* subjectAccess(options: SubjectOptions): AsyncGenerator<SubjectRecord> {
  const settings = checked(readOptions('subjectAccess', options, SUBJECT, DEFAULTS));
  const { subject, failed } = await subjectOf(settings);
  for (const place of settings.from) {
    // It may answer now; what the others have of its decisions was not found.
    const problem = failed.get(place);
    if (problem !== undefined) yield { place: place.name, problem };
    try {
      for await (const record of asked(place, subject, settings)) yield { place: place.name, record };
    } catch (error) {
      yield { place: place.name, problem: safeErrorText(error) };
    }
  }
}

/**
 * Erases what is kept of a subject, in every place, and asks each afterwards. It may be called again at any time: after a crash, or where a
 * place was away. Places that know which decisions are of the subject come last, and only when the others have nothing left.
 *
 * Calls of the subject that are in flight, and events that wait in queues, come afterwards: stop the one, `flush()` the other, and call again.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export async function eraseSubject(options: EraseSubjectOptions): Promise<ErasureReport> {
  const all = readOptions('eraseSubject', options, ERASE, DEFAULTS);
  const settings = checked(all);
  const { by, reason } = all;
  const { from, clock } = settings;
  const done = new Map<SubjectPlace, ErasedPlace>();
  let { subject, failed } = await subjectOf(settings);
  const eraseIn = async (place: SubjectPlace): Promise<void> => {
    const before = done.get(place)?.erased ?? 0;
    const problem = failed.get(place);
    const now = problem === undefined ? await eraseOne(place, subject, { by, reason }, settings) : unanswered(place, problem);
    done.set(place, { ...now, erased: before + now.erased });
  };
  let isGrowing = true;
  for (let round = 0; isGrowing && round < ROUNDS; round++) {
    for (const place of from) if (place.knowsDecisions !== true) await eraseIn(place);
    // Calls that were in flight have brought decisions meanwhile: what the others keep of these must go before their ids do.
    const known = subject.decisionIds;
    ({ subject, failed } = await subjectOf(settings));
    isGrowing = [...subject.decisionIds].some((id) => !known.has(id));
  }
  const open = [...done.values()].filter((one) => !isDone(one)).map(({ place }) => place);
  // Without the ids of all its decisions nobody could find the rest.
  const unknown = [...failed.keys()].map(({ name }) => name);
  const waits = [...open, ...unknown, ...(isGrowing ? ['calls of the subject, which go on'] : [])];
  for (const place of from) {
    if (place.knowsDecisions !== true) continue;
    if (waits.length === 0 || failed.has(place)) await eraseIn(place);
    else
      done.set(place, {
        place: place.name,
        erased: 0,
        left: null,
        problem: `It says which decisions are of the subject, and waits until these are done: ${waits.join(', ')}.`,
      });
  }
  const places = from.flatMap((place) => done.get(place) ?? []);
  return { places, isComplete: places.every(isDone), at: clock.wall() };
}

const isDone = ({ left, problem }: ErasedPlace): boolean => left === 0 && problem === undefined;
const unanswered = ({ name }: SubjectPlace, problem: string): ErasedPlace => ({ place: name, erased: 0, left: null, problem });

async function eraseOne(
  place: SubjectPlace,
  subject: Subject,
  note: { readonly by: string; readonly reason: string },
  settings: Settings,
): Promise<ErasedPlace> {
  const { timeoutMs, clock } = settings;
  let erased = 0;
  try {
    const said: unknown = await within(clock, timeoutMs, `${place.name}.erase()`, () => place.erase(subject, note));
    erased = typeof said === 'number' ? said : 0;
    let left = 0;
    for await (const _ of asked(place, subject, settings)) left++;
    return { place: place.name, erased, left };
  } catch (error) {
    return { place: place.name, erased, left: null, problem: safeErrorText(error) };
  }
}

/** What a place says, each step within its time. */
async function* asked({ name, find }: SubjectPlace, subject: Subject, { clock, timeoutMs }: Settings): AsyncGenerator<object> {
  const step = <T>(work: () => T): Promise<Awaited<T>> => within(clock, timeoutMs, `${name}.find()`, work);
  const records = await step(() => ({ all: find(subject) }));
  const iterator = Symbol.asyncIterator in records.all ? records.all[Symbol.asyncIterator]() : records.all[Symbol.iterator]();
  for (;;) {
    const { done, value } = await step(() => iterator.next());
    if (done === true) return;
    if (typeof value !== 'object' || value === null) throw new TypeError('find() gave something that is no record.');
    yield value;
  }
}

/** The subject, with the ids of its decisions; and the places that should know them and did not answer. */
async function subjectOf(
  settings: Settings,
): Promise<{ readonly subject: Subject; readonly failed: ReadonlyMap<SubjectPlace, string> }> {
  const { subject: id, pseudonyms, from } = settings;
  const names = [...pseudonymsOf(pseudonyms, id), unitHashOf(id)];
  const failed = new Map<SubjectPlace, string>();
  const decisionIds = new Set<string>();
  // A second round: what one place says of decisions, another may say more of.
  for (let before = -1; decisionIds.size > before;) {
    before = decisionIds.size;
    for (const place of from) {
      if (place.knowsDecisions !== true || failed.has(place)) continue;
      try {
        for await (const record of asked(place, { id, names, decisionIds }, settings)) {
          const found: unknown = Reflect.get(record, 'decisionId');
          if (typeof found === 'string') decisionIds.add(found);
        }
      } catch (error) {
        failed.set(place, safeErrorText(error));
      }
    }
  }
  return { subject: { id, names, decisionIds }, failed };
}

/** @throws UnderstudyError `CONFIGURATION_INVALID` where they cannot be made: nothing would be found by them */
function pseudonymsOf(pseudonyms: SubjectOptions['pseudonyms'], id: string): readonly string[] {
  try {
    return pseudonyms?.all(id) ?? [];
  } catch (cause) {
    throw new UnderstudyError('CONFIGURATION_INVALID', `pseudonyms.all() failed: ${safeErrorText(cause)}`, { cause });
  }
}

function checked<S extends Settings>(settings: S): S {
  const names = settings.from.map(({ name }) => name);
  if (names.length === 0) throw new UnderstudyError('CONFIGURATION_INVALID', 'from: expected at least one place.');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return settings;
  throw new UnderstudyError('CONFIGURATION_INVALID', `from: expected places with names of their own, got two named ${twice}.`);
}
