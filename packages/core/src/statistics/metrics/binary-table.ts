import { checkCount } from '../argument-checks.ts';

/** How often a yes/no prediction met each truth, in cases. Merges by addition and slides by subtraction. */
export interface BinaryTable {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

export const NO_BINARY_CASES: BinaryTable = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 };

/** One more case. */
export function addBinaryCase(table: BinaryTable, actual: boolean, predicted: boolean): BinaryTable {
  return {
    truePositives: table.truePositives + Number(actual && predicted),
    falsePositives: table.falsePositives + Number(!actual && predicted),
    falseNegatives: table.falseNegatives + Number(actual && !predicted),
    trueNegatives: table.trueNegatives + Number(!actual && !predicted),
  };
}

/** Throws `INPUT_INVALID` unless every cell is a count. */
export function checkTable(table: BinaryTable, field = 'table'): void {
  checkCount(table.truePositives, `${field}.truePositives`);
  checkCount(table.falsePositives, `${field}.falsePositives`);
  checkCount(table.falseNegatives, `${field}.falseNegatives`);
  checkCount(table.trueNegatives, `${field}.trueNegatives`);
}

/**
 * The table of both sets of cases.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a cell that is no count
 */
export function mergeBinaryTables(a: BinaryTable, b: BinaryTable): BinaryTable {
  checkTable(a, 'a');
  checkTable(b, 'b');
  return {
    truePositives: a.truePositives + b.truePositives,
    falsePositives: a.falsePositives + b.falsePositives,
    falseNegatives: a.falseNegatives + b.falseNegatives,
    trueNegatives: a.trueNegatives + b.trueNegatives,
  };
}
