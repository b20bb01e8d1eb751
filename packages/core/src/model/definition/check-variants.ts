import type { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { variantHash } from '../plan.ts';
import { checkPolicies } from './check-policies.ts';
import { isObject } from './is-object.ts';

/** Each variant by itself, and that ids can tell them apart. */
export function checkVariants(options: AnyOptions, problems: Problems): void {
  const hashes = new Map<number, string>();
  for (const [name, variant] of Object.entries(options.variants)) {
    const path = `options.variants.${name}`;
    if (!problems.expect(isObject(variant), path, 'expected { predictor, version }')) continue;
    problems.expect(
      typeof variant.predictor === 'function',
      `${path}.predictor`,
      'expected a function (input, call) => output, or what an adapter returns',
    );
    problems.expect(
      typeof variant.version === 'string' && variant.version !== '',
      `${path}.version`,
      'expected a version that is not empty',
    );
    problems.expect(
      variant.effects === undefined || ['none', 'idempotent', 'once'].includes(variant.effects),
      `${path}.effects`,
      `expected 'none', 'idempotent' or 'once', got ${JSON.stringify(variant.effects)}`,
    );
    checkPolicies(variant.policies, `${path}.policies`, problems);
    const hash = variantHash(name, variant.version);
    const other = hashes.get(hash);
    problems.expect(
      other === undefined,
      path,
      `its name and version have the same 16-bit hash as those of ${other ?? ''}: give it another version`,
    );
    hashes.set(hash, name);
  }
}
