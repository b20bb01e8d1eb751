import type { BinaryTable } from '../../../src/statistics/metrics/binary-table.ts';

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
