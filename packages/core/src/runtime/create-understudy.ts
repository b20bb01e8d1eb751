import type { DefineModel } from './define-model.ts';
import { ManagedUnderstudy, type Understudy } from './understudy.ts';
import type { UnderstudyOptions } from './understudy-options.ts';

/**
 * What a platform team shares between models. Does no I/O, starts no timer and draws no randomness; touches no process signal.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path
 */
export function createUnderstudy(options: UnderstudyOptions = {}): Understudy {
  return new ManagedUnderstudy(options);
}

let defaultRuntime: ManagedUnderstudy | undefined;

/** {@link DefineModel} in a default runtime: a store in memory, no sinks, no policies; it never writes to the console. */
export const defineModel: DefineModel = (contract, options) => {
  defaultRuntime ??= new ManagedUnderstudy({});
  return defaultRuntime.defineModel(contract, options);
};
