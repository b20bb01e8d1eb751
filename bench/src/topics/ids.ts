import { Bucketing, murmur3 } from '@understudy/core/assignment';
import { systemClock } from '@understudy/core/authoring';
// Ids are made inside of predict: there is no public way to make one alone.
import { DecisionIds } from '../../../packages/core/src/routing/decision-id.ts';
import { RandomWords } from '../../../packages/core/src/routing/random-words.ts';
import { WallTime } from '../../../packages/core/src/time/wall-time.ts';
import { cycle } from '../contracts.ts';
import { measure, synchronously } from '../harness.ts';
import { timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

/** Ids and buckets: small parts of each decision. */
export const ids: Topic = {
  name: 'ids',
  async run(effort) {
    const made = new DecisionIds('bench', new WallTime(systemClock), new RandomWords(), undefined);
    const exposure = made.exposure(1, 2, 'model', 0, 1, false);
    const now = systemClock.now();
    const bucketing = new Bucketing('experiment');
    const units = cycle(Array.from({ length: 1024 }, (_, index) => `user-${100_000 + index * 7919}`));
    const cases = {
      '`crypto.randomUUID`': synchronously(() => crypto.randomUUID()),
      'id of a decision': synchronously(() => made.complete(undefined, exposure, '', now)),
      'id of a decision with a unit': synchronously(() => made.complete(undefined, exposure, units(), now)),
      '`Bucketing.bucket` of a unit': synchronously(() => bucketing.bucket(units())),
      '`murmur3` of a unit, without a cached prefix': synchronously(() => murmur3(`experiment:${units()}`)),
    };
    const samples = await measure(cases, effort);
    const base = '`crypto.randomUUID`';
    const rows = (Object.keys(cases) as (keyof typeof cases)[]).map((name) => ({ name, base }) as const);
    return [timesTable('Ids and buckets', samples, rows, { ratio: '× randomUUID' })];
  },
};
