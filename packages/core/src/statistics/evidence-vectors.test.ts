import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { probabilityBetter } from '../../tests/support/statistics/probability-better.ts';
import { addToArm, aipwScore, NO_ARM_SUMS } from './aipw.ts';
import { logMixtureE, mixtureHalfWidth, mixtureRho } from './asymptotic-sequence.ts';
import { type EventCounts, mergeEventCounts } from './event-counts.ts';
import { logHarmE, logNonInferiorityE } from './event-race.ts';
import { logMeanExp } from './log-mean-exp.ts';
import { doublyRobust, inversePropensity } from './off-policy.ts';

import { logSampleRatioE } from './sample-ratio.ts';
import { addScore, NO_SCORES, scoreMoments } from './score-sums.ts';

type Row = Readonly<Record<string, number>>;
type OpeColumn = 'reward' | 'loggingP' | 'targetP' | 'qChosen' | 'vTarget';
interface Vectors {
  readonly asymp: readonly (Row & { readonly fn: unknown })[];
  readonly unpairedBinary: readonly { seed: number; n: number; p0: number; p1: number; rows: readonly Row[] }[];
  readonly srm: readonly {
    counts: number[];
    weights: number[];
    logE_k100: number;
    logE_k1000: number;
  }[];
  readonly pBest: readonly Row[];
  readonly ope: Readonly<Record<'ips' | 'snips' | 'dr' | 'ess' | 'ipsClip10', number>> & {
    readonly [Column in OpeColumn]: readonly number[];
  };
  readonly eMean: { e: number[]; mean: number };
}

const vectors = JSON.parse(
  readFileSync(new URL('../../tests/support/vectors/evidence.json', import.meta.url), 'utf8'),
) as Vectors;

function lcg(seed: number, n: number): number[] {
  let state = seed;
  return Array.from({ length: n }, () => (state = (48_271 * state) % 2_147_483_647) / 2_147_483_647);
}

/** Whether a number is the one in the vector, to 1e-9 of max(1, |value|). */
const near =
  (row: Row, key: string) =>
  (actual: number): boolean => {
    const expected = row[key] ?? NaN;
    return Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
  };

const rowAt = (rows: readonly Row[], n: number): Row | undefined => rows.find((row) => row['n'] === n);

describe('asymp', () => {
  const cases = (fn: string): readonly Row[] => vectors.asymp.filter((row) => row.fn === fn);
  test.each(cases('rhoOpt'))('rhoOpt alpha $alpha, tStar $tStar', (row) => {
    const { alpha = NaN, tStar = NaN } = row;
    expect(mixtureRho(alpha, tStar, 2)).toSatisfy(near(row, 'twoSided'));
    expect(mixtureRho(alpha, tStar, 1)).toSatisfy(near(row, 'oneSided'));
  });
  test.each(cases('asymp'))('asymp mean $mean, n $n', (row) => {
    const { alpha = NaN, tStar = NaN, mean = NaN, sd = NaN, n: count = NaN } = row;
    const two = { count, mean, sd, rho: mixtureRho(alpha, tStar, 2) };
    const one = { count, mean, sd, rho: mixtureRho(alpha, tStar, 1) };
    expect(mixtureHalfWidth(two, alpha, 2)).toSatisfy(near(row, 'half2'));
    expect(mixtureHalfWidth(one, alpha, 1)).toSatisfy(near(row, 'half1'));
    expect(logMixtureE(two, 2)).toSatisfy(near(row, 'logE2'));
    expect(logMixtureE(one, 1)).toSatisfy(near(row, 'logE1_gt'));
    expect(logMixtureE({ ...one, mean: -mean }, 1)).toSatisfy(near(row, 'logE1_lt'));
  });
});

test.each(vectors.unpairedBinary)('unpairedBinary seed $seed', ({ seed, n, p0, p1, rows }) => {
  const uniform = lcg(seed, 2 * n);
  let counts: EventCounts = [];
  let [past, scores] = [NO_ARM_SUMS, NO_SCORES];
  let compared = 0;
  for (let index = 0; index < n; index++) {
    const probability = [0.05, 0.25, 0.5][Math.floor(index / 1000)] ?? NaN;
    const onChallenger = (uniform[2 * index] ?? NaN) < probability;
    const bad = (uniform[2 * index + 1] ?? NaN) < (onChallenger ? p1 : p0);
    const unit = { probability, onChallenger, value: bad ? 1 : 0 };
    if (bad) {
      const event = { probability, champion: onChallenger ? 0 : 1, challenger: onChallenger ? 1 : 0 };
      counts = mergeEventCounts(counts, [event]);
    }
    scores = addScore(scores, aipwScore(past, unit));
    past = addToArm(past, unit);
    const row = rowAt(rows, index + 1);
    if (row === undefined) continue;
    compared++;
    expect(past.challenger.count).toSatisfy(near(row, 'n1'));
    expect(past.challenger.sum).toSatisfy(near(row, 'e1'));
    expect(past.champion.sum).toSatisfy(near(row, 'e0'));
    expect(logHarmE(counts)).toSatisfy(near(row, 'race_r0_1'));
    expect(logNonInferiorityE(counts, 1.5)).toSatisfy(near(row, 'race_ni_1_5'));
    const { mean, variance } = scoreMoments(scores);
    expect(mean).toSatisfy(near(row, 'aipwMean'));
    expect(variance).toSatisfy(near(row, 'aipwVar'));
    const input = { count: scores.count, mean, sd: Math.sqrt(variance), rho: mixtureRho(0.05, 1000, 1) };
    expect(logMixtureE(input, 1)).toSatisfy(near(row, 'asympLogE1'));
  }
  expect(compared).toBe(rows.length);
});

test.each(vectors.srm)('srm $counts', ({ counts, weights, ...row }) => {
  expect(logSampleRatioE(counts, weights, 100)).toSatisfy(near(row, 'logE_k100'));
  expect(logSampleRatioE(counts, weights)).toSatisfy(near(row, 'logE_k1000'));
});

test('mean of e-values', () => {
  const { e, mean } = vectors.eMean;
  expect(Math.exp(logMeanExp(e.map((value) => Math.log(value))))).toSatisfy(near({ mean }, 'mean'));
});

test.each(vectors.pBest)('pBest $a1, $b1, $a2, $b2', (row) => {
  const { a1 = NaN, b1 = NaN, a2 = NaN, b2 = NaN } = row;
  expect(probabilityBetter({ a: a1, b: b1 }, { a: a2, b: b2 })).toSatisfy(near(row, 'p'));
});

test('ope', () => {
  const { reward, loggingP, targetP, qChosen, vTarget, ...row } = vectors.ope;
  const decisions = reward.map((value, index) => ({
    reward: value,
    loggingProbability: loggingP[index] ?? NaN,
    targetProbability: targetP[index] ?? NaN,
    predictedChosen: qChosen[index] ?? NaN,
    predictedTarget: vTarget[index] ?? NaN,
  }));
  const { ips, snips, effectiveSampleSize } = inversePropensity(decisions);
  expect(ips.value).toSatisfy(near(row, 'ips'));
  expect(snips.value).toSatisfy(near(row, 'snips'));
  expect(effectiveSampleSize).toSatisfy(near(row, 'ess'));
  expect(inversePropensity(decisions, { clip: 10 }).ips.value).toSatisfy(near(row, 'ipsClip10'));
  expect(doublyRobust(decisions).value).toSatisfy(near(row, 'dr'));
});
