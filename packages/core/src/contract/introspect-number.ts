import type { FieldView } from '../types/index.ts';

/** What the checks of a number schema allow. */
export type NumberFacts = Pick<FieldView, 'minimum' | 'maximum'> & { readonly type: 'number' | 'integer' };

/** A check as zod 4 defines it; every property may be missing. */
export type CheckDef = Readonly<Record<string, unknown>>;

/** zod's fixed-width formats. `safeint` and `float64` are not here: they allow all that a number or integer can be. */
const FORMAT_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  float32: [-3.402_823_466_385_288_6e38, 3.402_823_466_385_288_6e38],
};

/**
 * Reads the range out of a number schema's checks, in either of the two forms that zod 4 has had: `def.checks` (all
 * versions) and the aggregated `bag` (4.0 to 4.5, and checks of third parties).
 */
export function numberFacts(checks: readonly CheckDef[], bag: CheckDef): NumberFacts {
  let integer = false;
  let minimum: FieldView['minimum'];
  let maximum: FieldView['maximum'];
  const atLeast = (value: unknown, exclusive: boolean): void => {
    if (!isBound(value)) return;
    if (minimum === undefined || value > minimum.value || (value === minimum.value && exclusive)) minimum = { value, exclusive };
  };
  const atMost = (value: unknown, exclusive: boolean): void => {
    if (!isBound(value)) return;
    if (maximum === undefined || value < maximum.value || (value === maximum.value && exclusive)) maximum = { value, exclusive };
  };
  const format = (name: unknown): void => {
    if (typeof name !== 'string') return;
    if (name.includes('int')) integer = true;
    const range = Object.hasOwn(FORMAT_RANGES, name) ? FORMAT_RANGES[name] : undefined;
    atLeast(range?.[0], false);
    atMost(range?.[1], false);
  };
  const multipleOf = (value: unknown): void => {
    if (Number.isInteger(value)) integer = true;
  };

  for (const check of checks) {
    if (check['check'] === 'greater_than') atLeast(check['value'], check['inclusive'] !== true);
    else if (check['check'] === 'less_than') atMost(check['value'], check['inclusive'] !== true);
    else if (check['check'] === 'number_format') format(check['format']);
    else if (check['check'] === 'multiple_of') multipleOf(check['value']);
  }
  atLeast(bag['minimum'], false);
  atLeast(bag['exclusiveMinimum'], true);
  atMost(bag['maximum'], false);
  atMost(bag['exclusiveMaximum'], true);
  format(bag['format']);
  multipleOf(bag['multipleOf']);
  return {
    type: integer ? 'integer' : 'number',
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

/** The ends of the number line and of the safe integers tell nothing that the type does not. */
function isBound(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false;
  return Math.abs(value) < Number.MAX_VALUE && Math.abs(value) !== Number.MAX_SAFE_INTEGER;
}
