import {
  anything,
  callback,
  checkOptions,
  errorText,
  type Kinds,
  ms,
  problemsError,
  readProperty,
  required,
  safeErrorText,
  text,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import type { Listener } from '../events/event-bus.ts';
import type { ListenerType } from '../events/event.ts';
import type { AnyContract, AnyOptions } from '../model/any-definition.ts';
import type { Contract, TruthOf } from '../model/contract.ts';
import type { ManagedModel } from '../model/managed-model.ts';
import type { Model } from '../model/model-api.ts';
import type { OptionsOf, VariantOptions } from '../model/model-options.ts';
import { factsOf } from '../model/predictor-facts.ts';
import { withoutClose } from '../model/without-close.ts';
import { promised, type TimerHandle, withTimeout } from '../time/index.ts';
import type { AdapterPredictor, InOf, MaybePromise, OutOf, Predictor, Schema } from '../types/index.ts';
import type { CompanionParts } from '../runtime/companion.ts';
import { registryKey, type RegistryStore } from './registry-log.ts';
import {
  moved,
  type RegisteredVersion,
  type RegistryChange,
  type RegistryState,
  type VersionQuery,
  type VersionSource,
} from './registry-state.ts';

/** What else the library needs of a registry of its own. */
export interface RegistryParts {
  readonly companion: CompanionParts;
  readonly store: RegistryStore;
  readonly refreshMs: number;
  /** Rollouts of a model that were written back. */
  readonly rolloutsOf: (model: string) => Promise<readonly string[]>;
  /** Appends a change that a rollout made. */
  readonly append: (model: string, reason: string, decide: (state: RegistryState) => RegistryChange | undefined) => Promise<void>;
}

/** A registry of ours, as far as models that follow it need it. */
interface FollowedRegistry extends VersionSource {
  readonly '~parts': RegistryParts;
}

export interface DefineRegisteredModel {
  <I extends Schema, O extends Schema, V extends string, T extends Schema = never, K extends string = never, C = never>(
    contract: Contract<I, O, T, K, C>,
    options: OptionsOf<I, O, V, T, NoInfer<K>, NoInfer<C>>,
  ): Promise<Model<InOf<I>, OutOf<I>, OutOf<O>, TruthOf<O, T>, V, K, C>>;
}

/** Which version a variant serves, and how it is loaded. */
export interface FromRegistryOptions<I, R> extends Omit<VariantOptions<I, R>, 'predictor' | 'version'> {
  /** The alias that names the version: the variant follows it. Either this or `version`. */
  readonly alias?: string;
  /** The version itself. */
  readonly version?: string;
  /**
   * Makes the predictor of a version, of its `location` for example. Its `describe().digest`, where it has one, must be the digest of the version:
   * another one is never served.
   */
  readonly load: (version: RegisteredVersion) => MaybePromise<Predictor<I, R>>;
  /** How long `load` may take, in milliseconds. @defaultValue 60000 */
  readonly loadMs?: number;
  /** Where versions are looked up, such as `mlflowRegistry()`. @defaultValue the registry that defines the model */
  readonly from?: VersionSource;
}

interface Source extends Required<Pick<FromRegistryOptions<unknown, unknown>, 'load' | 'loadMs'>> {
  readonly model: string;
  readonly query: VersionQuery;
  readonly from: VersionSource | undefined;
}

const SOURCES = new WeakMap<object, Source>();

const KINDS: Kinds<FromRegistryOptions<unknown, unknown>> = {
  alias: text,
  version: text,
  load: required(callback),
  loadMs: ms,
  from: withMethods('resolve'),
  // The model reads these.
  policies: anything,
  effects: anything,
  stream: anything,
};

/**
 * A variant whose version a registry names, for `registry.defineModel()` alone: `defineModel()` refuses it, since it has no version yet. Other options of a variant go beside: `policies`, `effects`, `stream`.
 *
 * @param model its name in the registry
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function fromRegistry<I, R>(model: string, options: FromRegistryOptions<I, R>): VariantOptions<I, R> {
  const { settings, problems } = checkOptions<FromRegistryOptions<I, R>, { loadMs: number }>(options, KINDS, { loadMs: 60_000 });
  const { alias, version, load, loadMs, from, ...rest } = settings;
  const all = [
    ...problems,
    ...(typeof model === 'string' && model !== '' ? [] : [{ path: 'model', message: 'expected the name of a model' }]),
    ...((alias === undefined) === (version === undefined)
      ? [{ path: 'alias', message: 'expected either alias or version' }]
      : []),
  ];
  if (all.length > 0) throw problemsError('CONFIGURATION_INVALID', 'fromRegistry(model, options)', all);
  const variant: VariantOptions<I, R> = {
    ...rest,
    predictor: unresolved('fromRegistry() works in registry.defineModel() alone.') as Predictor<I, R>,
    // No version: who defines the model otherwise is told so.
    version: '',
  };
  const query = alias === undefined ? { version: version ?? '' } : { alias };
  SOURCES.set(variant, { model, query, load: load as Source['load'], loadMs, from });
  return variant;
}

/** A variant that serves nothing, and says why. */
const unresolved =
  (why: string): AdapterPredictor =>
  () => {
    throw new UnderstudyError('PREDICTOR_FAILED', why);
  };

/** What a variant serves now. */
interface Serving {
  readonly version: RegisteredVersion;
  readonly predictor: AdapterPredictor;
  readonly close: () => unknown;
}

/** @throws UnderstudyError `CONFIGURATION_INVALID` */
export async function serveRegistered(
  registry: FollowedRegistry,
  contract: AnyContract,
  options: AnyOptions,
): Promise<Model<unknown, unknown, unknown, unknown, string, string, unknown>> {
  const served = new RegisteredServing(registry, contract, options);
  await served.start();
  return served;
}

/** A model that is defined anew whenever its registry names other versions. */
class RegisteredServing implements Model<unknown, unknown, unknown, unknown, string, string, unknown> {
  readonly #registry: FollowedRegistry;
  readonly #contract: AnyContract;
  readonly #options: AnyOptions;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #serving = new Map<string, Serving>();
  /** Variants of the code, whose predictors outlive each definition. */
  readonly #own = new Map<string, AdapterPredictor>();
  /** What was told of a version that cannot serve, once each. */
  readonly #told = new Set<string>();
  readonly #listeners = new Set<{ readonly listen: (model: ManagedModel) => () => void; end: () => void }>();
  readonly #unwatch: (() => void)[] = [];
  #current: ManagedModel | undefined;
  /** Whether nobody could say if the rollout may go on. */
  #isUnsure = false;
  #refreshing: Promise<void> | undefined;
  /** Whether something has changed since the look that goes on began. */
  #isStale = false;
  #timer: TimerHandle;
  #closed: Promise<void> | undefined;

  constructor(registry: FollowedRegistry, contract: AnyContract, options: AnyOptions) {
    this.#registry = registry;
    this.#contract = contract;
    this.#options = options;
    const variants = Object.entries(options.variants ?? {});
    this.#sources = new Map(
      variants.flatMap(([name, variant]) => {
        const source = SOURCES.get(variant);
        return source === undefined ? [] : [[name, source] as const];
      }),
    );
    for (const [name, variant] of variants)
      if (!this.#sources.has(name) && typeof variant?.predictor === 'function') this.#own.set(name, variant.predictor);
  }

  async start(): Promise<void> {
    await this.#resolveAll();
    this.#define(await this.#isOver());
    const { store } = this.#registry['~parts'];
    const models = new Set([...this.#sources.values()].filter(({ from }) => from === undefined).map(({ model }) => model));
    for (const model of models) {
      const end = store.watch?.(registryKey(model), () => void this.#refresh());
      if (end !== undefined) this.#unwatch.push(end);
    }
    // What has changed since it was resolved.
    void this.#refresh();
  }

  get #model(): ManagedModel {
    if (this.#current === undefined) throw new UnderstudyError('CLOSED', `Model "${this.name}" is not defined.`);
    return this.#current;
  }

  get name(): string {
    return this.#contract.name;
  }

  stream: ManagedModel['stream'] = (...call) => this.#model.stream(...call);

  get control(): ManagedModel['control'] {
    return this.#model.control;
  }

  predict: ManagedModel['predict'] = (...call) => this.#model.predict(...call);
  predictMany: ManagedModel['predictMany'] = (...call) => this.#model.predictMany(...call);
  recordOutcome: ManagedModel['recordOutcome'] = (...call) => this.#model.recordOutcome(...call);
  assignmentOf: ManagedModel['assignmentOf'] = (unit) => this.#model.assignmentOf(unit);
  status: ManagedModel['status'] = () => this.#model.status();

  on<E extends ListenerType>(type: E, listener: Listener<E>): () => void {
    const listen = (model: ManagedModel): (() => void) => model.on(type, listener);
    const entry = { listen, end: listen(this.#model) };
    this.#listeners.add(entry);
    return () => {
      entry.end();
      this.#listeners.delete(entry);
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const end of this.#unwatch.splice(0)) end();
    this.#registry['~parts'].companion.clock.cancel(this.#timer);
    await this.#refreshing;
    await this.#model.close();
    const closings = [...[...this.#serving.values()].map(({ close }) => close), ...[...this.#own.values()].map(closeOf)];
    await Promise.all(closings.map((end) => promised(end)));
  }

  #arm(): void {
    const { companion, refreshMs } = this.#registry['~parts'];
    this.#timer = companion.clock.schedule(() => void this.#refresh(), refreshMs, true);
  }

  /** Looks whether the registry names other versions now; never rejects. */
  #refresh(): Promise<void> {
    // What is being read may be older than what this one was told.
    this.#isStale = this.#refreshing !== undefined;
    this.#refreshing ??= this.#lookUntilFresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #lookUntilFresh(): Promise<void> {
    do {
      this.#isStale = false;
      await this.#look();
    } while (this.#isStale);
  }

  async #look(): Promise<void> {
    const { companion } = this.#registry['~parts'];
    if (this.#closed !== undefined || companion.closed()) return;
    companion.clock.cancel(this.#timer);
    try {
      await this.#writeBack();
      const replaced = await this.#resolveAll();
      if (replaced.length > 0 || this.#isUnsure) {
        const before = this.#current;
        this.#define(await this.#isOver());
        // Calls in flight end with the version that they began with.
        if (before !== undefined)
          void before.close().then(
            () => Promise.all(replaced.map((end) => promised(end))),
            () => undefined,
          );
      }
    } catch (error) {
      this.#refuse('', '', errorText(error, 500));
    } finally {
      if (this.#closed === undefined) this.#arm();
    }
  }

  /** Loads what variants are to serve from now on. @returns what closes those that they served before */
  async #resolveAll(): Promise<readonly (() => unknown)[]> {
    const found = await Promise.all(
      [...this.#sources].map(async ([name, source]) => [name, await this.#resolve(name, source)] as const),
    );
    const replaced: (() => unknown)[] = [];
    for (const [name, next] of found) {
      if (next === undefined) continue;
      const before = this.#serving.get(name);
      if (next === 'nothing' && before === undefined) continue;
      replaced.push(before?.close ?? (() => undefined));
      if (next === 'nothing') this.#serving.delete(name);
      else this.#serving.set(name, next);
    }
    return replaced;
  }

  /** Another version than is served, loaded, or `nothing` where none is named; `undefined`: what served before goes on. */
  async #resolve(name: string, source: Source): Promise<Serving | 'nothing' | undefined> {
    const { companion } = this.#registry['~parts'];
    const { model, query, load, loadMs, from = this.#registry } = source;
    const limit = { clock: companion.clock, ms: loadMs, background: true };
    let version: RegisteredVersion | undefined;
    try {
      version = await withTimeout(limit, () => from.resolve(model, query), late('resolve', loadMs));
      if (version === undefined) return 'nothing';
      if (version.version === this.#serving.get(name)?.version.version) return undefined;
      const { digest } = version;
      const found = version;
      const predictor: unknown = await withTimeout(limit, () => load(found), late('load', loadMs));
      if (typeof predictor !== 'function') throw new UnderstudyError('CONFIGURATION_INVALID', 'load() gave no predictor.');
      const loaded = predictor as AdapterPredictor;
      const wrong = wrongDigest(loaded, digest);
      if (wrong !== undefined) {
        await promised(closeOf(loaded)).catch(() => undefined);
        throw wrong;
      }
      const reason = `${name} serves version ${version.version} of ${model}.`;
      companion.tell('registry-changed', this.name, {
        change: 'served',
        ...factsAbout(version, query),
        reason,
        result: 'obeyed',
      });
      return { version, predictor: pinned(loaded, version), close: closeOf(loaded) };
    } catch (error) {
      this.#refuse(name, version?.version ?? '', safeErrorText(error));
      return undefined;
    }
  }

  /** Tells once why a version does not serve. */
  #refuse(name: string, version: string, reason: string): void {
    const key = `${name}/${version}/${reason}`;
    if (this.#told.has(key)) return;
    if (this.#told.size > 100) this.#told.clear();
    this.#told.add(key);
    const facts = { change: 'refused', version, by: 'registry', roles: [], result: 'obeyed', entry: 0 } as const;
    this.#registry['~parts'].companion.tell('registry-changed', this.name, { ...facts, reason });
  }

  /**
   * Whether the rollout of these two versions was promoted before, and taken back in the registry since: the control document would let the
   * challenger serve at once, unproven. Where nobody can say, it waits.
   */
  async #isOver(): Promise<boolean> {
    this.#isUnsure = false;
    const { rollout, champion } = this.#options;
    const [own, tried] = [this.#serving.get(champion)?.version, rollout && this.#serving.get(rollout.challenger)?.version];
    if (rollout === undefined || own === undefined || tried === undefined || tried.version === own.version) return false;
    const { companion, rolloutsOf } = this.#registry['~parts'];
    try {
      const { value } = await companion.store.read(`model/${this.name}`);
      const id: unknown = readProperty(readProperty(value, 'rollout'), 'id');
      const pair = `${rollout.challenger}@${tried.version} over ${champion}@${own.version} `;
      if (typeof id !== 'string' || !id.startsWith(pair) || !(await rolloutsOf(tried.model)).includes(id)) return false;
      const reason = `${id} was promoted, and taken back since: register version ${tried.version} by another name to try it again.`;
      this.#refuse(rollout.challenger, tried.version, reason);
    } catch {
      this.#isUnsure = true;
    }
    return true;
  }

  /** Defines the model with what its variants serve now. @param isOver whether the rollout must not go on */
  #define(isOver: boolean): void {
    const { champion } = this.#options;
    const variants = Object.fromEntries(
      Object.entries(this.#options.variants).map(([name, variant]) => {
        const source = this.#sources.get(name);
        if (source === undefined) return [name, { ...variant, predictor: withoutClose(variant.predictor) }];
        const serving = this.#serving.get(name);
        const predictor =
          serving?.predictor ?? unresolved(`The registry names no version of ${source.model} for variant ${name}.`);
        return [name, { ...variant, predictor, version: serving?.version.version ?? 'none' }];
      }),
    );
    const versionAt = (name: string): string | undefined => {
      const version = this.#serving.get(name)?.version;
      return version === undefined ? undefined : `${version.model}@${version.version}`;
    };
    // A challenger without a version, or with the champion's, has nothing to prove.
    const isIdle = (name: string): boolean =>
      this.#sources.has(name) && name !== champion && (versionAt(name) === undefined || versionAt(name) === versionAt(champion));
    const { split, shadow, rollout, allocation, ...options } = this.#options;
    const busy = <T extends object>(given: T | undefined): T | undefined =>
      given === undefined ? undefined : (Object.fromEntries(Object.entries(given).filter(([name]) => !isIdle(name))) as T);
    const shares = busy(split);
    const isRolling = rollout !== undefined && !isOver && !isIdle(rollout.challenger);
    this.#current = this.#registry['~parts'].companion.define(this.#contract, {
      ...options,
      variants,
      ...(shares === undefined ? {} : { split: shares }),
      ...(shadow === undefined ? {} : { shadow: busy(shadow) ?? {} }),
      ...(isRolling ? { rollout: this.#withoutOtherReplay(rollout, champion) } : {}),
      ...(allocation === undefined || Object.keys(shares ?? {}).length === 0 ? {} : { allocation }),
      ...(this.#current === undefined ? {} : { replace: true }),
    });
    for (const entry of this.#listeners) {
      entry.end();
      entry.end = entry.listen(this.#model);
    }
  }

  /** A replay counts for the two versions that it was made of: it is left out where others are compared. */
  #withoutOtherReplay(rollout: NonNullable<AnyOptions['rollout']>, champion: string): NonNullable<AnyOptions['rollout']> {
    const { replay, ...shadow } = rollout.shadow ?? {};
    const named = (name: string): string =>
      `${name}@${this.#serving.get(name)?.version.version ?? this.#options.variants[name]?.version ?? 'none'}`;
    const isOfThese = readProperty(replay, 'pair') === `${named(rollout.challenger)} over ${named(champion)}`;
    return replay === undefined || isOfThese ? rollout : { ...rollout, shadow };
  }

  /** Tells the registry what a rollout has decided: the alias of the champion names the challenger's version once it serves every unit. */
  async #writeBack(): Promise<void> {
    const { rollout } = this.#options;
    const status = this.#model.status().rollout;
    if (rollout === undefined || status === undefined) return;
    const [champion, challenger] = [this.#sources.get(this.#options.champion), this.#sources.get(rollout.challenger)];
    const version = this.#serving.get(rollout.challenger)?.version.version;
    if (challenger === undefined || challenger.from !== undefined || version === undefined) return;
    const { model } = challenger;
    const { append } = this.#registry['~parts'];
    const why = status.history.at(-1)?.reason ?? '';
    const once =
      (id: string): ((state: { readonly rollouts: readonly string[] }) => boolean) =>
      (state) =>
        !state.rollouts.includes(id);
    const { id, phase, share } = status;
    if (phase === 'rolled-back') {
      const name = `${id} rolled back`;
      const isNew = once(name);
      return append(model, `${id} was rolled back. ${why}`, (state) =>
        isNew(state) ? { change: 'recorded', version, metrics: {}, rollout: name } : undefined,
      );
    }
    const isPromoted = share === 1 && (phase === 'champion' || phase === 'retired');
    if (!isPromoted || champion?.model !== model || champion.from !== undefined || !('alias' in champion.query)) return;
    const { alias } = champion.query;
    const isNew = once(id);
    await append(model, `${id} was promoted. ${why}`, (state) =>
      isNew(state) ? moved('alias-moved', state, alias, version, id) : undefined,
    );
    if (!('alias' in challenger.query) || challenger.query.alias === alias) return;
    const tried = challenger.query.alias;
    const isLeft = once(`${id} left`);
    await append(model, `${id} was promoted: ${tried} has nothing left to prove.`, (state) =>
      isLeft(state) && state.aliases[tried] === version ? moved('alias-moved', state, tried, '', `${id} left`) : undefined,
    );
  }
}

const late = (what: string, loadMs: number) => (): never => {
  throw new UnderstudyError('TIMEOUT', `${what}() of fromRegistry() did not end within ${loadMs} ms.`, { retryable: true });
};

function factsAbout({ version, digest }: RegisteredVersion, query: VersionQuery) {
  return {
    version,
    ...(digest === undefined ? {} : { digest }),
    ...('alias' in query ? { alias: query.alias } : {}),
    by: 'registry',
    roles: [],
    entry: 0,
  };
}

const closeOf = (predictor: AdapterPredictor) => (): unknown => predictor.close?.();

/** The predictor of a version: it says which one it is, and answers nothing once it has told another digest. */
function pinned(predictor: AdapterPredictor, version: RegisteredVersion): AdapterPredictor {
  const { digest } = version;
  const inner = withoutClose(predictor);
  let isChecked = digest === undefined || factsOf(predictor, () => undefined)?.['digest'] !== undefined;
  const checked = <T>(answer: T): T => {
    if (isChecked) return answer;
    const wrong = wrongDigest(predictor, digest);
    if (wrong !== undefined) throw wrong;
    isChecked = factsOf(predictor, () => undefined)?.['digest'] !== undefined;
    return answer;
  };
  const call: AdapterPredictor = (input, attempt) => {
    if (isChecked) return inner(input, attempt);
    return promised(() => inner(input, attempt)).then(checked);
  };
  const facts = { registered: version.version, ...(digest === undefined ? {} : { digest }) };
  return Object.assign(call, inner, { describe: () => ({ ...facts, ...inner.describe?.() }) });
}

function wrongDigest(predictor: AdapterPredictor, expected: string | undefined): UnderstudyError | undefined {
  const told = factsOf(predictor, () => undefined)?.['digest'];
  if (expected === undefined || told === undefined || told === expected) return undefined;
  return new UnderstudyError('PREDICTOR_FAILED', `It has the digest ${told}, and ${expected} is registered: it is not served.`, {
    details: { digest: told, expected },
  });
}
