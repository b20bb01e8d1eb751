import type { BreachPhase } from '../control/breach-state.ts';
import type { ModelControl } from '../control/model-control.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import type { Problem } from '../errors/index.ts';
import type {
  ContractReads,
  DecisionFact,
  FieldDistribution,
  FieldView,
  MaybePromise,
  MonitorReading,
  MonitorRun,
  MonitorStatus,
  OutcomeFact,
  StateStore,
} from '../types/index.ts';
import type { Clock } from '../time/index.ts';
import type { InputNumbers } from './input-numbers.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import type { OutcomeCoverage } from './outcome-ledger.ts';

/** What of an output is scored, with defaults in place. */
export interface TargetView {
  readonly kind: 'probability' | 'label' | 'number';
  readonly field: string;
  /** A probability is positive from here on. */
  readonly positiveAt: number;
}

/** A model, as its monitors are told of it. */
export interface ModelDescription {
  readonly model: string;
  readonly target: TargetView | undefined;
  /** Fields of the checked input and output; `undefined` where the schema cannot be read. */
  readonly input: readonly FieldView[] | undefined;
  readonly output: readonly FieldView[] | undefined;
  /** KPIs of the contract, with their direction. */
  readonly kpis: Readonly<Record<string, 'higher' | 'lower'>>;
  readonly variants: readonly string[];
  readonly champion: string;
}

/** What a monitor gets when its model runs. */
export interface MonitorContext extends ModelDescription {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What monitors of the library get besides. */
export interface BuiltInContext extends MonitorContext {
  /** Shared by the monitors of a model, so that an input is read once. */
  readonly numbers: InputNumbers;
  /** Counts what functions of the user's throw in this monitor. */
  readonly failures: MonitorFailures;
}

/** What a breach was, for a function of yours. */
export interface Breach {
  readonly model: string;
  readonly monitor: string;
  /** The readings in breach, the worst first. */
  readonly readings: readonly MonitorReading[];
  readonly at: number;
}

/**
 * What a breach does. `alert`: an event, for `webhook()` and every other sink. `pause`: no model tier serves until an operator
 * resumes. `fall-back`: a pause that ends when the monitor has recovered. `isolate`: the champion serves nothing until it is
 * readmitted. `roll-back`: the rollout goes back to the champion. `retrain`: an event with the evidence that justifies it. Or a
 * function of yours, called when it is raised: what it throws is counted in the status.
 */
export type MonitorAction =
  | 'alert'
  | 'pause'
  | 'fall-back'
  | 'isolate'
  | 'roll-back'
  | 'retrain'
  | ((breach: Breach) => MaybePromise<void>);

/** What every monitor takes. */
export interface MonitorOptions {
  /** Names it in status, events and the control document; two monitors of one kind need two names. @defaultValue its kind */
  readonly name?: string;
  /** What a breach does. @defaultValue ['alert'] */
  readonly onBreach?: readonly MonitorAction[];
  /** Judgements in a row, each on new cases (5 % of the window), before a breach counts. @defaultValue by monitor: 3, or 1 where the test itself confirms */
  readonly confirmations?: number;
  /** Judgements in a row, each on new cases and all `ok`, before it has recovered. @defaultValue 3 */
  readonly recoveries?: number;
  /**
   * Cooldown in milliseconds. If a breach is over and comes back within this time after it was last told, it is told when the time is over.
   * An operator's resume is not overruled within this time. Reminders of a breach that lasts come after 1, 4 and 24 hours, and at least
   * this far apart.
   * @defaultValue 3600000
   */
  readonly cooldownMs?: number;
}

/**
 * Watches the stream of decisions and outcomes of a model and turns it into a status. The built-in ones are `dataQuality()`,
 * `drift()`, `errorStream()`, `liveMetric()`, `estimatedPerformance()`, `calibration()`, `overrides()`, `fairness()`,
 * `serviceLevel()`, `spendBudget()`, `kpiValue()` and `attributions()`; `monitor()` makes one of your own.
 *
 * @typeParam R what it reads of a contract, as `ContractReads` names it
 */
export interface Monitor<in R> {
  readonly kind: string;
  /** Unique in a model. */
  readonly name: string;
  /** What is wrong with its options, told when the model is defined. */
  readonly problems: readonly Problem[];
  readonly onBreach: readonly MonitorAction[];
  readonly confirmations: number;
  readonly recoveries: number;
  readonly cooldownMs: number;
  /** Share of calls in which a paused model is asked beside what serves, its answer never returned: how it may recover. 0–1 */
  readonly pausedSampleRate: number;
  /** What does not fit the contract: told when the model is defined. */
  readonly check?: (model: ModelDescription) => readonly Problem[];
  readonly start: (context: BuiltInContext) => MonitorRun;
  /** What runs monitors; see `managed-monitors.ts`. */
  readonly '~runner'?: unknown;
  /** No such value exists at run time. */
  readonly '~reads'?: (contract: R) => void;
}

/** A monitor that fits every model. */
export interface ModelMonitor extends Monitor<ContractReads<unknown, unknown, unknown, never>> {}

/** A monitor with its types erased. */
export type AnyMonitor = Monitor<never>;

/** Names the part of the traffic that a case belongs to. */
export type SegmentOf<I> = (input: I, decision: DecisionFact) => string;

/** What the monitors of a model are given. */
export interface MonitorsDependencies {
  readonly context: MonitorContext;
  readonly control: ModelControl;
  readonly store: StateStore;
  readonly clock: Clock;
  /** 32 random bits. */
  readonly word: () => number;
  /** Decisions that wait for their outcomes, at most. */
  readonly remembered: number;
  /** Keeps decisions for the other processes too. */
  readonly sharing: SharedDecisions | undefined;
  /** Judgements are made this often while there is traffic, in milliseconds. */
  readonly everyMs: number;
  /** A monitor's status changed: told by every process that saw it. */
  readonly changed: (monitor: AnyMonitor, from: MonitorStatus, to: MonitorStatus, reading: MonitorReading) => void;
  /** A function of a monitor's, or one that it was given, threw. */
  readonly failed?: (callback: string, thrown: unknown) => void;
  /** A breach is due to be told: by one process. */
  readonly breached: (kind: 'alert' | 'retrain', monitor: AnyMonitor, facts: BreachFacts) => void;
}

/** What is told of a breach. */
export interface BreachFacts {
  readonly phase: BreachPhase;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly reason: string;
  /** Those in breach, or of a recovery those that were, the worst first. */
  readonly readings: readonly MonitorReading[];
}

/** What an outcome says; the decision is looked up. */
export type OutcomePart = Omit<OutcomeFact, 'tier' | 'servedBy' | 'decidedAt' | 'probability' | 'sampled'>;

/** One monitor in the status of its model. */
export interface MonitorReport {
  readonly monitor: string;
  readonly kind: string;
  /** The worst of its readings, confirmed. */
  readonly status: MonitorStatus;
  /** Since when, in milliseconds since the Unix epoch; 0 before the first judgement. */
  readonly since: number;
  /** Its newest readings, the worst first. */
  readonly readings: readonly MonitorReading[];
  /**
   * How the fields whose readings are in `warn` or `breach` are distributed, live and in the reference: the worst first, at most 10.
   * They hold edges and categories of the reference. Absent where there are none.
   */
  readonly distributions?: readonly FieldDistribution[];
  /** What a function of its, or one that it was given, threw last in this process; absent while none has. It may hold content of calls. */
  readonly failure?: string;
}

export interface MonitorsStatus {
  readonly reports: readonly MonitorReport[];
  readonly outcomes: OutcomeCoverage;
  /** How often functions threw that monitors are made of or were given: `read`, `by`, scores, functions in `onBreach`. */
  readonly failures: number;
  /** Why the store could not be told, last; `null` while it can. */
  readonly storeFailure: string | null;
}

/** All monitors of a model at work. */
export interface RunningMonitors {
  /** The probability with which a paused model is asked beside what serves. */
  readonly pausedSampleRate: number;
  /** @param key stands for the decision's id: {@link stemKey} */
  observe(decision: DecisionFact, key: number): void;
  invalidInput(paths: readonly string[], at: number): void;
  /** @param key stands for the decision's id: {@link stemKey} */
  outcome(id: string, key: number, outcome: OutcomePart): Promise<boolean>;
  status(): MonitorsStatus;
  /** Exchanges counters, judges and acts. Never rejects. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
