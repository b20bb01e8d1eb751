import type { ContractView, Schema } from '../types/index.ts';
import { introspectObject } from './introspect.ts';
import { checkNow, validator } from './validate.ts';

/** The part of a contract that is schemas. */
export interface ContractSchemas<I extends Schema = Schema, O extends Schema = Schema> {
  readonly name: string;
  readonly input: I;
  readonly output: O;
}

/**
 * What can be read of a contract. Both views show what comes out of the schemas, after defaults and transforms: that is what
 * predictors, tiers and monitors are given.
 */
export function contractView(contract: ContractSchemas): ContractView {
  const input = introspectObject(contract.input, 'output');
  const validate = validator(contract.output);
  return {
    name: contract.name,
    input: input?.fields,
    output: introspectObject(contract.output, 'output')?.fields,
    inputOpen: input?.open ?? true,
    // An asynchronous schema is asked at each call: a definition cannot wait.
    checkOutput: (value) => checkNow(validate, value)?.problems ?? [],
  };
}
