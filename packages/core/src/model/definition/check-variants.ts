import { checkOptions, isRecord, type Problems, problemsUnder, told } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import type { VariantOptions } from '../model-options.ts';
import { variantHash } from '../plan.ts';
import { VARIANT } from './definition-kinds.ts';

/** Whether this is the name of a variant; a problem at `path` where it is not. */
export type Known = (name: unknown, path: string) => boolean;

export function knownAmong(names: readonly string[], problems: Problems): Known {
  return (name, path) =>
    problems.expect(
      typeof name === 'string' && names.includes(name),
      path,
      `expected one of the variants ${names.join(', ')}, got ${typeof name === 'string' ? JSON.stringify(name) : told(name)}`,
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
    for (const problem of problemsUnder(path, found.problems)) problems.add(problem.path, problem.message);
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
