import { callCases } from './call-cases.ts';
import { NotApplicable } from './check.ts';
import { circuitCases } from './circuit-cases.ts';
import type { ConformanceCase, ConformanceResult, ConformanceSubject } from './subject.ts';

/** Faults seen in leading libraries, as cases that an implementation passes. Rows are numbered as in docs/conformance.md. */
export const conformanceCases: readonly ConformanceCase[] = [...circuitCases, ...callCases].toSorted((a, b) => a.row - b.row);

/** Runs every case through a subject, one after another. Never rejects: a case that fails says why. */
export async function runConformance(
  subject: ConformanceSubject,
  cases: readonly ConformanceCase[] = conformanceCases,
): Promise<readonly ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const { row, title, run } of cases) {
    try {
      await run(subject);
      results.push({ row, title, result: 'passed' });
    } catch (error) {
      if (error instanceof NotApplicable) results.push({ row, title, result: 'not-applicable' });
      else results.push({ row, title, result: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}
