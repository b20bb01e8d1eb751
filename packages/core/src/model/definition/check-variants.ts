import { checkOptions, isRecord, ownValue, type Problems, told } from '../../errors/index.ts';
import { type BucketRange, reserveRanges } from '../../routing/bucketing.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { allocationRunnerOf } from '../runners.ts';
import type { ShadowOptions, VariantOptions } from '../model-options.ts';
import { variantHash } from '../plan.ts';
import { SHADOW, VARIANT } from './definition-kinds.ts';

/** Whether this is the name of a variant; a problem at `path` where it is not. */
export type Known = (name: unknown, path: string) => boolean;

/** What is expected where a variant is named. */
export const oneOf = (names: readonly string[]): string =>
  names.length === 0 ? 'expected the name of a variant' : `expected one of the variants ${names.join(', ')}`;

export function knownAmong(names: readonly string[], problems: Problems): Known {
  return (name, path) =>
    problems.expect(
      typeof name === 'string' && names.includes(name),
      path,
      `${oneOf(names)}, got ${typeof name === 'string' ? JSON.stringify(name) : told(name)}`,
    );
}

/** Each variant by itself, and that ids can tell them apart. Returns their names. */
export function checkVariants({ variants }: AnyOptions, problems: Problems): readonly string[] {
  const names = isRecord(variants) ? Object.keys(variants) : [];
  problems.expect(
    names.length > 0,
    'options.variants',
    'expected at least one variant, such as { v1: { predictor, version: "1" } }',
  );
  const hashes = new Map<number, string>();
  for (const name of names) {
    const path = `options.variants.${name}`;
    problems.expect(name !== '', path, 'expected a name for the variant that is not empty');
    const found = checkOptions<VariantOptions<unknown, unknown>, {}>(variants[name] ?? (null as never), VARIANT, {});
    problems.addAll(path, found.problems);
    const version: unknown = found.settings.version;
    const hash = variantHash(name, typeof version === 'string' ? version : '');
    const other = hashes.get(hash);
    problems.expect(
      other === undefined,
      path,
      `its name and version have the same 16-bit hash as those of ${other ?? ''}: give it another version`,
    );
    hashes.set(hash, name);
  }
  return names;
}

/** What a rollout and the rest of the options ask of each other. */
export function checkRolloutVariant({ rollout, split, variants }: AnyOptions, problems: Problems): void {
  const challenger = rollout?.challenger ?? '';
  problems.expect(
    split?.[challenger] === undefined,
    `options.split.${challenger}`,
    'is the challenger of the rollout, which gives it its share: leave it out of the split',
  );
  const effects = variants[challenger]?.effects ?? 'none';
  problems.expect(
    rollout?.shadow === undefined || effects === 'none',
    'options.rollout.shadow',
    `${challenger} has effects '${effects}': a shadow would have them beside the champion's. Leave the shadow stage out`,
  );
}

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

/** The limits of shadows, and that their variants may be called a second time. */
export function checkShadow(options: AnyOptions, known: Known, problems: Problems): void {
  if (!isRecord(options.shadow)) return;
  for (const [name, shadow] of Object.entries<unknown>(options.shadow)) {
    const path = `options.shadow.${name}`;
    if (!known(name, path) || shadow === undefined) continue;
    const { settings, problems: found } = checkOptions<ShadowOptions<unknown, unknown>, {}>(
      shadow as ShadowOptions<unknown, unknown>,
      SHADOW,
      {},
    );
    problems.addAll(path, found);
    const effects = ownValue(options.variants, name)?.effects ?? 'none';
    problems.expect(
      effects !== 'once',
      path,
      `${name} has effects 'once': a shadow would have them a second time. It can never be shadowed`,
    );
    problems.expect(
      effects !== 'idempotent' || settings.allowEffects === true,
      `${path}.allowEffects`,
      `${name} has effects 'idempotent': say allowEffects: true if a shadow may have them too`,
    );
  }
}

/** What learns from rewards: that it is an allocation, and what came with it says the rest. */
export function checkAllocation(contract: AnyContract, options: AnyOptions, trustsOutcomes: boolean, problems: Problems): void {
  const { allocation, split, rollout, champion } = options;
  if (allocation === undefined) return;
  const runner = isRecord(allocation) && typeof allocation.allocate === 'function' ? allocationRunnerOf(options) : undefined;
  if (runner !== undefined)
    return runner.check(allocation, { champion, split, rollout, kpis: contract.kpis, trustsOutcomes }, problems);
  problems.add('options.allocation', 'expected thompson(), or { ...thompson(), allocate } of your own');
}
