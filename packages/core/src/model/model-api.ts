import type { Listener } from '../events/event-bus.ts';
import type { AssignmentReason, ListenerType } from '../events/event.ts';
import type { Call, CircuitControl, ControlNote, TraceContext } from '../types/index.ts';
import type { Decision } from './decision.ts';
import type { ModelStatus } from './status.ts';
import type { ModelStream, OnBreak } from './stream-contract.ts';

/** What is assigned: its text is what counts. */
export type Unit = string | number | bigint;

export interface PredictOptions<V extends string = string> {
  /** The unit of assignment: a user, an account, a request. The same unit gets the same variant; a number or bigint is taken as its text. @defaultValue drawn afresh for each call */
  readonly unit?: Unit | undefined;
  /** Whose call it is, where one application serves several: it goes into events. */
  readonly tenant?: string | undefined;
  /** More important calls leave queues first. @defaultValue 0 */
  readonly priority?: number | undefined;
  /** The caller's abort ends the call at once with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take in all, in milliseconds: over 0, `Infinity` for no limit. The contract, the wait for a first control document and `assign` count. @defaultValue the model's, 10000 */
  readonly deadlineMs?: number | undefined;
  /** Overrides the assignment for this call. */
  readonly force?: V | undefined;
  /** The call in which this one is nested: deadline, signal, trace and parent id are inherited. */
  readonly within?: Call | undefined;
  /** The trace that the call belongs to: `traceContextOf(request.headers)`. It goes into events, and adapters over HTTP send it. @defaultValue what `traceContext` of the runtime says, or that of `within` */
  readonly trace?: TraceContext | undefined;
}

export interface StreamCallOptions<V extends string = string> extends PredictOptions<V> {
  /** What happens when the stream breaks after its first content was read. @defaultValue the model's, 'error' */
  readonly onBreak?: OnBreak | undefined;
  /** Called when an answer that was begun is void, and begins anew: with `onBreak: 'restart'`, for who does not read `events()`. */
  readonly onReset?: ((reason: string) => void) | undefined;
}

export interface PredictManyOptions<I, V extends string = string> extends Omit<PredictOptions<V>, 'unit'> {
  /** Calls at once; never more than the concurrency limit of the champion and half of its queue take. @defaultValue 16, or two batches where its champion has `microBatch()` */
  readonly concurrency?: number | undefined;
  readonly unit?: ((input: I, index: number) => Unit) | undefined;
  /** Called after each input has been settled. */
  readonly onProgress?:
    | ((progress: { readonly settled: number; readonly failed: number; readonly total: number }) => void)
    | undefined;
}

/** What becomes known of a decision: one of these at a time. */
export type Outcome<I, O, T, K extends string> =
  /** `decision` brings along what a quality gate scores, where this process may have forgotten it or never knew; monitors do not read it. */
  | { readonly truth: T; readonly decision?: { readonly input: I; readonly output: O } }
  | { readonly kpi: { readonly [P in K]?: number } }
  /** `blind`: who reviewed it had not seen the model's answer; the monitor `overrides()` keeps such reviews apart; `false` unless you say so. */
  | { readonly override: { readonly output: O; readonly by: string; readonly reason: string; readonly blind?: boolean } }
  | { readonly feedback: { readonly agree: boolean } };

/**
 * What became of an outcome: `counted`, also where no monitor and no gate asks for it; `unscored` (well formed, but a monitor or a
 * gate needs the decision, which neither this process nor the store knows any more); `duplicate` (this kind was recorded for this decision before); `unknown` (not an id of
 * this model); `late` (outside the window); `forged` (its seal does not fit).
 */
export type OutcomeResult = 'counted' | 'unscored' | 'duplicate' | 'unknown' | 'late' | 'forged';

/** Commands of a rollout: each says who and why, is authorised, and is audited. */
export interface RolloutCommands {
  /** Gives the approval that it waits for. */
  approve(note: ControlNote): Promise<void>;
  /** Keeps it where it is; proven harm still rolls it back. */
  hold(note: ControlNote): Promise<void>;
  /** Ends a hold, gives an inconclusive stage more time, or begins another attempt after the cooldown of a roll-back. */
  resume(note: ControlNote): Promise<void>;
  /** The champion serves every unit again. The challenger can begin another attempt by `resume`. */
  rollBack(note: ControlNote): Promise<void>;
  /** One stage further, proven or not. From champion with holdback to retired: the old champion leaves. */
  promote(note: ControlNote): Promise<void>;
}

/** What is in force from then on. */
export interface ControlReplacement<V extends string = string> {
  /** Whether no model tier serves until a resume. @defaultValue false */
  readonly paused?: boolean;
  /** The variant that serves every call; `null`: none does. @defaultValue null */
  readonly pinned?: V | null;
  /** Variants that serve nothing until they are readmitted. @defaultValue [] */
  readonly isolated?: readonly V[];
}

/** Commands: each says who and why, is authorised, and is audited. */
export interface ModelCommands<V extends string> {
  /** Sends every call to one variant until `unpin`. */
  pin(variant: V, note: ControlNote): Promise<void>;
  /** Ends `pin`. */
  unpin(note: ControlNote): Promise<void>;
  /** Takes a variant off: it serves nothing until it is readmitted. */
  isolate(variant: V, note: ControlNote): Promise<void>;
  /** Ends `isolate`. */
  readmit(variant: V, note: ControlNote): Promise<void>;
  /** No model tier serves until a resume: rules and fixed outputs do. */
  pause(note: ControlNote): Promise<void>;
  /** Ends `pause`, and waits that endpoints asked for. */
  resume(note: ControlNote): Promise<void>;
  /**
   * Writes the control document anew, where the stored one is damaged (`status().control.problem` says so). A rollout begins
   * again; a document of a newer format is not replaced.
   */
  replace(document: ControlReplacement<V>, note: ControlNote): Promise<void>;
  /** Commands of the rollout; `CONTROL_CONFLICT` where one makes no sense in its state. */
  readonly rollout: RolloutCommands;
  /** The circuit of a variant, where it has one. It belongs to this process and is not audited. */
  circuit(variant: V): CircuitControl | undefined;
}

/** A model in production. */
export interface Model<RawIn, I, O, T, V extends string, K extends string, C = never> extends AsyncDisposable {
  readonly name: string;
  /**
   * Decides one input. Rejects only when nothing can serve (`NOTHING_SERVED`, `PAUSED`), on an invalid input
   * (`INPUT_INVALID`), for an unknown `force` (`UNKNOWN_VARIANT`), after `close` (`CLOSED`), or with the caller's abort reason.
   */
  predict(input: RawIn, options?: PredictOptions<V>): Promise<Decision<I, O, V>>;
  /**
   * Decides one input, and hands out the answer in chunks as it comes, where the contract has `stream`. The call begins at once. Until the first
   * content was read another attempt or tier takes over unseen; after that nothing is ever said twice without a word.
   */
  readonly stream: [C] extends [never]
    ? undefined
    : (input: RawIn, options?: StreamCallOptions<V>) => ModelStream<C, Decision<I, O, V>>;
  /** Decides many inputs; results in order, each settled on its own. An abort settles the rest. Rejects only for options that make no sense. */
  predictMany(
    inputs: readonly RawIn[],
    options?: PredictManyOptions<RawIn, V>,
  ): Promise<readonly PromiseSettledResult<Decision<I, O, V>>[]>;
  /**
   * Records what became known of a decision, from its id alone; any process that defines the model can do it.
   * @throws UnderstudyError `OUTCOME_INVALID` for a truth, an override or a KPI that breaks the contract
   */
  recordOutcome(id: string, outcome: Outcome<I, O, T, K>): Promise<OutcomeResult>;
  /** What a call of this unit would be assigned now, by its hash. */
  assignmentOf(unit: Unit): { readonly variant: V; readonly probability: number; readonly reason: AssignmentReason };
  /** One plain serialisable snapshot. */
  status(): ModelStatus;
  /** Commands of operators, such as `pause` and `rollout.rollBack`. */
  readonly control: ModelCommands<V>;
  /** Subscribes to an event of this model; returns what ends that. A listener that throws changes nothing. */
  on<E extends ListenerType>(type: E, listener: Listener<E>): () => void;
  /** Ends the model: new calls are refused, calls in flight end, predictors are closed. */
  close(): Promise<void>;
}
