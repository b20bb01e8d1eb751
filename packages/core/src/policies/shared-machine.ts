import { UnderstudyError } from '../errors/index.ts';
import type { PolicyDependencies } from '../types/index.ts';

interface Shared<M> {
  readonly machine: M;
  readonly settings: string;
  sharers: number;
}

/**
 * The state of a policy: one for all variants of a runtime that name it, else one for each variant, or one for each model. It is closed
 * with the last that uses it.
 *
 * @param share its name; `undefined` for none
 * @param scope whose it is without a name
 * @param settings those that share it must all have the same
 * @param create makes it, for a fleet under this key
 * @throws UnderstudyError `CONFIGURATION_INVALID` where it is shared already with other settings
 */
export function sharedMachine<M extends { close(): void }>(
  kind: string,
  share: string | undefined,
  scope: 'variant' | 'model',
  settings: object,
  { name, shared, onClose }: PolicyDependencies,
  create: (key: string) => M,
): M {
  if (share === undefined && scope === 'variant') {
    const machine = create(`${kind}/${name}`);
    onClose(() => machine.close());
    return machine;
  }
  const text = JSON.stringify(settings, (_, value: unknown) => (typeof value === 'function' ? String(value) : value));
  const key = share === undefined ? `${kind}/${name}` : `${kind}/shared/${share}`;
  const none = (): { current: Shared<M> | undefined } => ({ current: undefined });
  const box = share === undefined ? shared('model', `${kind}/${text}`, none) : shared('runtime', key, none);
  // Those that have all been closed are followed by a new one.
  const found = (box.current ??= { machine: create(key), settings: text, sharers: 0 });
  if (found.settings !== text)
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      `${kind} "${share}" is shared already, with other options: ${name} must say the same ones.`,
      { details: { problems: [{ path: `${kind}.share`, message: `expected the options that "${share}" has already` }] } },
    );
  found.sharers++;
  onClose(() => {
    found.sharers--;
    if (found.sharers > 0) return;
    found.machine.close();
    box.current = undefined;
  });
  return found.machine;
}
