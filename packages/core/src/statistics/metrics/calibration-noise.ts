import { checkCount, checkPositive } from '../argument-checks.ts';
import { checkedUniform, type Uniform } from '../random-variates.ts';
import { binomialSampler } from './binomial-sampler.ts';
import { calibrationError, type CalibrationError, type ReliabilityTable } from './calibration.ts';

/** Simulations between two places to pause. */
const RUNS_AT_ONCE = 25;

/**
 * The noise floor of a calibration error: what a perfectly calibrated model with these bin counts and mean predictions exceeds in
 * a share alpha of all samples. Only an error above it says anything: at 100 cases a perfect model has an ECE of 0.1 on average.
 * The floor of any alpha is simulated once, with places to pause: a thousand simulations take some milliseconds.
 *
 * The positives of a bin are drawn as binomial with its mean prediction, which is a little wider than with predictions that differ
 * within the bin: the floor errs to the side of no alarm. Null without a case.
 *
 * @param random uniform in [0, 1): pass a seeded one
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be
 */
export function* simulatedCalibration(
  table: ReliabilityTable,
  random: Uniform,
  simulations = 1000,
): Generator<undefined, ((alpha: number) => CalibrationError) | null> {
  checkCount(simulations, 'simulations');
  checkPositive(simulations, 'simulations');
  const uniform = checkedUniform(random);
  const samplers = table.counts.map((count, bin) => {
    checkCount(count, `counts[${bin}]`);
    return binomialSampler(count, count === 0 ? 0 : (table.probabilities[bin] ?? 0) / count);
  });
  const eces: number[] = [];
  const mces: number[] = [];
  for (let run = 0; run < simulations; run++) {
    if (run % RUNS_AT_ONCE === RUNS_AT_ONCE - 1) yield;
    const error = calibrationError({ ...table, positives: samplers.map((draw) => draw(uniform)) });
    if (error === null) return null;
    eces.push(error.ece);
    mces.push(error.mce);
  }
  const [sortedEces, sortedMces] = [Float64Array.from(eces).sort(), Float64Array.from(mces).sort()];
  return (alpha) => {
    const at = Math.ceil((1 - alpha) * simulations) - 1;
    return { ece: sortedEces[at] ?? 0, mce: sortedMces[at] ?? 0 };
  };
}
