import { problemsError, readOptions, text } from '../errors/index.ts';
import type { Tier, TierAnswer } from '../types/index.ts';
import { fixedOutput } from './fixed-output.ts';

export interface AlwaysOptions {
  /** @defaultValue 'always' */
  readonly name?: string;
  /** @defaultValue '1' */
  readonly version?: string;
}

const ALWAYS = { name: text, version: text };

/**
 * A fallback tier that cannot fail: one fixed output, whatever happened. The output is copied and frozen, so that no caller
 * can change what the next one gets, and checked against the output contract when the model is defined.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for an output that cannot be copied, and for one that the contract refuses.
 */
export function always<O>(output: NoInfer<O>, options: AlwaysOptions = {}): Tier<unknown, O> {
  const { name, version } = readOptions('always', options, ALWAYS, { name: 'always', version: '1' });
  const fixed = fixedOutput(output);
  if (fixed.trouble !== undefined) {
    const message = `cannot be kept: ${fixed.trouble}; give plain data`;
    throw problemsError('CONFIGURATION_INVALID', `always ${name}`, [{ path: 'output', message }]);
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
