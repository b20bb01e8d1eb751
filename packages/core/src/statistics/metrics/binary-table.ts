import { checkCount } from '../argument-checks.ts';

/** How often a yes/no prediction met each truth, in cases. Merges by addition and slides by subtraction. */
export interface BinaryTable {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** Throws `INPUT_INVALID` unless every cell is a count. */
export function checkTable(table: BinaryTable, field = 'table'): void {
  checkCount(table.truePositives, `${field}.truePositives`);
  checkCount(table.falsePositives, `${field}.falsePositives`);
  checkCount(table.falseNegatives, `${field}.falseNegatives`);
  checkCount(table.trueNegatives, `${field}.trueNegatives`);
}
