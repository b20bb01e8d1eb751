import {
  checkOptions,
  kind,
  type Kinds,
  list,
  oneOf,
  type Problem,
  problemsError,
  problemsUnder,
  type Relation,
  text,
} from '../errors/index.ts';
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
 * A guard of some kind.
 *
 * @param part how it works, asked only where the options fit
 * @param more what else is wrong
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function guardOf<T extends GuardOptions & { readonly action?: ModelGuard['action'] }>(
  guardKind: string,
  given: T | undefined,
  kinds: Kinds<Omit<T, keyof GuardOptions>>,
  action: ModelGuard['action'],
  part: (settings: T) => GuardPart,
  relations: (settings: T) => readonly Relation[] = () => [],
  more: readonly Problem[] = [],
): Omit<ModelGuard, '~reads'> {
  const known = { ...COMMON, ...kinds } as Kinds<T>;
  const { settings, problems } = checkOptions<T, {}>(given, known, {}, relations);
  const all = [...more, ...problems];
  if (all.length > 0) throw problemsError('CONFIGURATION_INVALID', `${guardKind}()`, problemsUnder(guardKind, all));
  return {
    name: settings.name ?? guardKind,
    action: settings.action ?? action,
    onError: settings.onError ?? 'block',
    fields: settings.fields,
    '~part': part(settings),
    '~runner': guardRunner,
  };
}
