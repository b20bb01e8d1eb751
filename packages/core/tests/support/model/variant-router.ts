import { type ControlDocument, emptyDocument } from '../../../src/control/control-document.ts';
import type { ControlSnapshot } from '../../../src/control/control-snapshot.ts';
import type { PolicyChange } from '../../../src/types/index.ts';
import type { BucketRange } from '../../../src/routing/bucketing.ts';
import type { AnyOptions } from '../../../src/model/any-definition.ts';
import { VariantRouter } from '../../../src/model/variant-router.ts';
import type { ModelDependencies } from '../../../src/model/model-dependencies.ts';
import { hostOf } from './dependencies.ts';

/** Variants v1, v2 and v3, of which the first is the champion. */
export const OPTIONS: AnyOptions = {
  variants: {
    v1: { predictor: () => 1, version: '1' },
    v2: { predictor: () => 2, version: '2' },
    v3: { predictor: () => 3, version: '3' },
  },
  champion: 'v1',
};

export function routerOf(
  options: Partial<AnyOptions> = {},
  ranges: readonly BucketRange[] = [],
  dependencies: ModelDependencies = hostOf().dependencies,
  changed: (variant: string, change: PolicyChange) => void = () => undefined,
): VariantRouter {
  // What ids carry, in the open.
  const exposureOf = (...facts: readonly unknown[]) => ({ text: facts.join(' '), sum: 0 });
  return new VariantRouter('m', { ...OPTIONS, ...options }, ranges, dependencies, exposureOf, {
    changed,
    failed: () => undefined,
    accept: (output) => output,
    check: (value) => ({ value, problems: undefined, more: 0, fault: false, cause: undefined }),
  });
}

/** What calls read of the control document. */
export function snapshotOf(changes: Partial<ControlDocument> = {}, known = true): ControlSnapshot {
  return { known, version: known ? 4 : 0, document: { ...emptyDocument('v1'), ...changes } };
}
