import type { BreachEffect } from '../control/act-on-breach.ts';
import { BackgroundExchange } from '../fleet/background-exchange.ts';
import type { BreachTold } from '../control/control-exchange.ts';
import { OwnPart } from '../control/own-part.ts';
import { SharedDecisions } from '../control/shared-decisions.ts';
import { errorText, ownValue } from '../errors/index.ts';
import type { CounterPart, DecisionFact, MonitorReading, MonitorStatus } from '../types/index.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import type {
  AnyMonitor,
  Breach,
  MonitorAction,
  MonitorsDependencies,
  MonitorsStatus,
  OutcomePart,
  RunningMonitors,
} from './monitor.ts';
import type { MonitoredModel } from './monitored-model.ts';
import { GuardedRun } from './guarded-run.ts';
import { FAILURES } from './monitor-failures.ts';
import { modelDescription, monitorsDependencies } from './monitors-dependencies.ts';
import { InputNumbers } from './input-numbers.ts';
import { OutcomeJoin } from './outcome-join.ts';
import { nextReading, type ReadingState, UNREAD, worseStatus } from './reading-state.ts';
import { toldReadings } from './told-readings.ts';

/** All that runs the monitors of a model. It arrives with them, so that a model without monitors does not carry it. */
export const monitorsRunner = {
  describe: modelDescription,
  start: (monitors: readonly AnyMonitor[], model: MonitoredModel): RunningMonitors =>
    new ManagedMonitors(monitors, monitorsDependencies(model)),
  SharedDecisions,
} as const;

export type MonitorsRunner = typeof monitorsRunner;

/** So long the event loop is held by judgements at a time, about; each step takes less. */
const SLICE_MS = 0.5;
/** Counters go to the store this often at most. */
const EXCHANGE_MS = 10_000;
/** Counters of a process that has been silent for so long are left out. */
const SILENT_MS = 60_000;
/** So many processes that have ended are kept, until the store forgets them. */
const MAX_SILENT = 50;
/** When a part was written: beside its counters, whose names begin with the place of their monitor. */
const WRITTEN_AT = 'at';

interface Running {
  readonly monitor: AnyMonitor;
  readonly run: GuardedRun;
  /** What was in breach since the breach began. */
  readonly breached: Set<string>;
  readonly states: Map<string, ReadingState>;
  readings: readonly MonitorReading[];
  status: MonitorStatus;
  since: number;
}

export class ManagedMonitors implements RunningMonitors {
  readonly pausedSampleRate: number;
  readonly #dependencies: MonitorsDependencies;
  readonly #running: readonly Running[];
  /** At hand for the call path. */
  readonly #observers: readonly GuardedRun[];
  readonly #join: OutcomeJoin;
  readonly #key: string;
  readonly #part: OwnPart;
  readonly #exchange: BackgroundExchange;
  /** What every process wrote last, and when by this one's monotonic clock. */
  #written = new Map<string, { readonly sequence: number; readonly at: number }>();
  #exchangeAt = 0;
  #storeFailure: string | null = null;

  constructor(monitors: readonly AnyMonitor[], dependencies: MonitorsDependencies) {
    this.#dependencies = dependencies;
    this.#part = new OwnPart(dependencies.word);
    this.#exchange = new BackgroundExchange({ ...dependencies, exchange: () => this.#sync() });
    const context = { ...dependencies.context, numbers: new InputNumbers() };
    this.#running = monitors.map((monitor) => ({
      monitor,
      run: new GuardedRun(monitor, context, (what, thrown) => dependencies.failed?.(`monitors.${monitor.name}.${what}`, thrown)),
      breached: new Set(),
      states: new Map(),
      readings: [],
      status: 'insufficient',
      since: 0,
    }));
    const runs = this.#running.map(({ run }) => run);
    this.#observers = runs.filter(({ observes }) => observes);
    this.#join = new OutcomeJoin({
      runs: new Map(this.#running.map(({ monitor, run }) => [monitor.name, run])),
      target: dependencies.context.target,
      remembered: dependencies.remembered,
      sharing: dependencies.sharing,
      joined: () => this.#exchange.touch(),
    });
    this.#key = `monitors/${dependencies.context.model}`;
    this.pausedSampleRate = Math.max(...monitors.map(({ pausedSampleRate }) => pausedSampleRate));
  }

  observe(decision: DecisionFact, key: number): void {
    this.#exchange.touch();
    // What a paused model would have answered is scored, and is no traffic.
    if (decision.sampled !== true) for (let at = 0; at < this.#observers.length; at++) this.#observers[at]?.observe(decision);
    this.#join.keep(decision, key);
  }

  invalidInput(paths: readonly string[], at: number): void {
    this.#exchange.touch();
    for (const { run } of this.#running) run.invalidInput(paths, at);
  }

  outcome(id: string, key: number, outcome: OutcomePart): Promise<boolean> {
    return this.#join.outcome(id, key, outcome);
  }

  status(): MonitorsStatus {
    return {
      reports: this.#running.map(({ monitor: { name, kind }, run, status, since, readings }) => {
        const distributions = run.distributions(readings);
        const failure = run.failures.last;
        return {
          monitor: name,
          kind,
          status,
          since,
          readings,
          ...(distributions.length === 0 ? {} : { distributions }),
          ...(failure === null ? {} : { failure }),
        };
      }),
      outcomes: this.#join.status(),
      failures: this.#running.reduce((sum, { run }) => sum + run.failures.count, 0),
      storeFailure: this.#storeFailure ?? this.#exchange.failure?.message ?? null,
    };
  }

  sync(): Promise<void> {
    return this.#exchange.run();
  }

  async close(): Promise<void> {
    await this.#exchange.close();
    this.#exchangeAt = 0;
    await this.#hand();
  }

  async #sync(): Promise<void> {
    await this.#hand();
    const now = this.#dependencies.clock.wall();
    const pause = this.#pauses();
    for (const running of this.#running) {
      await this.#judge(running, now, pause);
      await this.#act(running, now);
      await pause();
    }
  }

  /** Lets the event loop go on where it was held for a slice: calls that are being served go first. */
  #pauses(): () => Promise<void> | undefined {
    const { clock } = this.#dependencies;
    let since = clock.now();
    return () => {
      if (clock.now() - since < SLICE_MS) return undefined;
      return new Promise((over) => {
        clock.schedule(
          () => {
            since = clock.now();
            over();
          },
          0,
          false,
        );
      });
    };
  }

  /** Tells the store what was counted here, and merges what the other processes have. */
  async #hand(): Promise<void> {
    const { store, clock } = this.#dependencies;
    const shared = this.#running.filter(({ run }) => run.shares);
    if (store.volatile || shared.length === 0 || clock.now() < this.#exchangeAt) return;
    this.#exchangeAt = clock.now() + EXCHANGE_MS;
    const now = clock.wall();
    const counters: Record<string, number> = { [WRITTEN_AT]: now };
    try {
      for (const { monitor, run } of shared)
        for (const [name, value] of Object.entries(run.counters(now))) counters[`${monitor.name}|${name}`] = value;
      await store.mergeCounters(this.#key, this.#part.next(counters));
      const parts = await store.readCounters(this.#key);
      const live = this.#live(parts, now);
      const others = live.filter(({ instance }) => instance !== this.#part.instance);
      for (const { monitor, run } of shared)
        run.merge(others.map(({ instance, counters: all }) => ({ instance, counters: partOf(all, `${monitor.name}|`) })));
      // Parts are cumulative: those who live write theirs again.
      if (parts.length - live.length > MAX_SILENT) await store.forget(this.#key);
      this.#storeFailure = null;
    } catch (error) {
      this.#storeFailure = errorText(error);
    }
  }

  /** Those who have written of late. At first their own word must do, whatever their clocks say; from then on they live while they write. */
  #live(parts: readonly CounterPart[], wall: number): readonly CounterPart[] {
    const now = this.#dependencies.clock.now();
    const known = this.#written;
    this.#written = new Map();
    return parts.filter(({ instance, sequence, counters }) => {
      const before = known.get(instance);
      const at = before === undefined ? now - Math.max(0, wall - (counters[WRITTEN_AT] ?? 0)) : now;
      const written = before?.sequence === sequence ? before : { sequence, at };
      this.#written.set(instance, written);
      return now - written.at <= SILENT_MS;
    });
  }

  async #judge(running: Running, now: number, pause: () => Promise<void> | undefined): Promise<void> {
    const { monitor, run, states } = running;
    const read = await run.read(now, pause);
    const before = new Map(running.readings.map((reading) => [keyOf(reading), reading.status]));
    const judged =
      read === undefined
        ? // What was known stays.
          running.readings.filter(({ measure }) => !measure.startsWith(FAILURES))
        : [...read.map((reading) => confirmed(states, reading, monitor, run.cases)), ...this.#join.readings(run)];
    running.readings = [...judged, ...run.failures.readings()].sort((a, b) => worseStatus(a.status, b.status));
    for (const reading of running.readings) if (reading.status === 'breach') running.breached.add(keyOf(reading));
    const [worst] = running.readings;
    if (worst === undefined) return;
    const from = running.status;
    // A function that failed for the first time, and beyond that another field or segment than the first: the breach has grown.
    const isNew = (reading: MonitorReading): boolean =>
      isFailure(reading)
        ? !before.has(keyOf(reading))
        : from === 'breach' && reading.status === from && before.get(keyOf(reading)) !== from;
    const cause =
      worst.status === from
        ? undefined
        : // On the way out of a breach: what has recovered.
          ((from === 'breach'
            ? running.readings.find((reading) => before.get(keyOf(reading)) === from && reading.status !== from)
            : undefined) ?? worst);
    running.status = worst.status;
    if (cause !== undefined) {
      running.since = now;
      this.#dependencies.changed(monitor, from, worst.status, cause);
    }
    for (const reading of running.readings)
      if (reading !== cause && (cause === undefined || isFailure(reading)) && isNew(reading))
        this.#dependencies.changed(monitor, worst.status, worst.status, reading);
  }

  async #act(running: Running, now: number): Promise<void> {
    const { monitor, status, readings, since, breached } = running;
    const { name, onBreach, cooldownMs } = monitor;
    const known = ownValue(this.#dependencies.control.snapshot.document.breaches, name);
    const recovered = status === 'ok' || status === 'warn';
    if (recovered ? known?.open !== true : status !== 'breach') return;
    const effects = onBreach.filter(isEffect);
    const bad = readings.filter((reading) => (recovered ? breached.has(keyOf(reading)) : reading.status === 'breach'));
    const about = toldReadings(bad);
    const reason = recovered ? `${name} has recovered.${about === '' ? '' : ` ${about}`}` : `${name}: ${about}`;
    const parts = bad.map((reading) => murmur3(keyOf(reading)).toString(36));
    try {
      const tell = (told: BreachTold): void => this.#tell(running, told, bad, reason, now);
      const judgement = { monitor: name, effects, cooldownMs, reason, since, parts };
      const told = await this.#dependencies.control.judged(judgement, recovered, tell);
      this.#storeFailure = null;
      if (recovered) breached.clear();
      if (told !== undefined) tell(told);
    } catch (error) {
      // It is tried again with the next judgement.
      this.#storeFailure = errorText(error);
    }
  }

  #tell(
    { monitor, run }: Running,
    { phase, since }: BreachTold,
    readings: readonly MonitorReading[],
    reason: string,
    at: number,
  ): void {
    const { onBreach, name } = monitor;
    for (const action of onBreach) {
      if (action === 'alert') this.#dependencies.breached(action, monitor, { phase, since, reason, readings });
      if (phase !== 'raised') continue;
      if (action === 'retrain') this.#dependencies.breached(action, monitor, { phase, since, reason, readings });
      if (typeof action === 'function')
        void this.#call(action, { model: this.#dependencies.context.model, monitor: name, readings, at }, run);
    }
  }

  async #call(action: (breach: Breach) => unknown, breach: Breach, { failures }: GuardedRun): Promise<void> {
    try {
      await action(breach);
    } catch (error) {
      failures.failed('onBreach', error);
    }
  }
}

/** The reading with the status that it has by now. */
function confirmed(
  states: Map<string, ReadingState>,
  given: MonitorReading,
  monitor: AnyMonitor,
  cases: number | undefined,
): MonitorReading {
  const { confirmed: _, ...reading } = given;
  const key = keyOf(reading);
  const state = nextReading(states.get(key) ?? UNREAD, given, monitor, cases);
  states.set(key, state);
  const { status } = state;
  if (status === reading.status) return reading;
  const why =
    status === 'breach'
      ? ` In breach until ${monitor.recoveries} readings in a row are ok.`
      : ` Not confirmed: reading ${state.streak} of ${monitor.confirmations}.`;
  return { ...reading, status, reason: reading.reason + why };
}

const keyOf = ({ measure, field = '', segment = '' }: MonitorReading): string => `${measure}|${field}|${segment}`;

const isEffect = (action: MonitorAction): action is BreachEffect =>
  action === 'pause' || action === 'fall-back' || action === 'isolate' || action === 'roll-back';

const partOf = (part: Readonly<Record<string, number>>, prefix: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(part)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );

const isFailure = ({ measure }: MonitorReading): boolean => measure.startsWith(FAILURES);
