import { createUnderstudy, memoryStore } from '@understudy/core';
import { growthBookBucket, unitHashOf, unleashPercent } from '@understudy/core/assignment';
import { errorRate } from '@understudy/core/rollout';
import {
  HyperLogLog,
  jensenShannonDistance,
  logMixtureE,
  logShareE,
  QuantileSketch,
  thompsonShares,
  wilsonInterval,
} from '@understudy/core/statistics';
import { seededRandom } from '@understudy/core/testing';
import * as z from 'zod';

/** Units of several alphabets, short and long, with one that cannot be written in UTF-8. */
const ALPHABETS = ['u', 'Łódź-', '客户', '🧪', ' ', '\uD800', 'e\u0301'];
const units = Array.from({ length: 700 }, (_, n) => ALPHABETS[n % 7] + String(n * 7919).repeat(1 + (n % 5)));

interface Facts {
  /** Must be the same, to the last bit. */
  readonly exact: readonly unknown[];
  /** Logarithms and powers may differ in their last bits between engines. */
  readonly numbers: readonly number[];
}

/** What must be the same wherever it is computed. */
export async function facts(): Promise<Facts> {
  const understudy = createUnderstudy({ store: memoryStore({ acceptLoss: true }) });
  const variant = (version: string) => ({ version, predictor: () => ({ by: version }) });
  const model = understudy.defineModel(
    { name: 'claims', input: z.object({ n: z.number() }), output: z.object({ by: z.string() }) },
    {
      variants: { v1: variant('1'), v2: variant('2') },
      champion: 'v1',
      rollout: { challenger: 'v2', canaryShares: [0.4], bakeMs: 3_600_000, gates: [errorRate({ maxRatio: 1.5 })] },
    },
  );
  await understudy.ready();
  await model.predict({ n: 0 }, { unit: 'first' });
  await understudy.ready();
  const assigned = units.map((unit) => model.assignmentOf(unit));
  const decided = await model.predict({ n: 1 }, { unit: '客户7919' });
  await understudy.close();

  const random = seededRandom(5);
  const draws = Array.from({ length: 500 }, () => random());
  const distinct = new HyperLogLog();
  for (const unit of units) distinct.add(unit);
  const sketch = new QuantileSketch();
  for (const draw of draws) sketch.add(draw);
  const shares = thompsonShares(
    [
      { name: 'a', successes: 30, failures: 70 },
      { name: 'b', successes: 40, failures: 60 },
    ],
    { random: seededRandom(7), draws: 500 },
  );
  const interval = wilsonInterval(37, 120, 0.05);
  return {
    exact: [
      assigned.map(({ variant: name, probability, reason }) => [name, probability, reason]),
      'variant' in decided.servedBy && decided.servedBy.variant,
      units.map((unit) => unitHashOf(unit)),
      units.map((unit) => [growthBookBucket('seed', unit), unleashPercent('group', unit)]),
      distinct.toJSON(),
      draws,
    ],
    numbers: [
      ...[0.01, 0.5, 0.99].map((q) => sketch.quantile(q) ?? Number.NaN),
      ...shares.values(),
      interval.lower,
      interval.upper,
      logShareE(37, 83, 0.2),
      logMixtureE({ count: 400, mean: 0.3, sd: 1.2, rho: 0.1 }, 1),
      jensenShannonDistance([3, 9, 27, 81], [5, 7, 31, 64]),
    ],
  };
}
