/** What a process of the app is given. */
export interface AppOptions {
  readonly port: number;
  readonly redis: string;
  readonly postgres: string;
  readonly nats: string;
  /** Where spans go. */
  readonly otlp: string;
  /** The ledger and the spools of this process: they outlive it. */
  readonly folder: string;
  readonly ledgerKey: string;
}

/** What a process tells at its end. */
export interface AppEnd {
  readonly sinks: readonly {
    readonly name: string;
    readonly delivered: number;
    readonly lost: Readonly<Record<string, number>>;
  }[];
}

export type AppMessage = { readonly ready: true } | { readonly end: AppEnd };

/** The name of the stream of NATS, and of its subjects. */
export const STREAM = 'understudy';
