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
  readonly kind:
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
    | 'drill';
  readonly model: string;
  readonly variant?: string;
}

/** Whether an operator may give a command. */
export type Authorize = (operator: Operator, command: Command) => boolean | Promise<boolean>;
