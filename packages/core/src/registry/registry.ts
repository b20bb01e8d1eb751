import { guardedStore } from '../control/guarded-store.ts';
import { readNote } from '../control/note-kinds.ts';
import {
  checkOptions,
  countOr0,
  finite,
  flag,
  isRecord,
  type Kind,
  kind,
  type Kinds,
  ms,
  noteText,
  ownValue,
  problemsAt,
  problemsError,
  readOptions,
  record,
  required,
  text,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import { type CompanionParts, companionOf } from '../runtime/companion.ts';
import type { Understudy } from '../runtime/understudy.ts';
import type { Command, CommandKind, ControlNote, StateStore } from '../types/index.ts';
import { type DefineRegisteredModel, type RegistryParts, serveRegistered } from './serve-registered.ts';
import { hashOf, RegistryLog, type RegistryStore } from './registry-log.ts';
import {
  afterEntry,
  checkChange,
  moved,
  emptyState,
  type Lineage,
  type RegisteredVersion,
  type RegistryChange,
  type RegistryEntry,
  type RegistryRules,
  type RegistryState,
  type VersionDraft,
  type VersionQuery,
  type VersionSource,
  versionsOf,
} from './registry-state.ts';

export interface RegistryOptions {
  /** Where it is kept. @defaultValue the runtime's store */
  readonly store?: RegistryStore;
  /** Approvals, of different people, that a version needs before an alias may name it. @defaultValue 1 */
  readonly approvals?: number;
  /** Whether who registered a version may approve it. @defaultValue false */
  readonly selfApproval?: boolean;
  /** A change by another process is seen within this time, in milliseconds, where the store does not tell it at once. @defaultValue 10000 */
  readonly refreshMs?: number;
}

/** The registry of one model. Each change says who and why, is authorised, and is told as `registry-changed`. */
export interface RegisteredModel {
  readonly name: string;
  /** Registers a version. It never changes afterwards. */
  register(draft: VersionDraft, note: ControlNote): Promise<RegisteredVersion>;
  /** One person's approval; a second one of the same person changes nothing. */
  approve(version: string, note: ControlNote): Promise<RegisteredVersion>;
  /** Lets an alias name a version that is approved, or nothing: `null`. What serves by the alias follows within `refreshMs`. */
  moveAlias(alias: string, version: string | null, note: ControlNote): Promise<void>;
  /** Lets an alias name the version again that it named before, or the one of `to`: one that is approved or has served, and is not retired. */
  rollBack(alias: string, note: ControlNote, options?: { readonly to?: string }): Promise<RegisteredVersion>;
  /** The version can serve no more. An alias must not name it. */
  retire(version: string, note: ControlNote): Promise<void>;
  /** Adds metrics to a version, such as those of its first month. */
  record(version: string, metrics: Readonly<Record<string, number>>, note: ControlNote): Promise<void>;
  /** All versions, in the order in which they were registered. */
  versions(): Promise<readonly RegisteredVersion[]>;
  /** `undefined` where there is no such version or alias. */
  resolve(query: VersionQuery): Promise<RegisteredVersion | undefined>;
  /** The change log, the oldest first. */
  changes(): AsyncIterable<RegistryEntry>;
  /** Reads the whole log, and checks that each entry follows the one before. @throws UnderstudyError `CONTROL_CONFLICT` that names the first that does not */
  verify(): Promise<{ readonly entries: number; readonly head: string }>;
}

/** Versions of models: where they came from, who approved them, which one serves. */
export interface Registry extends VersionSource {
  model(name: string): RegisteredModel;
  /**
   * Defines a model of the runtime some of whose variants are `fromRegistry()`. They are resolved now and on each change; a change defines the
   * model anew, as a release would: calls in flight end with the version that they began with. While a variant names no version, or the source is
   * away at the start, it fails and the fallback serves. It rejects only for a definition that makes no sense.
   */
  readonly defineModel: DefineRegisteredModel;
}

const KINDS: Kinds<RegistryOptions> = {
  store: withMethods('read', 'compareAndSet'),
  approvals: countOr0,
  selfApproval: flag,
  refreshMs: ms,
};

/**
 * A registry of models, beside a runtime: it uses its store, its clock, its `authorize`, and tells its sinks.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function createRegistry(understudy: Understudy, options: RegistryOptions = {}): Registry {
  return new ManagedRegistry(companionOf('createRegistry(understudy)', understudy), options);
}

class ManagedRegistry implements Registry {
  readonly name: string;
  readonly '~parts': RegistryParts;
  readonly #companion: CompanionParts;
  readonly #store: RegistryStore;
  readonly #rules: RegistryRules;
  readonly #logs = new Map<string, RegistryLog>();
  readonly defineModel: DefineRegisteredModel;

  constructor(companion: CompanionParts, options: RegistryOptions) {
    const settings = readOptions('createRegistry', options, KINDS, { approvals: 1, selfApproval: false, refreshMs: 10_000 });
    this.#companion = companion;
    // The runtime's is guarded already.
    this.#store = settings.store === undefined ? companion.store : guardedStore(settings.store as StateStore, companion.clock);
    this.name = this.#store.name;
    this.#rules = settings;
    this['~parts'] = {
      companion,
      store: this.#store,
      refreshMs: settings.refreshMs,
      rolloutsOf: async (model) => (await this.#log(model).state()).rollouts,
      append: async (model, reason, decide) => void (await this.#append(model, ROLLOUT, reason, decide)),
    };
    this.defineModel = ((contract, definition) => serveRegistered(this, contract, definition)) as DefineRegisteredModel;
  }

  model(name: string): RegisteredModel {
    if (typeof name !== 'string' || name === '')
      throw invalid('model(name)', [{ path: 'name', message: 'expected the name of a model' }]);
    const log = this.#log(name);
    const give = (
      kind: CommandKind,
      about: Pick<Command, 'version' | 'alias'>,
      note: ControlNote,
      decide: Decide,
    ): Promise<RegistryState> => this.#give({ kind, model: name, ...about }, note, decide);
    const versions = (state: RegistryState): readonly RegisteredVersion[] => versionsOf(state, this.#rules.approvals);
    const one = (state: RegistryState, version: string): RegisteredVersion => {
      const found = versions(state).find((known) => known.version === version);
      if (found !== undefined) return found;
      throw new UnderstudyError('CONTROL_CONFLICT', `The registry of model "${name}" has lost version ${version}.`);
    };
    return {
      name,
      register: async (draft, note) => {
        const read = readDraft(draft, note);
        const { version } = read;
        const state = await give('registry-register', { version }, note, () => ({ change: 'registered', version, draft: read }));
        return one(state, version);
      },
      approve: async (version, note) =>
        one(await give('registry-approve', { version }, note, () => ({ change: 'approved', version })), version),
      moveAlias: async (alias, version, note) => {
        await give('registry-move-alias', { alias, ...(version === null ? {} : { version }) }, note, (state) =>
          moved('alias-moved', state, alias, version ?? ''),
        );
      },
      rollBack: async (alias, note, { to } = {}) => {
        let target = '';
        const state = await give('registry-roll-back', { alias, ...(to === undefined ? {} : { version: to }) }, note, (known) => {
          target = to ?? previous(known, alias);
          return moved('rolled-back', known, alias, target);
        });
        return one(state, target);
      },
      retire: async (version, note) => {
        await give('registry-retire', { version }, note, () => ({ change: 'retired', version }));
      },
      record: async (version, metrics, note) => {
        const problems = problemsAt('metrics', record(finite), metrics);
        if (problems.length > 0) throw invalid('record()', problems);
        const copied = { ...metrics };
        await give('registry-record', { version }, note, () => ({ change: 'recorded', version, metrics: copied }));
      },
      versions: async () => versions(await log.state()),
      resolve: (query) => this.resolve(name, query),
      changes: () => log.entries(),
      verify: async () => {
        let folded = emptyState(name);
        for await (const entry of log.entries()) {
          if (entry.prev !== folded.head) throw broken(name, entry.entry);
          folded = afterEntry(folded, entry, await hashOf(entry));
        }
        const known = await log.state();
        // What came meanwhile is looked at the next time.
        if (known.entries === folded.entries && JSON.stringify(known) !== JSON.stringify(folded))
          throw broken(name, known.entries);
        return { entries: folded.entries, head: folded.head };
      },
    };
  }

  async resolve(model: string, query: VersionQuery): Promise<RegisteredVersion | undefined> {
    const state = await this.#log(model).state();
    const version = 'alias' in query ? ownValue(state.aliases, query.alias) : query.version;
    return versionsOf(state, this.#rules.approvals).find((known) => known.version === version);
  }

  #log(model: string): RegistryLog {
    const known = this.#logs.get(model);
    if (known !== undefined) return known;
    const log = new RegistryLog(this.#store, model);
    this.#logs.set(model, log);
    return log;
  }

  async #give(command: Command, note: ControlNote, decide: Decide): Promise<RegistryState> {
    const { kind, model, version = '', alias } = command;
    const given = readCommand(command, note);
    if (!(await this.#companion.may(given.by, command))) {
      const change = CHANGES[kind] ?? 'recorded';
      const { by, reason } = given;
      const facts = { change, version, by: by.id, roles: by.roles, reason, result: 'forbidden', entry: 0 } as const;
      this.#companion.tell('registry-changed', model, { ...facts, ...(alias === undefined ? {} : { alias }) });
      throw new UnderstudyError(
        'FORBIDDEN',
        `${by.id} may not ${kind} on model "${model}": ask an operator whose roles the runtime's authorize() accepts.`,
        { details: { model } },
      );
    }
    return this.#append(model, given.by, given.reason, decide);
  }

  async #append(
    model: string,
    by: ControlNote['by'],
    reason: string,
    decide: (state: RegistryState) => RegistryChange | undefined,
  ): Promise<RegistryState> {
    const { clock, random, tell } = this.#companion;
    const id = `r${random().toString(36).slice(2)}${random().toString(36).slice(2)}`;
    const { state, entry } = await this.#log(model).append(
      { id, at: clock.wall(), by: by.id, roles: [...by.roles], reason },
      (known) => {
        const change = decide(known);
        return change !== undefined && checkChange(known, change, by.id, this.#rules) ? change : undefined;
      },
    );
    if (entry === undefined) return state;
    const { change, version } = entry;
    const digest = state.versions.find((known) => known.version === version)?.digest;
    const move = 'alias' in entry ? { alias: entry.alias, from: entry.from } : {};
    const facts = { change, version, by: by.id, roles: by.roles, reason, result: 'obeyed', entry: entry.entry } as const;
    tell('registry-changed', model, { ...facts, ...(digest === undefined ? {} : { digest }), ...move });
    return state;
  }
}

type Decide = (state: RegistryState) => RegistryChange;

/** What a command of the registry would have been. */
const CHANGES: Readonly<Partial<Record<CommandKind, RegistryChange['change']>>> = {
  'registry-register': 'registered',
  'registry-approve': 'approved',
  'registry-move-alias': 'alias-moved',
  'registry-roll-back': 'rolled-back',
  'registry-retire': 'retired',
};

const ROLLOUT: ControlNote['by'] = { id: 'rollout', roles: ['rollout'] };

function previous(state: RegistryState, alias: string): string {
  const usable = (ownValue(state.before, alias) ?? []).filter((name) =>
    state.versions.some(({ version, retired }) => version === name && !retired),
  );
  const last = usable.at(-1);
  if (last !== undefined) return last;
  throw new UnderstudyError(
    'CONTROL_CONFLICT',
    `The registry of model "${state.model}": ${alias} has named no other version that could serve: name one by { to }.`,
    { details: { model: state.model } },
  );
}

function broken(model: string, entry: number): UnderstudyError {
  return new UnderstudyError(
    'CONTROL_CONFLICT',
    `The registry of model "${model}" does not verify: entry ${entry} does not fit what is around it.`,
    { details: { model, entry } },
  );
}

const name: Kind = kind(
  (value) => typeof value === 'string' && /^[^\s/\0][^\0]{0,99}$/.test(value),
  'a name of 1 to 100 characters that begins with no space and no slash',
);
const digest: Kind = kind(
  (value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value),
  'sha256: and 64 hexadecimal digits',
);
const parameter: Kind = kind(
  (value) => typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value),
  'a text, a number, or true or false',
);
const lineage: Kind = (value) => {
  if (!isRecord(value)) return 'an object: { data, code, parameters, parent, run }';
  return checkOptions<Lineage, {}>(value, { data: text, code: text, parameters: record(parameter), parent: name, run: text }, {})
    .problems;
};
const DRAFT: Kinds<VersionDraft> = {
  version: required(name),
  digest,
  location: text,
  lineage,
  metrics: record(finite),
  owner: noteText,
};

/** @throws UnderstudyError `INPUT_INVALID` with every problem */
function readDraft(draft: VersionDraft, note: ControlNote): VersionDraft & { readonly owner: string } {
  const { settings, problems } = checkOptions<VersionDraft, {}>(draft, DRAFT, {});
  if (problems.length > 0) throw invalid('register()', problems);
  const owner = settings.owner ?? String((note as ControlNote | undefined)?.by?.id);
  return JSON.parse(JSON.stringify({ ...settings, owner })) as VersionDraft & { readonly owner: string };
}

/** @throws UnderstudyError `INPUT_INVALID` for a note or a name that says too little */
function readCommand({ kind: command, model, version, alias }: Command, note: ControlNote): ControlNote {
  const what = `The command ${command} for model "${model}"`;
  const problems = [
    ...(version === undefined ? [] : problemsAt('version', name, version)),
    ...(alias === undefined ? [] : problemsAt('alias', name, alias)),
  ];
  if (problems.length > 0) throw invalid(what, problems);
  return readNote(what, note);
}

const invalid = (what: string, problems: Parameters<typeof problemsError>[2]): UnderstudyError =>
  problemsError('INPUT_INVALID', what, problems);
