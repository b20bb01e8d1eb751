import { contractView, type ContractSchemas } from '../../contract/contract-view.ts';
import { validator } from '../../contract/validate.ts';
import { callback, type Kinds, problemsError, problemsUnder, readOptions, withMethods } from '../../errors/index.ts';
import type { Profile } from './profile.ts';
import { PROFILE_KINDS, ProfileBuilder, type ProfileOptions } from './profile-builder.ts';

/** A row of the data that a profile is made of. */
export interface ProfileRow {
  readonly input: unknown;
  /** What the model answered. Rows without it make a profile of the inputs alone. */
  readonly output?: unknown;
}

/** Options of {@link profileFromRows}. */
export interface ProfileFromRowsOptions extends ProfileOptions {
  /** Called after every 1,000 rows. */
  readonly onProgress?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

const KINDS: Kinds<ProfileFromRowsOptions> = {
  ...PROFILE_KINDS,
  onProgress: callback,
  signal: withMethods('addEventListener', 'throwIfAborted'),
};

const PROGRESS_ROWS = 1000;

/**
 * The profile of a sample of rows, such as the data that a model was validated with, in one pass and constant memory. Each row is
 * checked by the contract's schemas, and what comes out of them is profiled: what monitors will see.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a row that breaks the contract, with its number; `CONFIGURATION_INVALID` without
 * a row, for a contract whose fields cannot be read, and for options that cannot be
 */
export async function profileFromRows(
  rows: Iterable<ProfileRow> | AsyncIterable<ProfileRow>,
  contract: ContractSchemas,
  options: ProfileFromRowsOptions = {},
): Promise<Profile> {
  const { onProgress, signal, ...profile } = readOptions<ProfileFromRowsOptions, {}>('profileFromRows', options, KINDS, {});
  const { input, output } = contractView(contract);
  if (input === undefined && output === undefined) {
    const message = 'expected a zod object: of this schema no field can be read';
    throw problemsError('CONFIGURATION_INVALID', `The profile of ${contract.name}`, [{ path: 'contract.input', message }]);
  }
  const builder = new ProfileBuilder({ contract: contract.name, input: input ?? [], output: output ?? [] }, profile);
  const checkInput = checked(contract, 'input');
  const checkOutput = checked(contract, 'output');
  for await (const row of rows) {
    const number = builder.count;
    const given = await checkInput(row.input, number);
    builder.add(given, row.output === undefined ? undefined : await checkOutput(row.output, number));
    if (builder.count % PROGRESS_ROWS > 0) continue;
    signal?.throwIfAborted();
    onProgress?.(builder.count);
  }
  return builder.build();
}

function checked(contract: ContractSchemas, side: 'input' | 'output'): (value: unknown, row: number) => Promise<unknown> {
  const validate = validator(contract[side]);
  return async (value, row) => {
    const verdict = await validate(value);
    if (verdict.problems === undefined) return verdict.value;
    const problems = problemsUnder(`rows[${row}].${side}`, verdict.problems);
    throw problemsError('INPUT_INVALID', `The rows for the profile of ${contract.name}`, problems, verdict.cause, verdict.more);
  };
}
