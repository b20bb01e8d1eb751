import type { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { isObject } from './is-object.ts';

/** How units are hashed, and what moves them by it. */
export function checkHash({ hash = 'understudy', split, rollout }: AnyOptions, problems: Problems): void {
  if (hash === 'understudy') return;
  const fits =
    isObject(hash) &&
    ((hash.kind === 'growthbook' && typeof hash.seed === 'string') ||
      (hash.kind === 'unleash' && typeof hash.groupId === 'string'));
  problems.expect(fits, 'options.hash', "expected 'understudy', { kind: 'growthbook', seed } or { kind: 'unleash', groupId }");
  problems.expect(
    split === undefined || rollout === undefined,
    'options.hash',
    'a split and a rollout need two independent hashes, and another system has but one: leave out the split, the rollout, or the hash',
  );
}
