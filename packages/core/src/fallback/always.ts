import { problemsError, UnderstudyError } from '../errors/index.ts';
import type { Tier, TierAnswer } from '../spec/index.ts';
import { fixedOutput } from './fixed-output.ts';

export interface AlwaysOptions {
  /** @defaultValue 'always' */
  readonly name?: string;
  /** @defaultValue '1' */
  readonly version?: string;
}

/**
 * A fallback tier that cannot fail: one fixed output, whatever happened. The output is copied and frozen, so that no caller
 * can change what the next one gets, and checked against the output contract when the model is defined.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for an output that cannot be copied, and for one that the contract refuses.
 */
export function always<O>(output: NoInfer<O>, { name = 'always', version = '1' }: AlwaysOptions = {}): Tier<unknown, O> {
  const fixed = fixedOutput(output);
  if (fixed.trouble !== undefined) {
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      `always ${name}: the output cannot be kept: ${fixed.trouble}; give plain data`,
    );
  }
  const because = 'a fixed output';
  const answer = Object.freeze({ output: fixed.read() as O, because });
  return {
    kind: 'always',
    name,
    version,
    check(contract) {
      const problems = contract.checkOutput(fixed.read());
      if (problems.length > 0)
        throw problemsError('CONFIGURATION_INVALID', `the output of always ${name} for the model ${contract.name}`, problems);
    },
    answer: (): TierAnswer<O> => (fixed.shared ? answer : { output: fixed.read() as O, because }),
  };
}
