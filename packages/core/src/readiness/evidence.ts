import type { ModelStatus } from '../model/status.ts';

/** What people say where software cannot see. */
export interface ReadinessAnswer {
  readonly answer: 'yes' | 'no';
  /** Who says so. */
  readonly by: string;
  /** When, as an ISO date such as `2026-11-30`. */
  readonly at: string;
  readonly note?: string;
}

/** A check that is left out for a time: it counts as waived, never as passed. */
export interface ReadinessWaiver {
  readonly by: string;
  readonly reason: string;
  /** The last day on which it holds, as an ISO date. */
  readonly until: string;
}

/** The file of answers. */
export interface ReadinessAnswers {
  readonly format: 1;
  readonly answers: Readonly<Record<string, ReadinessAnswer>>;
  readonly waivers?: Readonly<Record<string, ReadinessWaiver>>;
}

/** A version as a registry has it, as far as readiness reads it. */
export interface ReadinessVersion {
  readonly version: string;
  readonly owner: string;
  readonly digest?: string;
  readonly lineage: { readonly data?: string };
  readonly approvals: readonly { readonly by: string }[];
}

/** What a drill has found, as far as readiness reads it, and when it ended, in milliseconds since the Unix epoch. */
export interface ReadinessDrill {
  readonly at: number;
  readonly model: string;
  readonly faulted: number;
  readonly servedBy: Readonly<Record<string, number>>;
  readonly recoveryMs: number | null;
  readonly rollBack: { readonly works: boolean; readonly reason: string } | null;
}

/** All that readiness looks at. What is absent makes the checks fail that need it. */
export interface ReadinessEvidence {
  /** The definition of the model: what `defineModel()` takes. */
  readonly contract: { readonly name: string } & {
    readonly [P in 'input' | 'output' | 'truth' | 'target' | 'stream' | 'kpis']?: unknown;
  };
  readonly options: object;
  /** What `createUnderstudy()` takes. */
  readonly runtime?: object;
  /** What the model says of itself, best after a day of shadow: `model.status()`. */
  readonly status?: ModelStatus;
  /** The version that is to serve. */
  readonly version?: ReadinessVersion;
  readonly drill?: ReadinessDrill;
  /** Whether the ledger verifies, and how many records it has. */
  readonly ledger?: { readonly isIntact: boolean; readonly records: number };
  /** Whether the model card is that of the registry now. */
  readonly card?: { readonly isCurrent: boolean };
  /** The text of the runbook. */
  readonly runbook?: string;
  readonly answers?: ReadinessAnswers;
}
