import type { Schema } from '../types/index.ts';
import type { Contract } from './contract.ts';
import type { ModelOptions } from './model-options.ts';
import type { AnyStreamContract } from './stream-runner.ts';

/** A contract with its types erased. */
export interface AnyContract extends Omit<Contract<Schema, Schema, Schema, string, unknown>, 'target' | 'stream'> {
  readonly stream?: AnyStreamContract;
  readonly target?: { readonly kind: 'probability' | 'label' | 'number'; readonly field: string; readonly positiveAt?: number };
}
export type AnyOptions = ModelOptions<unknown, unknown, unknown, unknown, string, unknown, string>;
