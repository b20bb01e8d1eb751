/**
 * What a contract has for gates and monitors to read. Each says in its type what it reads, and fits the models that have at least
 * that: `Gate<{ truth: Label }>`, `Monitor<{ kpis: { minutes: unknown } }>`.
 */
export interface ContractReads<I, O, T, K extends string> {
  readonly input: I;
  readonly output: O;
  readonly truth: T;
  /** KPIs by name. */
  readonly kpis: Readonly<Record<K, unknown>>;
}
