import type { Effort } from './harness.ts';
import type { Table } from './table.ts';

/** A part of the report. */
export interface Topic {
  readonly name: string;
  /** The page that its tables stand in. @defaultValue 'docs/benchmarks.md' */
  readonly page?: string;
  run(effort: Effort): Promise<readonly Table[]>;
}
