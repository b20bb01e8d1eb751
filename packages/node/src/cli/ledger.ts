import { didYouMean } from '@understudy/core/authoring';
import { type Command, UsageError } from './command.ts';
import { ledgerErase } from './ledger-erase.ts';
import { ledgerExport } from './ledger-export.ts';
import { ledgerProve } from './ledger-prove.ts';
import { ledgerVerify } from './ledger-verify.ts';

const HELP = `Usage: understudy ledger verify <directory or proof> --key VKEY [options]
       understudy ledger prove <directory> --id EVENT [options]
       understudy ledger export <directory> [options]
       understudy ledger erase <directory> --subject S --keys FILE --by WHO --reason TEXT [options]

Looks after a ledger, as ledger() of @understudy/node/ledger writes it.

verify: whether it is unchanged, whole and of now. Exit code 1 where anything speaks against it. A proof is a file that prove has made.
  --key VKEY          A verifier key that is trusted; may be given again
  --checkpoint FILE   Checkpoints that were kept outside; may be given again
  --max-age MINUTES   The newest checkpoint may be so old (default 1440)
  --archive           The newest checkpoint may be of any age
  --subject-keys FILE What is sealed is opened and compared with its commitment
  --json              JSON instead of text

prove: makes a proof that an event is in the ledger, for somebody who has its verifier key alone.
  --id EVENT          The id of the event
  --seq N             The place of the record, instead of the id
  -o, --out FILE      Where it is written (default: standard output)

export: writes the records as NDJSON.
  --from TIME, --to TIME   Records that were appended then, such as 2026-01-31T12:00:00Z; without --to itself
  --model NAME, --type T   Events of this model, of this type, alone
  --subject-keys FILE      Sealed fields are put back, where their key is there
  -o, --out FILE           Where they are written (default: standard output)

erase: destroys the key of a subject, and appends two records that tell of it. The ledger must not be open elsewhere.
  --subject S         The subject
  --keys FILE         The keys of subjects
  --by WHO            Who asks for it: kept in the ledger
  --reason TEXT       Why: kept in the ledger
  --signing-key FILE  The private key: a checkpoint is signed at once (default: when the ledger is opened next)

  --master-key FILE   What the keys of subjects are wrapped with: 32 bytes, or their base64
  -h, --help          Show this help
`;

const ACTIONS: Readonly<Record<string, Command['run']>> = {
  verify: ledgerVerify,
  prove: ledgerProve,
  export: ledgerExport,
  erase: ledgerErase,
};

export const ledger: Command = {
  summary: 'Verifies, proves, exports and erases in a ledger',
  help: HELP,
  run([name, ...rest]) {
    const action = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action !== undefined) return action(rest);
    const known = Object.keys(ACTIONS);
    if (name === undefined) throw new UsageError(`Expected one of ${known.join(', ')} after ledger.`);
    throw new UsageError(`There is no command ledger ${name}${didYouMean(name, known)}.`);
  },
};
