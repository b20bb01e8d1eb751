import type { GateVerdict } from '../types/index.ts';

/** What a gate says now. */
export interface GateReading {
  readonly gate: string;
  /** Whether the current stage waits for it. */
  readonly required: boolean;
  readonly verdict: GateVerdict;
  /** The verdict in one sentence. */
  readonly reason: string;
  /** e-value against "not worse", and what it must reach to roll back; both as natural logarithms. */
  readonly logHarm: number;
  readonly logHarmLimit: number;
  /** e-value against "worse by the margin or more", and what it must reach to proceed; both as natural logarithms. */
  readonly logProof: number;
  readonly logProofLimit: number;
  /** Observed ratio or difference, and how bad it may be at worst, at all times, with probability 1 − α. */
  readonly estimate: number | null;
  readonly bound: number | null;
  /** Units (or pairs) that were counted. */
  readonly champion: number;
  readonly challenger: number;
  /** Units that are still needed at the present pace of evidence; `null` where it does not grow. */
  readonly needed: number | null;
}

/** Everything that a transition is decided on. */
export interface RolloutReading {
  readonly gates: readonly GateReading[];
  /** Units of the current stage. */
  readonly units: { readonly champion: number; readonly challenger: number };
  /** Shadow pairs. */
  readonly pairs: number;
  /** Why the evidence cannot be trusted now (sample ratio, double exposure, data quality), or is too old. */
  readonly hold: { readonly cause: string; readonly reason: string } | undefined;
  /** Digest of the evidence. */
  readonly digest: string;
}
