import { simulatedCalibration } from '../../../src/statistics/metrics/calibration-noise.ts';
import type { CalibrationError, ReliabilityTable } from '../../../src/statistics/metrics/calibration.ts';
import { addAt, emptyBins, unitBin } from './unit-bins.ts';

export const emptyReliability = (bins = 10): ReliabilityTable => ({
  counts: emptyBins(bins),
  probabilities: emptyBins(bins),
  positives: emptyBins(bins),
});

/** One more case, in place. @param probability of the positive class, 0..1 */
export function addReliability(table: ReliabilityTable, probability: number, positive: boolean): void {
  const bin = unitBin(probability, table.counts.length);
  addAt(table.counts, bin, 1);
  addAt(table.probabilities, bin, probability);
  addAt(table.positives, bin, Number(positive));
}

/** What 5 % of perfectly calibrated models exceed, without a pause; null without a case. */
export function noiseFloor(table: ReliabilityTable, random: () => number, simulations?: number): CalibrationError | null {
  const steps = simulatedCalibration(table, random, simulations);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value?.(0.05) ?? null;
}
