import { circuitBreaker, compose } from '@understudy/core/policies';
import { fourPolicies, noop } from '../contracts.ts';
import { type Case, inTurn, measure } from '../harness.ts';
import { openCockatiel, openOpossum } from '../peers.ts';
import { rowsAgainst, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

const nothing = (): undefined => undefined;

const caught = (call: () => Promise<unknown>): Case => inTurn(() => call().catch(nothing));

const awaited = (call: () => Promise<unknown>): Case =>
  inTurn(async () => {
    try {
      return await call();
    } catch (error) {
      return error;
    }
  });

/** An open circuit refuses a call. */
export const rejections: Topic = {
  name: 'rejections',
  async run(effort) {
    const breaker = compose(circuitBreaker());
    const four = compose(...fourPolicies());
    for (const { circuit } of [breaker, four]) circuit?.force('forced-open', 'a benchmark');
    const cockatiel = await openCockatiel();
    const opossum = openOpossum();
    const cases = {
      'bare await': inTurn(noop),
      'understudy, .catch': caught(() => breaker(noop)),
      'understudy, await in try': awaited(() => breaker(noop)),
      'understudy, four policies, .catch': caught(() => four(noop)),
      'understudy, four policies, await in try': awaited(() => four(noop)),
      'cockatiel, .catch': caught(() => cockatiel.execute(noop)),
      'cockatiel, await in try': awaited(() => cockatiel.execute(noop)),
      'opossum, .catch': caught(() => opossum.fire()),
      'opossum, await in try': awaited(() => opossum.fire()),
    };
    const samples = await measure(cases, effort);
    opossum.shutdown();
    const rows = rowsAgainst('bare await', Object.keys(cases) as (keyof typeof cases)[], {
      'understudy, .catch': 4.5,
      'understudy, await in try': 8.3,
      'understudy, four policies, .catch': 4.5,
      'understudy, four policies, await in try': 8.3,
    });
    return [timesTable('A call that an open circuit refuses', samples, rows)];
  },
};
