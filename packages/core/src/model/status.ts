import type { PolicySnapshot } from '../types/index.ts';
import type { SharingStatus } from '../control/shared-decisions.ts';
import type { GuardsStatus } from '../guards/guard-runner.ts';
import type { MonitorsStatus } from '../monitors/monitor.ts';
import type { RolloutStatus } from '../rollout/rollout-status.ts';
import type { ShadowPoolStatus } from '../routing/shadow.ts';

/** How a shadow compares with what was served. */
export interface ShadowStatus extends ShadowPoolStatus {
  /** Pairs that were compared. */
  readonly pairs: number;
  readonly agreements: number;
  /** agreements / pairs; `null` without pairs. */
  readonly agreement: number | null;
  readonly failures: number;
}

export interface VariantStatus {
  readonly version: string;
  readonly role: 'champion' | 'challenger' | 'fallback';
  /** Share of traffic that it is assigned, 0–1. */
  readonly share: number;
  readonly isolated: boolean;
  readonly served: number;
  readonly failures: number;
  /** State of each policy, by kind. */
  readonly policies: Readonly<Record<string, PolicySnapshot>>;
  readonly shadow?: ShadowStatus;
}

/** One snapshot of a model: plain data. Dashboards, health endpoints and the demo show this and nothing else. */
export interface ModelStatus {
  readonly model: string;
  readonly champion: string;
  readonly control: {
    readonly known: boolean;
    readonly version: number;
    readonly pinned: string | null;
    readonly isolated: readonly string[];
    readonly paused: boolean;
    /** Who paused it: operators, and monitors as `monitor:<name>`. */
    readonly pausedBy: readonly string[];
    /** Why each switch is as it is: of `pause`, of `pin`, and of `isolate/<variant>`. Absent where none is set. */
    readonly reasons?: Readonly<Record<string, string>>;
    /** Why the stored control document cannot be read as a whole, and what to do; absent where it can. */
    readonly problem?: string;
    /** By how many milliseconds this process' clock is ahead of the store's, or of that of the process that changed the document last; absent up to 5,000. */
    readonly clockAheadMs?: number;
  };
  /** Calls since the start, by how they ended. */
  readonly calls: {
    readonly total: number;
    readonly served: number;
    readonly degraded: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly invalidInput: number;
    readonly inFlight: number;
  };
  /** served / (served + failed); `null` before the first call has ended. */
  readonly availability: number | null;
  readonly servedByTier: Readonly<Record<'model' | 'cache' | 'rules' | 'always', number>>;
  /** Durations of served calls, within 13 %, in milliseconds; `null` before the first. */
  readonly latencyMs: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };
  readonly variants: Readonly<Record<string, VariantStatus>>;
  /** Fallback tiers that are not variants, in order. */
  readonly fallback: readonly {
    readonly kind: 'rules' | 'always';
    readonly name: string;
    readonly version: string;
    readonly served: number;
    readonly abstained: number;
  }[];
  /** The rollout that this release declares; absent without one, and until the control document has it. */
  readonly rollout?: RolloutStatus;
  /** What the guards have done, in order; absent without any. */
  readonly guards?: GuardsStatus;
  /** Absent without monitors. */
  readonly monitors?: MonitorsStatus;
  readonly outcomes: Readonly<Record<'counted' | 'unscored' | 'duplicate' | 'unknown' | 'late' | 'forged', number>>;
  /** Absent without `outcomes.sharing`. */
  readonly sharing?: SharingStatus;
  /** Models that answered and have no price, the first twenty: what they cost is counted nowhere. Absent while there is none, and without prices. */
  readonly unpriced?: readonly string[];
  readonly listenerFailures: number;
  /** The user's own functions that failed where it changes no call: how often, and what was thrown last. Absent while none has. */
  readonly callbacks?: Readonly<Record<string, { readonly count: number; readonly last: string }>>;
}
