import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@understudy/core/authoring';
import { parseSigner } from '../ledger/ledger-key.ts';
import { LedgerWriter } from '../ledger/ledger-writer.ts';
import { originOf } from '../ledger/recover.ts';
import { noLedger } from '../ledger/verify-ledger.ts';
import { UsageError } from './command.ts';
import { bytesOf, needed, onePath, subjectKeysOf } from './ledger-arguments.ts';

/** `understudy ledger erase`. Without the private key no checkpoint is signed: the next writer does it. */
export async function ledgerErase(args: readonly string[]): Promise<0 | 1> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      subject: { type: 'string' },
      keys: { type: 'string' },
      by: { type: 'string' },
      reason: { type: 'string' },
      'signing-key': { type: 'string' },
      'master-key': { type: 'string' },
    },
  });
  const directory = resolve(onePath('erase', 'directory', positionals));
  const [subject, by, reason] = [needed('subject', values.subject), needed('by', values.by), needed('reason', values.reason)];
  const keys = await subjectKeysOf(needed('keys', values.keys), values['master-key']);
  if (keys === undefined) throw new UsageError('Expected --keys FILE.');
  const origin = await originOf(directory);
  if (origin === undefined) throw noLedger(directory);
  const file = values['signing-key'];
  const signer = file === undefined ? undefined : parseSigner(file, (await bytesOf(file)).toString('utf8').trim());
  const writer = new LedgerWriter({
    directory,
    origin,
    signer,
    checkpointRecords: Infinity,
    checkpointMs: Infinity,
    // The segment is for the writer of the ledger to end.
    segmentBytes: Infinity,
    segmentMs: Infinity,
    retainMs: Infinity,
    fileMode: 0o600,
    anchor: undefined,
    personal: { fields: [], subject: () => undefined, keys },
    clock: systemClock,
  });
  try {
    if (await writer.erase(subject, { by, reason })) {
      process.stdout.write('Erased: the key of the subject is destroyed, and the ledger tells of it.\n');
      return 0;
    }
    process.stderr.write('Nothing to erase: the subject has no key.\n');
    return 1;
  } finally {
    await writer.close();
  }
}
