import type { DecisionEvent } from '@understudy/core';
import type { ReplayRow } from '@understudy/core/replay';

const NO_UNIT = '0000000000';

/**
 * What a decision event says of a decision. It holds the fields that `redact` allows, and no others: a model that reads more of its input
 * refuses the row.
 */
export function decisionRow(event: DecisionEvent): ReplayRow {
  const { id, input, output, unitHash, servedBy, version, tier, probability, usage } = event;
  return {
    id,
    input: nested(input),
    ...(output === undefined ? {} : { output: nested(output) }),
    ...(unitHash === NO_UNIT ? {} : { unit: unitHash }),
    servedBy,
    version,
    ...(tier === 'none' ? {} : { tier }),
    ...(probability > 0 && probability <= 1 ? { probability } : {}),
    ...(typeof usage?.costMicroUsd === 'number' ? { costMicroUsd: usage.costMicroUsd } : {}),
  };
}

/** Allowed fields have their paths as names: `address.city` is the field of an object. */
function nested(content: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> | undefined {
  if (content === undefined) return undefined;
  const all: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(content)) {
    const names = path.split('.');
    const last = names.pop() ?? path;
    let place = all;
    for (const name of names) {
      const known = Object.hasOwn(place, name) ? place[name] : undefined;
      const inner: Record<string, unknown> = typeof known === 'object' && known !== null ? { ...known } : {};
      define(place, name, inner);
      place = inner;
    }
    define(place, last, value);
  }
  return all;
}

/** A name such as `__proto__` is a field like others. */
function define(place: object, name: string, value: unknown): void {
  Object.defineProperty(place, name, { value, enumerable: true, writable: true, configurable: true });
}
