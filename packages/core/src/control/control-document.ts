import type { Breaches } from './breach-state.ts';
import type { RolloutState } from './rollout-state.ts';

/** What was replaced, and until when it does not come back by itself: processes of an older release may still run. */
export interface Superseded {
  /** `champion` and its name, `challenger` and its name and version, or the pair of a rollout. */
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

/** What an allocation gives each challenger; the champion has the rest. */
export interface AllocatedShares {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** 0–1, by challenger. */
  readonly shares: Readonly<Record<string, number>>;
}

/** The state that changes a model's behaviour: one small versioned document a model. */
export interface ControlDocument {
  readonly v: 2;
  /** The champion that the code declared when this was written. */
  readonly champion: string;
  /** Serves every call, whatever the split. */
  readonly pinned: string | null;
  /** Serve nothing until they are readmitted. */
  readonly isolated: readonly string[];
  /** No model tier serves until a resume. */
  readonly paused: boolean;
  /** Who paused it and has not resumed: operators, and monitors as `monitor:<name>`. */
  readonly pausedBy: readonly string[];
  /** What monitors found. */
  readonly breaches: Breaches;
  readonly rollout: RolloutState | null;
  /** Shares of challengers that were allocated in place of the declared split; `null`: none were. */
  readonly allocated: AllocatedShares | null;
  readonly superseded: readonly Superseded[];
  /** The last change of each of the processes that made one, the newest last: one whose answer was lost finds its own by it. */
  readonly recent: readonly string[];
  /** Why each switch is as it is: of `pause`, of `pin`, and of `isolate/<variant>`. */
  readonly reasons: Readonly<Record<string, string>>;
  /** The last change. */
  readonly changed: { readonly command: string; readonly by: string; readonly reason: string; readonly at: number } | null;
}

/** As many processes may change the document between a change whose answer was lost and the read that finds it. */
export const RECENT_WRITERS = 64;

export function emptyDocument(champion: string): ControlDocument {
  return {
    v: 2,
    champion,
    pinned: null,
    isolated: [],
    paused: false,
    pausedBy: [],
    breaches: {},
    rollout: null,
    allocated: null,
    superseded: [],
    recent: [],
    reasons: {},
    changed: null,
  };
}
