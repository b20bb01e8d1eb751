import { ownValue, type Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkNumber } from './check-number.ts';
import { isObject } from './is-object.ts';
import type { Known } from './known.ts';

/** The limits of shadows, and that their variants may be called a second time. */
export function checkShadow(options: AnyOptions, known: Known, problems: Problems): void {
  for (const [name, shadow] of Object.entries(options.shadow ?? {})) {
    const path = `options.shadow.${name}`;
    if (!known(name, path) || shadow === undefined) continue;
    if (!problems.expect(isObject(shadow), path, 'expected options, such as { sampleRate: 0.2 }')) continue;
    const { sampleRate = 1 } = shadow;
    problems.expect(
      sampleRate >= 0 && sampleRate <= 1,
      `${path}.sampleRate`,
      `expected a fraction 0–1, got ${String(sampleRate)}`,
    );
    for (const key of ['concurrency', 'maxQueue', 'timeoutMs', 'maxPerMinute'] as const)
      checkNumber(shadow[key], `${path}.${key}`, problems);
    const effects = ownValue(options.variants, name)?.effects ?? 'none';
    problems.expect(
      effects !== 'once',
      path,
      `${name} has effects 'once': a shadow would have them a second time. It can never be shadowed`,
    );
    problems.expect(
      effects !== 'idempotent' || shadow.allowEffects === true,
      `${path}.allowEffects`,
      `${name} has effects 'idempotent': say allowEffects: true if a shadow may have them too`,
    );
  }
}
