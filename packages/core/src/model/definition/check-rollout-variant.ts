import { ownValue, type Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';

/** What a rollout and the rest of the options ask of each other. */
export function checkRolloutVariant({ rollout, split, variants }: AnyOptions, problems: Problems): void {
  const challenger = rollout?.challenger ?? '';
  problems.expect(
    ownValue(split, challenger) === undefined,
    `options.split.${challenger}`,
    'is the challenger of the rollout, which gives it its share: leave it out of the split',
  );
  const effects = ownValue(variants, challenger)?.effects ?? 'none';
  problems.expect(
    rollout?.shadow === undefined || effects === 'none',
    'options.rollout.shadow',
    `${challenger} has effects '${effects}': a shadow would have them beside the champion's. Leave the shadow stage out`,
  );
}
