import { expect, test } from 'vitest';
import { usageOf } from '../../tests/support/usage.ts';
import { usedAmount } from './amount.ts';

test.each([
  ['nothing reported', undefined, undefined, undefined],
  ['a price', usageOf({ total: 10 }, { total: 5 }, 2_500_000), 2.5, 15],
  ['no price', usageOf({ total: 10 }, { total: 5 }, null), Number.NaN, 15],
  ['parts without totals', usageOf({ noCache: 3, cacheRead: 4 }, { text: 5, reasoning: 6 }, 0), 0, 18],
  ['an input alone, as of embeddings', usageOf({ total: 8 }, {}, 1), 0.000_001, 8],
  ['no tokens told', usageOf({}, {}, 1), 0.000_001, Number.NaN],
] as const)('%s', (_, usage, cost, tokens) => {
  expect([usedAmount(usage, 'cost'), usedAmount(usage, 'tokens')]).toEqual([cost, tokens]);
});
