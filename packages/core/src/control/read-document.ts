import { isRecord } from '../errors/index.ts';
import { parseBreaches } from './breach-state.ts';
import { type AllocatedShares, type ControlDocument, emptyDocument, type Superseded } from './control-document.ts';
import { parseRollout } from './read-rollout.ts';

/** Why a stored document cannot be read as a whole: a newer release wrote it, or it is damaged. */
export type DocumentProblem = 'newer' | 'corrupt';

/** What could be read of a stored document. */
export interface DocumentRead {
  readonly document: ControlDocument;
  /** Absent where all of it could be read, so that it may be written over. */
  readonly problem?: DocumentProblem;
  /** What is stored, where a newer release wrote it and its switches could be read: they may be changed in it, and nothing else. */
  readonly newer?: Readonly<Record<string, unknown>>;
}

/** What says who serves, and why, in every format: an older release may read and change it. */
export type Switches = Pick<ControlDocument, 'pinned' | 'isolated' | 'paused' | 'pausedBy' | 'reasons' | 'recent' | 'changed'>;

/** A document of a newer format with other switches. */
export function withSwitches(
  newer: Readonly<Record<string, unknown>>,
  document: ControlDocument,
): Readonly<Record<string, unknown>> {
  const { pinned, isolated, paused, pausedBy, reasons, recent, changed } = document;
  return { ...newer, ...({ pinned, isolated, paused, pausedBy, reasons, recent, changed } satisfies Switches) };
}

/**
 * Reads a stored document of this format or the one before (which knew no rollouts). Of any other one the switches (paused,
 * pinned, isolated) are in force as far as they can be read: a kill switch must not depend on a format. A `paused` that says
 * neither yes nor no counts as yes.
 *
 * @param known what stays in force where nothing can be read
 */
export function readDocument(value: unknown, known: ControlDocument): DocumentRead {
  if (!isRecord(value)) return { document: known, problem: 'corrupt' };
  const format = value['v'];
  const misread: string[] = [];
  const parts = partsOf(value, misread);
  const champion = value['champion'];
  if (typeof champion !== 'string') misread.push('champion');
  const document: ControlDocument = { v: 2, champion: typeof champion === 'string' ? champion : known.champion, ...parts };
  if (typeof format === 'number' && format > 2) {
    const isReadable = !misread.some((name) => name in SWITCHES);
    return {
      document: { ...document, rollout: null, allocated: null },
      problem: 'newer',
      ...(isReadable ? { newer: value } : {}),
    };
  }
  const isWhole = (format === 1 || format === 2) && misread.length === 0;
  return isWhole ? { document } : { document, problem: 'corrupt' };
}

const SWITCHES: Readonly<Record<keyof Switches, true>> = {
  pinned: true,
  isolated: true,
  paused: true,
  pausedBy: true,
  reasons: true,
  recent: true,
  changed: true,
};

/** A stored document of this format or the one before, without what of it says nothing; `undefined` for any other value. */
export function parseDocument(value: unknown): ControlDocument | undefined {
  const isKnown = isRecord(value) && (value['v'] === 1 || value['v'] === 2) && typeof value['champion'] === 'string';
  return isKnown ? readDocument(value, emptyDocument('')).document : undefined;
}

/** @param misread gets the names of those parts that decide who serves, are there, and say nothing that can be read */
function partsOf(value: Readonly<Record<string, unknown>>, misread: string[]): Omit<ControlDocument, 'v' | 'champion'> {
  const part = <T>(name: keyof ControlDocument, absent: T, read: (there: unknown) => T | undefined): T => {
    const there = value[name];
    if (there === undefined || there === null) return absent;
    const result = read(there);
    if (result === undefined) misread.push(name);
    return result ?? absent;
  };
  const texts = (name: keyof ControlDocument): readonly string[] =>
    part<readonly string[]>(name, [], (there) => {
      const items = Array.isArray(there) ? there : [there];
      const found = items.filter((item): item is string => typeof item === 'string');
      if (!Array.isArray(there) || found.length < items.length) misread.push(name);
      return found;
    });
  const pausedBy = texts('pausedBy');
  return {
    pinned: part<string | null>('pinned', null, (there) => (typeof there === 'string' ? there : undefined)),
    isolated: texts('isolated'),
    paused: part('paused', pausedBy.length > 0, (there) => {
      if (typeof there !== 'boolean') misread.push('paused');
      return there !== false;
    }),
    pausedBy,
    breaches: parseBreaches(value['breaches']),
    rollout: part('rollout', null, (there) => parseRollout(there) ?? undefined),
    allocated: parseAllocated(value['allocated']),
    superseded: Array.isArray(value['superseded']) ? value['superseded'].filter(isSuperseded) : [],
    recent: texts('recent'),
    reasons: Object.fromEntries(
      Object.entries(isRecord(value['reasons']) ? value['reasons'] : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    changed: part('changed', null, parseChanged),
  };
}

function parseAllocated(value: unknown): AllocatedShares | null {
  if (!isRecord(value)) return null;
  const { at, shares } = value;
  if (typeof at !== 'number' || !isRecord(shares)) return null;
  const isShares = (given: Readonly<Record<string, unknown>>): given is Readonly<Record<string, number>> =>
    Object.values(given).every((share) => typeof share === 'number' && share >= 0 && share <= 1);
  return isShares(shares) ? { at, shares } : null;
}

function parseChanged(value: unknown): ControlDocument['changed'] | undefined {
  if (!isRecord(value)) return undefined;
  const { command, by, reason, at } = value;
  return typeof command === 'string' && typeof by === 'string' && typeof reason === 'string' && typeof at === 'number'
    ? { command, by, reason, at }
    : undefined;
}

function isSuperseded(value: unknown): value is Superseded {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['until'] === 'number';
}
