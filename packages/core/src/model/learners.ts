import type { ModelControl, SharedDecisions } from '../control/index.ts';
import { ownValue } from '../errors/index.ts';
import type { OutcomeResult } from './model-api.ts';
import type { RunningMonitors } from '../monitors/index.ts';
import type { ManagedAllocation, ManagedRollout } from '../rollout/index.ts';
import { type DecisionIds, type Exposure, type RolloutCell, stemKey, type ShadowResult } from '../routing/index.ts';
import type { DecisionFact } from '../spec/index.ts';
import type { Clock, WallTime } from '../time/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import { callFact } from './call-fact.ts';
import type { Cast } from './cast.ts';
import { allocationEngineOf, rolloutEngineOf, type RolloutPlanOf } from './engines.ts';
import type { Host } from './host.ts';
import type { Outcome } from './model-api.ts';
import type { ModelEvents } from './model-events.ts';
import { monitoredOutcome, monitorSetting } from './monitored.ts';
import type { Step, Variant } from './plan.ts';
import type { Prediction } from './prediction.ts';

const REMEMBERED_DECISIONS = 10_000;

/** What learners are made of. */
export interface LearnersSetting {
  readonly contract: AnyContract;
  readonly options: AnyOptions;
  readonly plan: RolloutPlanOf | undefined;
  readonly cast: Cast;
  readonly control: ModelControl;
  readonly ids: DecisionIds;
  readonly wallTime: WallTime;
  readonly events: ModelEvents;
  readonly host: Host;
  /** For which outcomes are waited for, in milliseconds. */
  readonly windowMs: number;
}

type Sharing = LearnersSetting & { readonly share: SharedDecisions | undefined };

/** All that learn from how the calls of a model end: its rollout, its allocation, its monitors. */
export class Learners {
  readonly rollout: ManagedRollout | undefined;
  readonly monitors: RunningMonitors | undefined;
  readonly share: SharedDecisions | undefined;
  readonly #allocation: ManagedAllocation | undefined;
  readonly #ids: DecisionIds;
  readonly #wallTime: WallTime;
  readonly #unitHash = (unit: string): string => this.#ids.unitHash(unit);

  constructor(setting: LearnersSetting) {
    this.#ids = setting.ids;
    this.#wallTime = setting.wallTime;
    this.share = shareOf(setting);
    const sharing = { ...setting, share: this.share };
    this.rollout = startRollout(sharing);
    this.#allocation = startAllocation(setting);
    this.monitors = startMonitors(sharing);
  }

  /** Called with every call: sees to it that what was learnt is exchanged soon. */
  touch(): void {
    this.rollout?.touch();
    this.#allocation?.touch();
  }

  /** A call begins: the first one of a unit in a stage is the one that counts. */
  began(prediction: Prediction): void {
    const { unit, plan, control } = prediction;
    const { cell } = plan.assignment;
    if (this.rollout === undefined || cell === undefined || unit === '' || !control.known) return;
    prediction.entry = this.rollout.enter(cell, unit, this.#ids.unitWord(unit), this.#unitHash);
  }

  /**
   * A call was served.
   *
   * @param key stands for its id
   * @param first whether its first step served it
   */
  served(prediction: Prediction, id: string, key: number, step: Step, first: boolean, output: unknown, now: number): void {
    const { cell, by, variant } = prediction.plan.assignment;
    if (by === 'split') this.#allocation?.decided(variant, first, this.#unitHash(prediction.unit));
    if (cell !== undefined && prediction.control.known) {
      this.#count(cell, prediction, id, output, first ? step : undefined, now);
    }
    if (this.monitors !== undefined) this.#observe(prediction, id, key, output, step, now);
  }

  /** Nothing could serve a call. */
  failed(prediction: Prediction, id: string, now: number): void {
    const { cell, by, variant } = prediction.plan.assignment;
    if (by === 'split') this.#allocation?.decided(variant, false, this.#unitHash(prediction.unit));
    if (cell !== undefined && prediction.control.known) this.#count(cell, prediction, id, undefined, undefined, now);
    if (this.monitors !== undefined) this.#observe(prediction, id, stemKey(id), undefined, undefined, now);
  }

  /** An input broke its contract. @param at milliseconds since the Unix epoch */
  invalidInput(paths: readonly string[], at: number): void {
    this.monitors?.invalidInput(paths, at);
  }

  /** An outcome was recorded. Resolves when its decision was looked for: false where nothing can score it. @param at milliseconds since the Unix epoch */
  async outcome(
    id: string,
    outcome: Outcome<unknown, unknown, unknown, string>,
    result: OutcomeResult,
    exposure: Exposure | undefined,
    at: number,
  ): Promise<boolean> {
    if (result !== 'counted') return true;
    let evidence: Promise<void> | undefined;
    // Anybody could make an id without a key: its outcome is told, and decides nothing.
    if (exposure?.keyed === true) {
      const truth = 'truth' in outcome ? { truth: { value: outcome.truth }, decision: outcome.decision } : {};
      const kpi = 'kpi' in outcome ? { kpi: outcome.kpi } : {};
      evidence = this.rollout?.outcome({ id, exposure, at, ...truth, ...kpi });
      if ('kpi' in outcome) this.#allocation?.outcome(id, exposure, outcome.kpi);
    }
    const scored = (await this.monitors?.outcome(id, stemKey(id), monitoredOutcome(outcome, at))) ?? true;
    await evidence;
    return scored || evidence !== undefined;
  }

  /** The challenger's shadow was compared with what the champion served. */
  paired({ agrees, decisionId: id, unit, input, served, output: shadow }: ShadowResult): void {
    if (agrees !== null) this.rollout?.paired({ id, unitHash: this.#ids.unitHash(unit), input, served, shadow, agrees });
  }

  /** What a paused model would have answered. @param probability with which it was asked */
  sampled({ decisionId: id, input, output, durationMs }: ShadowResult, champion: Variant, probability: number, at: number): void {
    const { name: servedBy, version } = champion;
    const fact = { id, input, output, tier: 'model', servedBy, version, durationMs, at, probability, sampled: true } as const;
    this.monitors?.observe(fact, stemKey(id));
  }

  async load(): Promise<void> {
    await this.rollout?.sync();
    await this.monitors?.sync();
  }

  async close(): Promise<void> {
    await this.rollout?.close();
    await this.#allocation?.close();
    await this.monitors?.close();
    await this.share?.close();
  }

  #observe(
    { input, owned, startedAt }: Prediction,
    id: string,
    key: number,
    output: unknown,
    step: Step | undefined,
    now: number,
  ): void {
    const fact: DecisionFact = {
      id,
      input,
      output,
      tier: step?.tier ?? 'none',
      servedBy: step?.name ?? '',
      version: step?.servedBy.version ?? '',
      durationMs: now - startedAt,
      at: Math.floor(this.#wallTime.at(now)),
      probability: 1,
      owned,
    };
    this.monitors?.observe(fact, key);
  }

  /** @param step that served, where it was the first one */
  #count(cell: RolloutCell, prediction: Prediction, id: string, output: unknown, step: Step | undefined, now: number): void {
    const { rollout } = this;
    const { unit, entry } = prediction;
    if (rollout === undefined || (unit !== '' && entry === undefined)) return;
    const fact = callFact(prediction, output, step !== undefined, now);
    if (fact === undefined) return;
    const isScored = step?.tier === 'model' && rollout.wantsOutcomes;
    const served = isScored ? { id, at: Math.floor(this.#wallTime.at(prediction.startedAt)) } : undefined;
    if (isScored && rollout.wantsTruth) rollout.remember(id, prediction.input, output);
    if (entry === undefined) rollout.decided(cell, fact, served);
    else rollout.ended(entry, fact, served);
  }
}

/** The same clock, whose stamps are those of the store where it has a clock of its own: processes share them. */
function stampedBy(control: ModelControl, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wall: () => control.wall(),
    schedule: (wake, ms, background) => clock.schedule(wake, ms, background),
    cancel: (handle) => clock.cancel(handle),
  };
}

/** What keeps decisions for other processes comes with whatever learns from them. */
function shareOf({ contract, options, host, windowMs: keepMs }: LearnersSetting): SharedDecisions | undefined {
  if (options.outcomes?.share !== true) return undefined;
  const engine = rolloutEngineOf(options) ?? allocationEngineOf(options) ?? options.monitors?.[0]?.startAll;
  const Sharing = engine?.SharedDecisions;
  if (Sharing === undefined) return undefined;
  const { store, clock, refreshMs: everyMs } = host;
  return new Sharing({ store, key: `decisions/${contract.name}`, clock, everyMs, keepMs });
}

function startRollout({
  contract,
  options,
  plan,
  cast,
  control,
  events,
  host,
  share,
  windowMs,
}: Sharing): ManagedRollout | undefined {
  if (plan === undefined) return undefined;
  const challenger = cast.variant(plan.challenger);
  return rolloutEngineOf(options)?.start({
    model: contract.name,
    plan,
    champion: options.champion,
    championHash: cast.variant(options.champion).hash,
    challengerHash: challenger.hash,
    challengerVersion: challenger.version,
    control,
    store: host.store,
    clock: stampedBy(control, host.clock),
    word: () => host.words.word(),
    everyMs: host.refreshMs,
    better: (kpi) => ownValue(contract.kpis, kpi)?.better ?? 'higher',
    share,
    outcomeMs: windowMs,
    changed: events.rolloutChanged,
  });
}

function startAllocation({ contract, options, cast, control, events, host }: LearnersSetting): ManagedAllocation | undefined {
  const { allocation, champion, split } = options;
  if (allocation === undefined) return undefined;
  const { reward } = allocation;
  const names = [champion, ...Object.keys(split ?? {}).filter((name) => name !== champion)];
  const kpi = reward === 'served' ? undefined : ownValue(contract.kpis, reward.kpi);
  return allocationEngineOf(options)?.start({
    model: contract.name,
    allocation,
    lowerIsBetter: kpi?.better === 'lower',
    arms: names.map((name) => ({ name, hash: cast.variant(name).hash })),
    control,
    store: host.store,
    clock: stampedBy(control, host.clock),
    random: host.random,
    word: () => host.words.word(),
    everyMs: host.refreshMs,
    failed: events.callbackFailed,
  });
}

function startMonitors({ contract, options, cast, control, events, host, share }: Sharing): RunningMonitors | undefined {
  const { monitors = [], champion } = options;
  const startAll = monitors[0]?.startAll;
  if (startAll === undefined) return undefined;
  const { clock, random, store, refreshMs, words } = host;
  const { version } = cast.variant(champion);
  const { monitorChanged, alertRaised, retrainRequested } = events;
  return startAll(monitors, {
    setting: { ...monitorSetting(contract, options), clock, random },
    control,
    store,
    clock,
    word: () => words.word(),
    everyMs: refreshMs,
    remembered: options.outcomes?.remembered ?? REMEMBERED_DECISIONS,
    share,
    failed: events.callbackFailed,
    changed: ({ name, kind }, from, to, reading) => monitorChanged({ monitor: name, kind, from, to, reading }),
    breached: (what, { name, kind, onBreach }, { phase, since, reason, readings }) => {
      const facts = { monitor: name, kind, reason, readings };
      const actions = onBreach.map((action) => (typeof action === 'function' ? 'function' : action));
      if (what === 'alert') alertRaised({ ...facts, phase, since, actions: actions.filter((action) => action !== 'alert') });
      else retrainRequested({ ...facts, champion, version });
    },
  });
}
