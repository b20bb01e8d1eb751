import { checkOptions, isRecord, ownValue, type Problems, problemsUnder } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import type { ShadowOptions } from '../model-options.ts';
import type { Known } from './check-variants.ts';
import { SHADOW } from './definition-kinds.ts';

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
    for (const problem of problemsUnder(path, found)) problems.add(problem.path, problem.message);
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
