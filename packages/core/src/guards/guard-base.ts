import { checkOptions, kind, type Kinds, list, oneOf, type Relation, text } from '../errors/index.ts';
import type { GuardOptions, GuardPart, ModelGuard } from './guard.ts';
import { guardRunner } from './guard-runner.ts';

/** What all guards take. */
const COMMON: Kinds<GuardOptions> = {
  name: text,
  fields: list(
    kind(
      (field) => typeof field === 'string' && /^[^.]+(\.[^.]+)*$/.test(field),
      "the name of a field, such as 'messages.content'",
    ),
    1,
  ),
  onError: oneOf('block', 'pass'),
};

/** All that a text guard may do with what it finds. */
export const ACTIONS = oneOf('block', 'redact', 'fall-back');
/** What a guard may do that finds no part of a text that could be replaced. */
export const WHOLE_ACTIONS = oneOf('block', 'fall-back');

/**
 * A guard of some kind. Nothing is thrown: what is wrong is told when the model is defined.
 *
 * @param part how it works, asked only where the options fit
 */
export function guardOf<T extends GuardOptions & { readonly action?: ModelGuard['action'] }>(
  guardKind: string,
  given: T | undefined,
  kinds: Kinds<Omit<T, keyof GuardOptions>>,
  action: ModelGuard['action'],
  part: (settings: T) => GuardPart,
  relations: (settings: T) => readonly Relation[] = () => [],
): Omit<ModelGuard, '~reads'> {
  const all = { ...COMMON, ...kinds } as Kinds<T>;
  const { settings, problems } = checkOptions<T, {}>(given, all, {}, relations);
  const isSound = problems.length === 0;
  return {
    name: typeof settings.name === 'string' && settings.name !== '' ? settings.name : guardKind,
    action: isSound ? (settings.action ?? action) : action,
    onError: settings.onError === 'pass' ? 'pass' : 'block',
    fields: isSound ? settings.fields : undefined,
    problems,
    '~part': isSound ? part(settings) : NO_PART,
    '~runner': guardRunner,
  };
}

const NO_PART: GuardPart = { of: 'texts', check: () => [] };
