import { errorText, isRecord, type Problem, problemsError } from '../../errors/index.ts';
import { wordHex } from '../../routing/word-hex.ts';
import { murmur3 } from '../../statistics/sketches/murmur3.ts';
import { checkProfile, type FieldProfile } from '../../statistics/profiles/bin-layout.ts';

/** How often a field was missing, over consecutive parts of equal size of the reference. */
export interface MissingShare {
  /** 0–1. */
  readonly mean: number;
  /** Standard deviation of the share from part to part. */
  readonly sigma: number;
}

/** What a model was given, and what it answered, in a time that was good: JSON that is stored and never changes. */
export interface Profile {
  readonly v: 1;
  /** Name of the contract. */
  readonly contract: string;
  /** A hash of all the rest: tells profiles apart, and finds one that was edited. 32 hexadecimal digits. */
  readonly digest: string;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** Rows. */
  readonly count: number;
  /** By dotted path. */
  readonly input: Readonly<Record<string, FieldProfile>>;
  readonly output: Readonly<Record<string, FieldProfile>>;
  /** Fields without a profile: arrays, objects, dates and what the schema does not tell. */
  readonly skipped: readonly string[];
  /** Values that were not of their field's type, and so in no profile: by dotted path, outputs after `output.`. */
  readonly mistyped?: Readonly<Record<string, number>>;
  /** Rows of each part, and the missing share of each input field over them. */
  readonly chunks?: { readonly size: number; readonly missing: Readonly<Record<string, MissingShare>> };
}

const SEEDS = [0, 1, 2, 3];

/** The digest of a profile: 128 bits of MurmurHash3, which finds mistakes and no forgery. */
export function profileDigest({ digest: _, ...content }: Omit<Profile, 'digest'> & { readonly digest?: string }): string {
  const text = JSON.stringify(sorted(content));
  return SEEDS.map((seed) => wordHex(murmur3(text, seed))).join('');
}

/**
 * A stored profile: text, or what `JSON.parse` made of it.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the field: for what is no profile, for one of another version of
 * Understudy, and for one that was changed since it was made
 */
export function parseProfile(json: unknown): Profile {
  const value = typeof json === 'string' ? parsed(json) : json;
  const problems = profileProblems(value);
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', 'The profile', problems);
  return value as Profile;
}

/** What is wrong with a profile that may come from a file. */
export function profileProblems(given: unknown): Problem[] {
  if (!isRecord(given)) return [{ path: '', message: `expected a profile, as profileFromRows() makes one, got ${told(given)}` }];
  const value: Readonly<Record<string, unknown>> = given;
  const { v } = value;
  if (typeof v === 'number' && v > 1)
    return [{ path: 'v', message: `expected 1, got ${v}: it was made by a newer version of Understudy; update this one` }];
  if (v !== 1) return [{ path: 'v', message: `expected 1, got ${told(v)}: make the profile with profileFromRows()` }];
  const problems: Problem[] = [];
  const expect = (holds: boolean, path: string, expected: string): void => {
    if (!holds) problems.push({ path, message: `expected ${expected}, got ${told(value[path])}: make the profile anew` });
  };
  expect(typeof value['contract'] === 'string', 'contract', 'the name of a contract');
  expect(Number.isSafeInteger(value['count']) && Number(value['count']) >= 1, 'count', 'rows: an integer of at least 1');
  expect(Array.isArray(value['skipped']), 'skipped', 'a list of paths');
  expect(value['chunks'] === undefined || isChunks(value['chunks']), 'chunks', '{ size, missing: { [field]: { mean, sigma } } }');
  for (const side of ['input', 'output'] as const) {
    const fields = value[side];
    expect(isRecord(fields), side, 'profiles by field');
    for (const [field, profile] of isRecord(fields) ? Object.entries(fields) : [])
      problems.push(...fieldProblems(`${side}.${field}`, profile));
  }
  if (problems.length > 0) return problems;
  const profile: unknown = given;
  const digest = profileDigest(profile as Profile);
  const message = `expected ${digest}, got ${told(value['digest'])}: it was changed since it was made; make it anew`;
  return digest === value['digest'] ? [] : [{ path: 'digest', message }];
}

function isFieldProfile(profile: unknown): profile is FieldProfile {
  if (!isRecord(profile)) return false;
  if (profile['kind'] === 'categorical') return Array.isArray(profile['categories']) && profile['categories'].every(isRecord);
  if (profile['kind'] !== 'numeric' || !Array.isArray(profile['pointMasses'])) return false;
  return Array.isArray(profile['edges']) && Array.isArray(profile['counts']) && profile['pointMasses'].every(isRecord);
}

function fieldProblems(path: string, profile: unknown): Problem[] {
  if (!isFieldProfile(profile)) return [{ path, message: 'expected a numeric or a categorical profile: make the profile anew' }];
  try {
    checkProfile(profile);
    return [];
  } catch (error) {
    return [{ path, message: `${errorText(error)}: make the profile anew` }];
  }
}

function isChunks(chunks: unknown): boolean {
  if (!isRecord(chunks) || !isRecord(chunks['missing'])) return false;
  const isShare = (share: unknown): boolean =>
    isRecord(share) && Number.isFinite(share['mean']) && Number.isFinite(share['sigma']);
  return Object.values(chunks['missing']).every(isShare);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const message = `expected JSON: ${errorText(cause)}`;
    throw problemsError('CONFIGURATION_INVALID', 'The profile', [{ path: '', message }], cause);
  }
}

/** Stores such as PostgreSQL's JSONB reorder keys: they count in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return keys.sort().map((key) => [key, sorted(value[key])]);
}
const told = (value: unknown): string => JSON.stringify(value)?.slice(0, 40) ?? String(value);
