import type { EvidenceCell } from '../types/index.ts';

/** The sum of one counter over all stages. */
export function sumOf(cells: readonly EvidenceCell[], name: string): number {
  return cells.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0);
}
