import type { BreachEffect } from '../control/index.ts';
import type { DecisionFact, MonitorReading, MonitorRun, MonitorStatus } from '../spec/index.ts';
import type { TimerHandle } from '../time/index.ts';
import type {
  AnyMonitor,
  Breach,
  MonitorAction,
  MonitorsHost,
  MonitorsStatus,
  OutcomePart,
  RunningMonitors,
  StartMonitors,
} from './monitor.ts';
import { InputNumbers } from './input-numbers.ts';
import { OutcomeJoin } from './outcome-join.ts';
import { nextReading, type ReadingState, UNREAD, worseStatus } from './reading-state.ts';

export const startMonitors: StartMonitors = (monitors, host) => new ManagedMonitors(monitors, host);

/** Counters go to the store this often at most. */
const EXCHANGE_MS = 10_000;
/** Counters of a process that has been silent for so long are left out. */
const SILENT_MS = 60_000;
/** So many processes that have ended are kept, until the store forgets them. */
const MOST_SILENT = 50;
/** When a part was written: beside its counters, whose names begin with the place of their monitor. */
const WRITTEN_AT = 'at';

interface Running {
  readonly monitor: AnyMonitor;
  readonly run: MonitorRun;
  readonly states: Map<string, ReadingState>;
  readings: readonly MonitorReading[];
  status: MonitorStatus;
  since: number;
}

class ManagedMonitors implements RunningMonitors {
  readonly pausedSampleRate: number;
  readonly #host: MonitorsHost;
  readonly #running: readonly Running[];
  /** At hand for the call path. */
  readonly #observers: readonly Required<Pick<MonitorRun, 'observe'>>[];
  readonly #join: OutcomeJoin;
  readonly #key: string;
  #instance: string | undefined;
  #sequence = 0;
  #exchangeAt = 0;
  #failures = 0;
  #storeFailure: string | null = null;
  #timer: TimerHandle;
  #armed = false;
  #syncing: Promise<void> | undefined;

  constructor(monitors: readonly AnyMonitor[], host: MonitorsHost) {
    this.#host = host;
    const setting = { ...host.setting, numbers: new InputNumbers() };
    this.#running = monitors.map((monitor) => ({
      monitor,
      run: monitor.start(setting),
      states: new Map(),
      readings: [],
      status: 'insufficient',
      since: 0,
    }));
    const runs = this.#running.map(({ run }) => run);
    this.#observers = runs.filter((run): run is MonitorRun & Required<Pick<MonitorRun, 'observe'>> => run.observe !== undefined);
    this.#join = new OutcomeJoin({
      runs: new Map(this.#running.map(({ monitor, run }) => [monitor.name, run])),
      target: host.setting.target,
      remembered: host.remembered,
      share: host.share,
      joined: () => {
        if (!this.#armed) this.#arm();
      },
    });
    this.#key = `monitors/${host.setting.model}`;
    this.pausedSampleRate = Math.max(...monitors.map(({ pausedSampleRate }) => pausedSampleRate));
  }

  observe(decision: DecisionFact, key: number): void {
    if (!this.#armed) this.#arm();
    // What a paused model would have answered is scored, and is no traffic.
    if (decision.probability === 1) for (let at = 0; at < this.#observers.length; at++) this.#observers[at]?.observe(decision);
    this.#join.keep(decision, key);
  }

  invalidInput(paths: readonly string[], at: number): void {
    if (!this.#armed) this.#arm();
    for (const { run } of this.#running) run.invalidInput?.(paths, at);
  }

  outcome(id: string, key: number, outcome: OutcomePart): Promise<void> {
    return this.#join.outcome(id, key, outcome);
  }

  status(): MonitorsStatus {
    return {
      monitors: this.#running.map(({ monitor: { name, kind }, status, since, readings }) => ({
        monitor: name,
        kind,
        status,
        since,
        readings,
      })),
      outcomes: this.#join.status(),
      failures: this.#failures,
      storeFailure: this.#storeFailure,
    };
  }

  sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async close(): Promise<void> {
    this.#host.clock.cancel(this.#timer);
    this.#armed = true;
    await this.#syncing;
    this.#exchangeAt = 0;
    await this.#exchange();
  }

  #arm(): void {
    this.#armed = true;
    const { clock, everyMs } = this.#host;
    this.#timer = clock.schedule(
      () => {
        this.#armed = false;
        void this.sync();
      },
      everyMs,
      true,
    );
  }

  async #sync(): Promise<void> {
    await this.#exchange();
    const now = this.#host.clock.wall();
    for (const running of this.#running) {
      this.#judge(running, now);
      await this.#act(running, now);
    }
  }

  /** Tells the store what was counted here, and merges what the other processes have. */
  async #exchange(): Promise<void> {
    const { store, clock, word } = this.#host;
    const shared = this.#running.filter(({ run }) => run.counters !== undefined);
    if (store.volatile || shared.length === 0 || clock.now() < this.#exchangeAt) return;
    this.#exchangeAt = clock.now() + EXCHANGE_MS;
    this.#instance ??= hex(word()) + hex(word());
    const now = clock.wall();
    const counters: Record<string, number> = { [WRITTEN_AT]: now };
    try {
      for (const { monitor, run } of shared)
        for (const [name, value] of Object.entries(run.counters?.(now) ?? {})) counters[`${monitor.name}|${name}`] = value;
      await store.mergeCounters(this.#key, { instance: this.#instance, sequence: ++this.#sequence, counters });
      const parts = await store.readCounters(this.#key);
      const live = parts.filter((part) => now - (part.counters[WRITTEN_AT] ?? 0) <= SILENT_MS);
      const others = live.filter(({ instance }) => instance !== this.#instance);
      for (const { monitor, run } of shared)
        run.merge?.(others.map(({ instance, counters: all }) => ({ instance, counters: partOf(all, `${monitor.name}|`) })));
      // Parts are cumulative: those who live write theirs again.
      if (parts.length - live.length > MOST_SILENT) await store.forget(this.#key);
      this.#storeFailure = null;
    } catch (error) {
      this.#storeFailure = messageOf(error);
    }
  }

  #judge(running: Running, now: number): void {
    const { monitor, run, states } = running;
    let readings: readonly MonitorReading[];
    try {
      readings = run.read(now);
    } catch (error) {
      // A function of the user's, such as a metric: what was known stays, and the failure shows.
      this.#failures++;
      this.#storeFailure = messageOf(error);
      return;
    }
    const before = new Map(running.readings.map((reading) => [keyOf(reading), reading.status]));
    running.readings = readings
      .map((reading) => confirmed(states, reading, monitor))
      .sort((a, b) => worseStatus(a.status, b.status));
    const [worst] = running.readings;
    if (worst === undefined) return;
    const from = running.status;
    if (worst.status === from) {
      // Another field or segment than the first: the breach has grown.
      if (from !== 'breach') return;
      for (const reading of running.readings)
        if (reading.status === 'breach' && before.get(keyOf(reading)) !== 'breach')
          this.#host.changed(monitor, from, from, reading);
      return;
    }
    running.status = worst.status;
    running.since = now;
    // On the way out of a breach: what has recovered.
    const cause = running.readings.find((reading) => before.get(keyOf(reading)) === from && reading.status !== from);
    this.#host.changed(monitor, from, worst.status, from === 'breach' ? (cause ?? worst) : worst);
  }

  async #act({ monitor, status, readings, since }: Running, now: number): Promise<void> {
    const { name, onBreach, cooldownMs } = monitor;
    const known = this.#host.control.snapshot.document.breaches[name];
    const recovered = status === 'ok' || status === 'warn';
    if (recovered ? known?.open !== true : status !== 'breach') return;
    const effects = onBreach.filter(isEffect);
    const worst = readings[0]?.reason ?? '';
    try {
      const reason = recovered ? `${name} has recovered.` : `${name}: ${worst}`;
      const tell = (): void => {
        if (!recovered) this.#tell(monitor, readings, since, now);
      };
      const tells = await this.#host.control.judged({ monitor: name, effects, cooldownMs, reason }, recovered, tell);
      this.#storeFailure = null;
      if (tells) tell();
    } catch (error) {
      // It is tried again with the next judgement.
      this.#storeFailure = messageOf(error);
    }
  }

  #tell(monitor: AnyMonitor, readings: readonly MonitorReading[], since: number, at: number): void {
    const bad = readings.filter(({ status }) => status === 'breach');
    for (const action of monitor.onBreach) {
      if (action === 'alert' || action === 'retrain') this.#host.breached(action, monitor, bad, since);
      if (typeof action === 'function')
        void this.#call(action, { model: this.#host.setting.model, monitor: monitor.name, readings: bad, at });
    }
  }

  async #call(action: (breach: Breach) => unknown, breach: Breach): Promise<void> {
    try {
      await action(breach);
    } catch {
      // The user's function: the status counts what it threw.
      this.#failures++;
    }
  }
}

/** The reading with the status that it has by now. */
function confirmed(states: Map<string, ReadingState>, reading: MonitorReading, monitor: AnyMonitor): MonitorReading {
  const key = keyOf(reading);
  const state = nextReading(states.get(key) ?? UNREAD, reading, monitor);
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

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
