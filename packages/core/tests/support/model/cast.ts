import { emptyDocument, type ControlDocument, type ControlSnapshot } from '../../../src/control/index.ts';
import type { PolicyChange } from '../../../src/spec/index.ts';
import type { BucketRange } from '../../../src/routing/index.ts';
import type { AnyOptions } from '../../../src/model/any-definition.ts';
import { Cast } from '../../../src/model/cast.ts';
import type { Host } from '../../../src/model/host.ts';
import { hostOf } from './host.ts';

/** Variants v1, v2 and v3, of which the first is the champion. */
export const OPTIONS: AnyOptions = {
  variants: {
    v1: { predictor: () => 1, version: '1' },
    v2: { predictor: () => 2, version: '2' },
    v3: { predictor: () => 3, version: '3' },
  },
  champion: 'v1',
};

export function castOf(
  options: Partial<AnyOptions> = {},
  ranges: readonly BucketRange[] = [],
  host: Host = hostOf().host,
  changed: (variant: string, change: PolicyChange) => void = () => undefined,
): Cast {
  // What ids carry, in the open.
  const exposureOf = (...facts: readonly unknown[]) => ({ text: facts.join(' '), sum: 0 });
  return new Cast('m', { ...OPTIONS, ...options }, ranges, host, exposureOf, { changed, failed: () => undefined });
}

/** What calls read of the control document. */
export function snapshotOf(changes: Partial<ControlDocument> = {}, known = true): ControlSnapshot {
  return { known, version: known ? 4 : 0, document: { ...emptyDocument('v1'), ...changes } };
}
