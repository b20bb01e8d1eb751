import type { ErrorCode } from '../errors/index.ts';
import type {
  CallReport,
  CallUsage,
  EventBase,
  ModelRequest,
  MonitorReading,
  MonitorStatus,
  ResultClass,
  TierKind,
} from '../types/index.ts';
import type { EventTrace } from './trace-context.ts';

/** Names of the runtime that makes events. */
export type EventOrigin = Pick<EventBase, 'application' | 'environment'>;

/** One attempt of a call, in order. */
export interface AttemptRecord {
  /** The variant that was called, or the tier that abstained. */
  readonly name: string;
  readonly tier: TierKind;
  /** 1 for the first attempt on this variant. */
  readonly attempt: number;
  /** Milliseconds after the start of the call. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly resultClass: ResultClass;
  /** Low cardinality: an error code of ours, or `HTTP_STATUS`. Absent on success. */
  readonly errorType?: ErrorCode;
  /** HTTP status of the endpoint, where the failure had one. */
  readonly status?: number;
  /** What failed below HTTP: `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED`, … Low cardinality. */
  readonly causeCode?: string;
  readonly message?: string;
}

/** A request to a generative model, as the predictor of an attempt reported it. It holds no content. */
export interface ModelCallRecord {
  /** The variant that was called, and which of its attempts it was. */
  readonly name: string;
  readonly attempt: number;
  /** Milliseconds after the start of the call. */
  readonly startMs: number;
  readonly durationMs: number;
  /** When the first content of a stream came, in milliseconds after the start of the attempt. */
  readonly firstContentMs?: number;
  readonly request: ModelRequest;
  /** The model that answered, the id of its answer, and why that ended. */
  readonly model?: string;
  readonly responseId?: string;
  readonly finishReason?: NonNullable<CallReport['finishReason']>;
  readonly usage?: CallUsage;
  /** It was given up before its answer: another attempt was faster (`hedge()`), or nobody waited any longer. Such a request has no `errorType`. */
  readonly cancelled?: true;
  /** Absent on success. */
  readonly errorType?: ErrorCode;
}

/** What decided the assignment. */
export type AssignmentReason = 'champion' | 'split' | 'rollout' | 'assign' | 'force' | 'pin';

/** One call of `predict`: emitted once, when it ends. */
export interface DecisionEvent extends EventBase {
  readonly type: 'decision';
  readonly outcome: 'served' | 'failed' | 'cancelled' | 'invalid-input';
  /** The variant that the call was assigned to, with what probability (0–1), and by what. */
  readonly assigned: string;
  readonly probability: number;
  readonly assignedBy: AssignmentReason;
  /** Which tier served; `none` when nothing did. */
  readonly tier: TierKind | 'none';
  /** The variant or tier that served, and its version; empty when nothing did. */
  readonly servedBy: string;
  readonly version: string;
  readonly degraded: boolean;
  readonly reason: string;
  readonly durationMs: number;
  /** When the first content of a stream came, in milliseconds after the start of the call. Absent where there was none. */
  readonly firstContentMs?: number;
  /** Tokens and money of all attempts. Absent where no predictor reported any. */
  readonly usage?: CallUsage;
  /** Requests to generative models, in the order in which they ended. Absent where no predictor reported any. */
  readonly modelCalls?: readonly ModelCallRecord[];
  /** Every attempt when there was more than the one that served, or it failed; otherwise empty. */
  readonly attempts: readonly AttemptRecord[];
  /** Rows of the rule table that fired. What they say stays in the process: a tier of your own may say anything. Absent where no rules have served. */
  readonly rules?: { readonly rows: readonly string[] };
  /** Why nothing was served. Absent on a call that was rescued. */
  readonly errorType?: ErrorCode;
  /** 40 bits of a hash of the unit, as 10 hexadecimal digits, all zero for none; its pseudonym where the runtime makes pseudonyms. */
  readonly unitHash: string;
  /** Its pseudonym where the runtime makes pseudonyms. */
  readonly tenant?: string;
  readonly parentId?: string;
  /** The trace that the caller's call belongs to, and the caller's span in it. Absent where the call was given none. */
  readonly trace?: EventTrace;
  /** `unknown`: the control document had not been read yet; such a decision is no evidence. */
  readonly control: 'known' | 'unknown';
  /** This event stands for this many: over 1 when routine decisions are sampled, 0 for one that is not in the sample and goes to unsampled sinks only. */
  readonly weight: number;
  /** What the predictor says of itself, such as the digest of its model file. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Allowed fields only, copied when the event was made. */
  readonly input?: Readonly<Record<string, unknown>>;
  readonly output?: Readonly<Record<string, unknown>>;
}

export type OutcomeKind = 'truth' | 'kpi' | 'override' | 'feedback';

/** What became known of a decision. */
export interface OutcomeEvent extends EventBase {
  readonly type: 'outcome';
  readonly decisionId: string;
  readonly kind: OutcomeKind;
  readonly result: 'counted' | 'unscored' | 'duplicate' | 'unknown' | 'late' | 'forged';
  /** Read from the decision's id: absent where the id says nothing that can be trusted. */
  readonly assigned?: string;
  readonly servedBy?: string;
  readonly tier?: TierKind;
  readonly probability?: number;
  /** From the decision to this outcome. */
  readonly delayMs?: number;
  readonly kpi?: Readonly<Record<string, number>>;
  readonly agree?: boolean;
  readonly by?: string;
  readonly reason?: string;
}

/** A shadow's output beside the served one. */
export interface ShadowComparedEvent extends EventBase {
  readonly type: 'shadow-compared';
  readonly decisionId: string;
  readonly variant: string;
  readonly version: string;
  readonly resultClass: ResultClass;
  /** `null` when there was nothing to compare: either side failed, or the champion's model tier did not serve. */
  readonly agrees: boolean | null;
  /** Size of the difference, in the comparator's unit. */
  readonly difference?: number;
  readonly durationMs: number;
  readonly errorType?: ErrorCode;
}

export interface CircuitChangedEvent extends EventBase {
  readonly type: 'circuit-changed';
  readonly variant: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** A command that was obeyed, that was refused, or that awaits a second person. */
export interface ControlChangedEvent extends EventBase {
  readonly type: 'control-changed';
  readonly command: string;
  readonly variant?: string;
  readonly by: string;
  readonly roles: readonly string[];
  readonly reason: string;
  /** `awaits-second`: it needs two persons, and this was the first. */
  readonly result: 'obeyed' | 'forbidden' | 'awaits-second';
  /** Who gave it first, where it needed two persons. */
  readonly first?: string;
  /** Version of the control document after the command. */
  readonly version: number;
}

/** A transition of a rollout: told by the process that made it. */
export interface RolloutChangedEvent extends EventBase {
  readonly type: 'rollout-changed';
  /** The attempt: `challenger@version over champion@version #1`. */
  readonly rollout: string;
  readonly challenger: string;
  /** `draft`, `shadow`, `canary 5 %`, `champion 98 %`, `retired 100 %`, `rolled-back`, `inconclusive`, … */
  readonly from: string;
  readonly to: string;
  /** `rollout` where the evidence decided, else the operator's id. */
  readonly by: string;
  readonly reason: string;
  /** Share of traffic on the challenger from now on, 0–1. */
  readonly share: number;
  /** Digest of the evidence that it was decided on; empty for commands. */
  readonly evidence: string;
  /** Version of the control document after the transition. */
  readonly version: number;
}

/** The status of a monitor changed: told by every process that saw it. */
export interface MonitorChangedEvent extends EventBase {
  readonly type: 'monitor-changed';
  readonly monitor: string;
  /** Which monitor it is: `drift`, `liveMetric`, … */
  readonly kind: string;
  readonly from: MonitorStatus;
  readonly to: MonitorStatus;
  /** The reading that made the change. `from` and `to` are both `breach` where another field or segment has joined it. */
  readonly reading: MonitorReading;
}

/** A monitor's breach is told to people, by one process: when it begins or grows, after 1, 4 and 24 hours while it lasts, and when it is over. */
export interface AlertRaisedEvent extends EventBase {
  readonly type: 'alert-raised';
  readonly monitor: string;
  readonly kind: string;
  /** `raised`: it began, or another field or segment has joined it. `reminder`: it still is. `resolved`: it is over. */
  readonly phase: 'raised' | 'reminder' | 'resolved';
  /** With the field, the segment and the figures of the worst reading, and the names of the others. */
  readonly reason: string;
  /** When the breach began, in milliseconds since the Unix epoch: reminders and the end tell the same. */
  readonly since: number;
  /** What else the breach did: `pause`, `fall-back`, `isolate`, `roll-back`, `retrain`. */
  readonly actions: readonly string[];
  /** All readings in breach, the worst first; of a breach that is over those that were. */
  readonly readings: readonly MonitorReading[];
}

/** A monitor asks for a new model, with the evidence that justifies it. */
export interface RetrainRequestedEvent extends EventBase {
  readonly type: 'retrain-requested';
  readonly monitor: string;
  readonly kind: string;
  readonly reason: string;
  /** The variant that serves by default, and its version. */
  readonly champion: string;
  readonly version: string;
  readonly readings: readonly MonitorReading[];
  /** Where cases for training are, as `trainingData` of the model says. Absent where it says nothing. */
  readonly trainingData?: string;
}

/**
 * A function of the user's own failed where its failure may not change a call: `classify`, `describe`, a comparator, a policy, a
 * monitor. Told once a function; `status().callbacks` counts on and has the message.
 */
export interface CallbackFailedEvent extends EventBase {
  readonly type: 'callback-failed';
  /** The option that holds it: `classify`, `assign`, `shadow.v2.compare`, … */
  readonly callback: string;
  /** What happened, without content: `classify threw a TypeError.` */
  readonly reason: string;
}

/**
 * An attempt that did not serve, with what was thrown, for error trackers and loggers. Listeners get it, sinks never: the error
 * is as it came, and may hold anything.
 */
export interface AttemptFailedEvent extends EventBase {
  readonly type: 'attempt-failed';
  /** The call's id, less its last part: the start of the decision's id. */
  readonly call: string;
  /** The variant that was called, or the tier that abstained. */
  readonly name: string;
  readonly tier: TierKind;
  readonly attempt: number;
  readonly resultClass: ResultClass;
  readonly errorType: ErrorCode;
  readonly status?: number;
  readonly causeCode?: string;
  readonly durationMs: number;
  readonly error: unknown;
}

/**
 * Events that a sink lost, by reason; every sink of the runtime is told. `refused`: the sink will never take them (no consent,
 * or a request that the other side calls invalid).
 */
export interface TelemetryDroppedEvent extends EventBase {
  readonly type: 'telemetry-dropped';
  readonly sink: string;
  readonly lane: 'audit' | 'aggregate' | 'routine';
  readonly reason: 'queue-full' | 'delivery-failed' | 'refused' | 'closed';
  readonly count: number;
}

/** The registry of a model changed, or a change was refused. */
export interface RegistryChangedEvent extends EventBase {
  readonly type: 'registry-changed';
  /**
   * `registered`, `approved`, `alias-moved`, `rolled-back`, `retired` and `recorded` are entries of the change log. `served`: a process serves
   * the version from now on; `refused`: it does not, since it cannot be loaded or has another digest.
   */
  readonly change: 'registered' | 'approved' | 'alias-moved' | 'rolled-back' | 'retired' | 'recorded' | 'served' | 'refused';
  /** The version that it is about; empty where an alias was taken away. */
  readonly version: string;
  /** Digest of the version, such as `sha256:…`. */
  readonly digest?: string;
  /** The alias that was moved, and the version that it named before. */
  readonly alias?: string;
  readonly from?: string;
  /** `rollout` where a rollout was written back, `registry` where a process serves by it, else the operator's id. */
  readonly by: string;
  readonly roles: readonly string[];
  readonly reason: string;
  readonly result: 'obeyed' | 'forbidden';
  /** Its place in the change log, from 1; 0 for what is no entry of it. */
  readonly entry: number;
}

/** A case that people review went one step further. */
export interface ReviewChangedEvent extends EventBase {
  readonly type: 'review-changed';
  readonly queue: string;
  readonly review: string;
  readonly decisionId: string;
  /**
   * `requested`: it waits. `taken`, `released`: somebody works on it, or no more. `lapsed`: its lease ended without an answer. `escalated`: its time
   * limit passed, or its reviewer passed it on. `assigned`: it is for one reviewer, or for everybody again. `answered`: one reviewer has answered.
   * `resolved`: all answers that it needs are there. `withdrawn`: nobody needs to answer any more. `refused`: `authorize` did not allow what somebody
   * wanted to do; of a case that nobody had named yet, `review` and `model` are empty.
   */
  readonly change:
    | 'requested'
    | 'taken'
    | 'released'
    | 'lapsed'
    | 'escalated'
    | 'assigned'
    | 'answered'
    | 'resolved'
    | 'withdrawn'
    | 'refused';
  /** Why it was chosen: `uncertain`, `rule`, `random`, `segment`, or a name of yours; and with what probability, 0–1. */
  readonly why: string;
  readonly probability: number;
  /** A reviewer's id; `reviews` where time passed. */
  readonly by: string;
  readonly reason: string;
  /** Whether the reviewer had not seen the model's answer. */
  readonly blind?: boolean;
  /** Whether the answer is the model's; absent where there is none yet. */
  readonly agrees?: boolean;
  /** From the request to this, in milliseconds. */
  readonly waitedMs: number;
}

export interface EventMap {
  readonly decision: DecisionEvent;
  readonly outcome: OutcomeEvent;
  readonly 'shadow-compared': ShadowComparedEvent;
  readonly 'circuit-changed': CircuitChangedEvent;
  readonly 'control-changed': ControlChangedEvent;
  readonly 'rollout-changed': RolloutChangedEvent;
  readonly 'monitor-changed': MonitorChangedEvent;
  readonly 'alert-raised': AlertRaisedEvent;
  readonly 'retrain-requested': RetrainRequestedEvent;
  readonly 'registry-changed': RegistryChangedEvent;
  readonly 'review-changed': ReviewChangedEvent;
  readonly 'callback-failed': CallbackFailedEvent;
  readonly 'telemetry-dropped': TelemetryDroppedEvent;
}

/** Events that listeners get: those of sinks, and what may not leave the process. */
export interface ListenerMap extends EventMap {
  readonly 'attempt-failed': AttemptFailedEvent;
}

export type EventType = keyof EventMap;
export type UnderstudyEvent = EventMap[EventType];
export type ListenerType = keyof ListenerMap;
export type ListenerEvent = ListenerMap[ListenerType];
