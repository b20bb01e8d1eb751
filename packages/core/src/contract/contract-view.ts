import type { Problem } from '../errors/index.ts';
import type { ContractView, Schema } from '../spec/index.ts';
import { introspectObject } from './introspect.ts';
import { problemsOf } from './validate.ts';

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
  return {
    name: contract.name,
    input: input?.fields,
    output: introspectObject(contract.output, 'output')?.fields,
    inputOpen: input?.open ?? true,
    checkOutput: (value) => checkOutput(contract, value),
  };
}

function checkOutput(contract: ContractSchemas, value: unknown): readonly Problem[] {
  let result;
  try {
    result = contract.output['~standard'].validate(value);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'something that is no Error';
    return [{ path: '', message: `the output schema of ${contract.name} threw: ${message}` }];
  }
  if (result instanceof Promise) {
    // Nobody waits for it: its rejection must not become an unhandled one.
    result.catch(() => undefined);
    // It is checked at each call: a definition cannot wait.
    return [];
  }
  return problemsOf(result.issues ?? []);
}
