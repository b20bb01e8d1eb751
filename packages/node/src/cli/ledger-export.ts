import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { exportLedger, type ExportLedgerOptions } from '../ledger/export-ledger.ts';
import { onePath, subjectKeysOf, timeOf } from './ledger-arguments.ts';
import { pathError } from '../text-file.ts';

/** `understudy ledger export` */
export async function ledgerExport(args: readonly string[]): Promise<0> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      model: { type: 'string' },
      type: { type: 'string' },
      'subject-keys': { type: 'string' },
      'master-key': { type: 'string' },
      out: { type: 'string', short: 'o' },
    },
  });
  const directory = onePath('export', 'directory', positionals);
  const { model, type, out } = values;
  const [from, to] = [timeOf('from', values.from), timeOf('to', values.to)];
  const subjectKeys = await subjectKeysOf(values['subject-keys'], values['master-key']);
  const options: ExportLedgerOptions = {
    directory,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(model === undefined ? {} : { model }),
    ...(type === undefined ? {} : { type }),
    ...(subjectKeys === undefined ? {} : { subjectKeys }),
  };
  if (out === undefined) {
    for await (const line of linesOf(options)) await written(line);
    return 0;
  }
  const file = createWriteStream(out);
  let failure: unknown;
  file.on('error', (error) => (failure = error));
  await pipeline(Readable.from(linesOf(options)), file).catch((error: unknown) => {
    throw failure === undefined ? error : pathError(out, 'written', failure);
  });
  return 0;
}

async function* linesOf(options: ExportLedgerOptions): AsyncGenerator<string> {
  for await (const record of exportLedger(options)) yield `${JSON.stringify(record)}\n`;
}

/** Waits where a pipe is full. */
async function written(line: string): Promise<void> {
  if (process.stdout.write(line)) return;
  await new Promise((drained) => process.stdout.once('drain', drained));
}
