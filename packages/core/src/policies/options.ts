import { optionProblems, problemsError } from '../errors/index.ts';

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isOver0 = (value: unknown): value is number => typeof value === 'number' && value > 0;

/** The kinds of options: what fits them, and how that is told. */
const KINDS = {
  count: [isCount, 'a whole number over 0'],
  'count or 0': [(value: unknown) => value === 0 || isCount(value), 'a whole number of at least 0'],
  ms: [isOver0, 'milliseconds over 0'],
  'ms or 0': [(value: unknown) => value === 0 || (isOver0(value) && value < Infinity), 'milliseconds of at least 0'],
  share: [(value: unknown) => isOver0(value) && value <= 1, 'a fraction over 0, at most 1'],
  steps: [
    (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isCount),
    'whole numbers over 0, such as [1, 3, 10]',
  ],
  name: [(value: unknown) => typeof value === 'string' && value !== '', 'a name that is not empty'],
} as const;

type Kind = keyof typeof KINDS;
type ValueOf<K extends Kind> = K extends 'steps' ? readonly number[] : K extends 'name' ? string : number;
/** What is known of each option: its kind and its default; without one it may be left out. */
type OptionTable = Readonly<Record<string, readonly [kind: Kind, standard?: unknown]>>;
type SettingsOf<T extends OptionTable> = {
  readonly [K in keyof T]: ValueOf<T[K][0]> | (T[K] extends readonly [Kind, {}] ? never : undefined);
};

/**
 * The options of a policy with its defaults, checked all at once.
 *
 * @param relations what must hold between options: whether it does, which option to mend, and what was expected of it
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function readOptions<const T extends OptionTable>(
  policy: string,
  options: { readonly [K in keyof T]?: unknown },
  table: T,
  relations: (settings: SettingsOf<T>) => readonly (readonly [holds: boolean, name: string, expected: string])[] = () => [],
): SettingsOf<T> {
  const settings: Record<string, unknown> = {};
  const checks = Object.entries(table).map(([name, [kind, standard]]) => {
    const { [name]: value = standard } = options;
    settings[name] = value;
    const [fits, expected] = KINDS[kind];
    return [value === undefined || fits(value), name, expected] as const;
  });
  const problems = optionProblems(
    ...[...checks, ...relations(settings as SettingsOf<T>)].map(
      ([holds, name, expected]) => [holds, `${policy}.${name}`, expected, settings[name]] as const,
    ),
  );
  if (problems.length > 0) throw problemsError('CONFIGURATION_INVALID', `The policy ${policy}()`, problems);
  return settings as SettingsOf<T>;
}
