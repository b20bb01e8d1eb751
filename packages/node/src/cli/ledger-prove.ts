import { parseArgs } from 'node:util';
import { proveRecord } from '../ledger/prove.ts';
import { UsageError } from './command.ts';
import { onePath } from './ledger-arguments.ts';
import { writeText } from '../text-file.ts';

const OPTIONS = new Set(['--id', '--seq', '--out', '-o']);

/** An id of somebody else's may begin with `-`, which would be taken for an option. */
function withId(args: readonly string[]): string[] {
  const at = args.indexOf('--id');
  const id = args[at + 1];
  if (at < 0 || id === undefined || OPTIONS.has(id)) return [...args];
  return [...args.slice(0, at), `--id=${id}`, ...args.slice(at + 2)];
}

/** `understudy ledger prove` */
export async function ledgerProve(args: readonly string[]): Promise<0> {
  const { values, positionals } = parseArgs({
    args: withId(args),
    allowPositionals: true,
    options: { id: { type: 'string' }, seq: { type: 'string' }, out: { type: 'string', short: 'o' } },
  });
  const directory = onePath('prove', 'directory', positionals);
  const { id, seq } = values;
  if ((id === undefined) === (seq === undefined)) throw new UsageError('Expected --id EVENT or --seq N.');
  if (seq !== undefined && !/^\d{1,15}$/.test(seq))
    throw new UsageError(`Expected a number after --seq, got ${JSON.stringify(seq)}.`);
  const proof = await proveRecord({
    directory,
    ...(id === undefined ? {} : { id }),
    ...(seq === undefined ? {} : { seq: Number(seq) }),
  });
  await writeText(`${JSON.stringify(proof, undefined, 2)}\n`, values.out);
  return 0;
}
