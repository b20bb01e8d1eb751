import { circuitBreaker, compose, concurrencyLimit, retry, timeout } from '@understudy/core/policies';
import { fourPolicies, noop, PLACES } from '../contracts.ts';
import { inTurn, measure } from '../harness.ts';
import { cockatielStack, opossumStack } from '../peers.ts';
import { rowsAgainst, timesTable } from '../table.ts';
import type { Topic } from '../topic.ts';

const immediate = (): number => 1;
const reading = async (context: { readonly signal: AbortSignal }): Promise<boolean> => context.signal.aborted;

/** Calls that succeed: what the policies cost when nothing happens. */
export const policies: Topic = {
  name: 'policies',
  async run(effort) {
    const none = compose();
    const timed = compose(timeout({ ms: 1000 }));
    const retried = compose(retry());
    const broken = compose(circuitBreaker());
    const limited = compose(concurrencyLimit({ limit: PLACES }));
    const four = compose(...fourPolicies());
    const cockatiel = cockatielStack();
    const opossum = opossumStack(noop);
    const cases = {
      'bare await': inTurn(noop),
      'understudy, no policy': inTurn(() => none(noop)),
      'understudy, timeout': inTurn(() => timed(noop)),
      'understudy, retry': inTurn(() => retried(noop)),
      'understudy, circuit breaker': inTurn(() => broken(noop)),
      'understudy, concurrency limit': inTurn(() => limited(noop)),
      'understudy, four policies': inTurn(() => four(noop)),
      'understudy, four, synchronous function': inTurn(() => four(immediate)),
      'understudy, four, function reads its signal': inTurn(() => four(reading)),
      'cockatiel, four policies': inTurn(() => cockatiel.execute(noop)),
      'cockatiel, four, function reads its signal': inTurn(() => cockatiel.execute(reading)),
      'opossum, breaker with timeout and capacity': inTurn(() => opossum.fire()),
    };
    const samples = await measure(cases, effort);
    opossum.shutdown();
    const rows = rowsAgainst('bare await', Object.keys(cases) as (keyof typeof cases)[], {
      'understudy, four policies': 7,
      'understudy, four, synchronous function': 4.2,
      'understudy, four, function reads its signal': 8.3,
    });
    return [timesTable('A call that succeeds', samples, rows)];
  },
};
