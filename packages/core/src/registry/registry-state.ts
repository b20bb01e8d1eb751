import { ownValue, UnderstudyError } from '../errors/index.ts';

/** Where a version came from: references, never the things themselves. */
export interface Lineage {
  /** The data that it was trained on, such as an address with a digest. */
  readonly data?: string;
  /** The code, such as a commit. */
  readonly code?: string;
  /** Parameters of the training. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** The version that it was made of. */
  readonly parent?: string;
  /** The run that made it, such as an address of an experiment tracker. */
  readonly run?: string;
}

/** `serving` while an alias names it; else `approved` once enough people have approved it. */
export type VersionStatus = 'candidate' | 'approved' | 'serving' | 'retired';

export interface Approval {
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A version of a model, as its registry knows it. */
export interface RegisteredVersion {
  readonly model: string;
  readonly version: string;
  readonly status: VersionStatus;
  /** `sha256:` and 64 hexadecimal digits of what serves, where there is such a thing. */
  readonly digest?: string;
  /** Where it is: an address or a path that `load` understands. */
  readonly location?: string;
  readonly lineage: Lineage;
  /** By name: what was measured before it served, and what was recorded since. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Who answers for it. */
  readonly owner: string;
  readonly approvals: readonly Approval[];
  /** Aliases that name it. */
  readonly aliases: readonly string[];
  readonly registeredBy: string;
  readonly registeredAt: number;
}

/** What is said of a version when it is registered. */
export interface VersionDraft extends Partial<Pick<RegisteredVersion, 'digest' | 'location' | 'lineage' | 'metrics'>> {
  /** Its name, 1 to 100 characters, such as `3.1.0`. */
  readonly version: string;
  /** @defaultValue who registers it */
  readonly owner?: string;
}

/** What a source of versions is asked for. */
export type VersionQuery = { readonly alias: string } | { readonly version: string };

/** Where versions are looked up: a registry of ours, or one that is read, such as `mlflowRegistry()`. */
export interface VersionSource {
  readonly name: string;
  /** `undefined` where there is no such version or alias. Rejects while the source is away. */
  resolve(model: string, query: VersionQuery): Promise<RegisteredVersion | undefined>;
}

/** What an entry of the change log says beyond who, when and why. */
export type RegistryChange =
  | { readonly change: 'registered'; readonly version: string; readonly draft: VersionDraft & { readonly owner: string } }
  | { readonly change: 'approved' | 'retired'; readonly version: string }
  | {
      readonly change: 'recorded';
      readonly version: string;
      readonly metrics: Readonly<Record<string, number>>;
      readonly rollout?: string;
    }
  | {
      readonly change: 'alias-moved' | 'rolled-back';
      /** Empty: the alias names nothing any more. */
      readonly version: string;
      readonly alias: string;
      /** What it named before; empty for nothing. */
      readonly from: string;
      /** What it did to the metrics: of each that both versions have, before and after. */
      readonly effect: Readonly<Record<string, readonly [before: number, after: number]>>;
      /** The rollout that was written back. */
      readonly rollout?: string;
    };

/** One line of the change log: nobody changes it later. */
export type RegistryEntry = RegistryChange & {
  readonly v: 1;
  /** Its place, from 1. */
  readonly entry: number;
  /** Finds it again where the store's answer was lost. */
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly by: string;
  readonly roles: readonly string[];
  readonly reason: string;
  /** SHA-256 of the entry before as JSON, in hexadecimal digits; empty for the first. */
  readonly prev: string;
};

interface KnownVersion extends Omit<RegisteredVersion, 'status' | 'aliases'> {
  readonly retired: boolean;
}

/** What the entries of a model's log come to. */
export interface RegistryState {
  readonly v: 1;
  readonly model: string;
  readonly entries: number;
  /** SHA-256 of the last entry. */
  readonly head: string;
  readonly versions: readonly KnownVersion[];
  readonly aliases: Readonly<Record<string, string>>;
  /** What each alias named before, the newest last. */
  readonly before: Readonly<Record<string, readonly string[]>>;
  /** Rollouts that were written back. */
  readonly rollouts: readonly string[];
}

const KEPT_BEFORE = 20;
const KEPT_ROLLOUTS = 50;

export const emptyState = (model: string): RegistryState => ({
  v: 1,
  model,
  entries: 0,
  head: '',
  versions: [],
  aliases: {},
  before: {},
  rollouts: [],
});

/** The state after an entry: pure. @param head SHA-256 of the entry */
export function afterEntry(state: RegistryState, entry: RegistryEntry, head: string): RegistryState {
  const { at, by, reason, version } = entry;
  const next = { ...state, entries: entry.entry, head };
  const changed = (change: (known: KnownVersion) => KnownVersion): RegistryState => ({
    ...next,
    versions: state.versions.map((known) => (known.version === version ? change(known) : known)),
  });
  switch (entry.change) {
    case 'registered': {
      const { digest, location, lineage = {}, metrics = {}, owner } = entry.draft;
      const known: KnownVersion = {
        model: state.model,
        version,
        ...(digest === undefined ? {} : { digest }),
        ...(location === undefined ? {} : { location }),
        lineage,
        metrics,
        owner,
        approvals: [],
        registeredBy: by,
        registeredAt: at,
        retired: false,
      };
      return { ...next, versions: [...state.versions, known] };
    }
    case 'approved':
      return changed((known) => ({ ...known, approvals: [...known.approvals, { by, reason, at }] }));
    case 'retired':
      return changed((known) => ({ ...known, retired: true }));
    case 'recorded':
      return withRollout(
        changed((known) => ({ ...known, metrics: { ...known.metrics, ...entry.metrics } })),
        entry.rollout,
      );
    case 'alias-moved':
    case 'rolled-back': {
      const { alias, from } = entry;
      const { [alias]: _, ...others } = state.aliases;
      const stack = ownValue(state.before, alias) ?? [];
      const before = from === '' ? stack : [...stack.filter((name) => name !== from), from].slice(-KEPT_BEFORE);
      return withRollout(
        {
          ...next,
          aliases: version === '' ? others : { ...others, [alias]: version },
          before: { ...state.before, [alias]: before.filter((name) => name !== version) },
        },
        entry.rollout,
      );
    }
  }
}

const withRollout = (state: RegistryState, rollout: string | undefined): RegistryState =>
  rollout === undefined ? state : { ...state, rollouts: [...state.rollouts, rollout].slice(-KEPT_ROLLOUTS) };

/** The versions of a state as users see them, in the order in which they were registered. @param needed approvals that a version needs */
export function versionsOf({ versions, aliases }: RegistryState, needed: number): readonly RegisteredVersion[] {
  return versions.map(({ retired, ...known }) => {
    const named = Object.keys(aliases).filter((alias) => aliases[alias] === known.version);
    const approved = known.approvals.length >= needed ? 'approved' : 'candidate';
    return { ...known, aliases: named, status: retired ? 'retired' : named.length > 0 ? 'serving' : approved };
  });
}

export interface RegistryRules {
  /** Approvals that a version needs before an alias may name it. */
  readonly approvals: number;
  /** Whether who registered a version may approve it. */
  readonly selfApproval: boolean;
}

/**
 * Whether a change makes sense in a state: pure.
 *
 * @returns `false` where there is nothing to do: it was done before
 * @throws UnderstudyError `CONTROL_CONFLICT` that says what to do first
 */
export function checkChange(state: RegistryState, change: RegistryChange, by: string, rules: RegistryRules): boolean {
  const { model } = state;
  const { version } = change;
  const known = state.versions.find((one) => one.version === version);
  const conflict = (text: string): UnderstudyError =>
    new UnderstudyError('CONTROL_CONFLICT', `The registry of model "${model}": ${text}`, { details: { model, version } });
  if (change.change === 'registered') {
    if (known === undefined) return true;
    throw conflict(`version ${version} is registered already, and a version never changes: register it by another name.`);
  }
  if (version === '') return 'from' in change && change.from !== '';
  if (known === undefined) {
    const names = state.versions.map((one) => one.version).slice(-10);
    throw conflict(
      `there is no version ${version}: ${names.length === 0 ? 'none is registered' : `it has ${names.join(', ')}`}.`,
    );
  }
  switch (change.change) {
    case 'recorded':
      return true;
    case 'retired': {
      const named = Object.keys(state.aliases).filter((alias) => state.aliases[alias] === version);
      if (named.length > 0) throw conflict(`version ${version} is named by ${named.join(', ')}: move that first.`);
      return !known.retired;
    }
    case 'approved':
      if (known.retired) throw conflict(`version ${version} is retired: register it again by another name.`);
      if (!rules.selfApproval && known.registeredBy === by)
        throw conflict(`${by} registered version ${version}: somebody else must approve it.`);
      return known.approvals.every((approval) => approval.by !== by);
    case 'alias-moved':
    case 'rolled-back': {
      if (known.retired) throw conflict(`version ${version} is retired: an alias cannot name it.`);
      const missing = rules.approvals - known.approvals.length;
      const hasServed = Object.values(state.before).some((names) => names.includes(version));
      if (missing > 0 && !hasServed)
        throw conflict(
          `version ${version} needs ${missing} more ${missing === 1 ? 'approval' : 'approvals'} before ${change.alias} may name it.`,
        );
      return change.from !== version;
    }
  }
}

/** What a move of an alias does to the metrics that both versions have. */
function effectOf(state: RegistryState, from: string, to: string): Readonly<Record<string, readonly [number, number]>> {
  const metricsOf = (name: string): Readonly<Record<string, number>> =>
    state.versions.find(({ version }) => version === name)?.metrics ?? {};
  const [before, after] = [metricsOf(from), metricsOf(to)];
  return Object.fromEntries(
    Object.entries(before).flatMap(([name, value]) => {
      const now = ownValue(after, name);
      return now === undefined ? [] : [[name, [value, now]] as const];
    }),
  );
}

/** A move of an alias, with what it does to the metrics. */
export const moved = (
  change: 'alias-moved' | 'rolled-back',
  state: RegistryState,
  alias: string,
  version: string,
  rollout?: string,
): RegistryChange => {
  const from = ownValue(state.aliases, alias) ?? '';
  const effect = effectOf(state, from, version);
  return { change, version, alias, from, effect, ...(rollout === undefined ? {} : { rollout }) };
};
