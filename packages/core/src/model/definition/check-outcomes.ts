import type { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkNumber } from './check-number.ts';

/** How long outcomes are waited for, for how many decisions, and where. */
export function checkOutcomes({ outcomes }: AnyOptions, storeShares: boolean, problems: Problems): void {
  checkNumber(outcomes?.windowMs, 'options.outcomes.windowMs', problems);
  const remembered = outcomes?.remembered ?? 1;
  problems.expect(
    Number.isSafeInteger(remembered) && remembered >= 1,
    'options.outcomes.remembered',
    `expected an integer of at least 1, got ${String(remembered)}`,
  );
  const share: unknown = outcomes?.share ?? false;
  problems.expect(typeof share === 'boolean', 'options.outcomes.share', `expected true or false, got ${JSON.stringify(share)}`);
  problems.expect(
    share !== true || storeShares,
    'options.outcomes.share',
    'needs a store that outlives this process and keeps decisions (remember and recall): give createUnderstudy a store of @understudy/node (redis, postgres, sqlite)',
  );
}
