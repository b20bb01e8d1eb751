/** Who gives a command. */
export interface Operator {
  readonly id: string;
  readonly roles: readonly string[];
}

/** Every command says who and why: it goes into the audit trail. */
export interface ControlNote {
  readonly by: Operator;
  readonly reason: string;
}

/** A change of behaviour, by an operator or a monitor. */
export interface Command {
  readonly kind: CommandKind;
  readonly model: string;
  readonly variant?: string;
  /** The version that a change of the registry is about. */
  readonly version?: string;
  /** The alias that a change of the registry moves. */
  readonly alias?: string;
}

/** What an operator may be asked about. */
export type CommandKind =
  | 'pin'
  | 'unpin'
  | 'isolate'
  | 'readmit'
  | 'pause'
  | 'resume'
  | 'replace'
  | 'rollout-approve'
  | 'rollout-hold'
  | 'rollout-resume'
  | 'rollout-roll-back'
  | 'rollout-promote'
  /** Faults are injected into a share of the calls of this process: see `drill()`. It changes no control document. */
  | 'drill'
  /** Changes of the model's registry: they change no control document either. */
  | 'registry-register'
  | 'registry-approve'
  | 'registry-move-alias'
  | 'registry-roll-back'
  | 'registry-retire'
  | 'registry-record'
  /** What people do with cases that wait for a review. */
  | 'review-take'
  | 'review-answer'
  | 'review-assign';

/** Whether an operator may give a command. */
export type Authorize = (operator: Operator, command: Command) => boolean | Promise<boolean>;
