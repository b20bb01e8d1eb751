import { isRecord, type Problems, told } from '../../errors/index.ts';
import { reserveRanges, type BucketRange } from '../../routing/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import type { Known } from './check-variants.ts';

/** The shares; returns the ranges of units that they reserve. */
export function checkSplit(options: AnyOptions, known: Known, problems: Problems): readonly BucketRange[] {
  const shares: [string, number][] = [];
  let total = 0;
  const split = isRecord(options.split) ? options.split : {};
  for (const [name, share] of Object.entries<unknown>(split)) {
    const path = `options.split.${name}`;
    const valid = problems.expect(
      typeof share === 'number' && share >= 0 && share <= 1,
      path,
      `expected a fraction 0–1, got ${told(share)}`,
    );
    if (!known(name, path) || !valid || typeof share !== 'number') continue;
    total += share;
    if (name !== options.champion) shares.push([name, share]);
  }
  if (!problems.expect(total <= 1 + 1e-9, 'options.split', `expected shares of at most 1 in all, got ${total}`)) return [];
  const { champion } = options;
  const declared = Object.entries<unknown>(split).find(([name]) => name === champion)?.[1];
  const rest = 1 - shares.reduce((sum, [, share]) => sum + share, 0);
  problems.expect(
    typeof declared !== 'number' || Math.abs(declared - rest) < 1e-9,
    `options.split.${options.champion}`,
    `the champion takes what the challengers leave, which is ${Number(rest.toFixed(6))}: leave it out, or say just that`,
  );
  const ranges = reserveRanges(shares);
  if (!('overflow' in ranges)) return ranges;
  problems.add(
    `options.split.${ranges.overflow}`,
    `with ${shares.length} challengers this one has room for a share of ${ranges.room}: reserved ranges keep units where they are. Name fewer challengers, or another order`,
  );
  return [];
}
