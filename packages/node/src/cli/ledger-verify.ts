import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { verifyProof } from '../ledger/prove.ts';
import { type LedgerAnswer, type LedgerVerification, verifyLedger } from '../ledger/verify-ledger.ts';
import { UsageError } from './command.ts';
import { bytesOf, onePath, subjectKeysOf } from './ledger-arguments.ts';
import { readJson } from './read-json.ts';
import { pathError } from '../text-file.ts';

/** `understudy ledger verify`: a directory, or a proof in a file. */
export async function ledgerVerify(args: readonly string[]): Promise<0 | 1> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      checkpoint: { type: 'string', multiple: true, default: [] },
      'max-age': { type: 'string', default: '1440' },
      archive: { type: 'boolean', default: false },
      'subject-keys': { type: 'string' },
      'master-key': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const path = onePath('verify', 'directory or proof', positionals);
  const { key: keys } = values;
  if (keys.length === 0) throw new UsageError('Expected --key VKEY, a verifier key that you trust.');
  const minutes = Number(values['max-age']);
  if (values['max-age'].trim() === '' || !(minutes > 0))
    throw new UsageError(`Expected minutes after --max-age, got ${JSON.stringify(values['max-age'])}.`);
  const found = await stat(path).catch((cause: unknown) => {
    throw pathError(path, 'read', cause);
  });
  if (found.isFile()) return proofVerdict(await readJson(path), keys, values.json);
  const subjectKeys = await subjectKeysOf(values['subject-keys'], values['master-key']);
  const outside = await Promise.all(values.checkpoint.map(async (file) => (await bytesOf(file)).toString('utf8')));
  const result = await verifyLedger({
    directory: path,
    keys,
    checkpoints: outside,
    maxAgeMs: values.archive ? Infinity : minutes * 60_000,
    ...(subjectKeys === undefined ? {} : { subjectKeys }),
  });
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : described(result));
  return result.ok ? 0 : 1;
}

function proofVerdict(proof: unknown, keys: readonly string[], json: boolean): 0 | 1 {
  const result = verifyProof(proof, { keys });
  const { ok, problem, record, origin = '', checkpointAt = 0 } = result;
  const text = ok
    ? `Proven: record ${record?.seq} is in the ledger ${origin}, by its checkpoint of ${new Date(checkpointAt).toISOString()}.\n`
    : `Not proven. ${problem}\n`;
  process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : text);
  return ok ? 0 : 1;
}

function described({
  origin,
  size,
  records,
  signedSize,
  integrity,
  completeness,
  freshness,
  moreFindings,
}: LedgerVerification): string {
  const at = freshness.checkpointAt;
  return [
    `ledger        ${origin ?? 'without a checkpoint of a trusted key'}`,
    `records       ${size}, ${records} with their body`,
    `signed        the first ${signedSize}${at === undefined ? '' : `, last at ${new Date(at).toISOString()}`}`,
    ...answerLines('integrity', integrity),
    ...answerLines('completeness', completeness),
    ...answerLines('freshness', freshness),
    ...(moreFindings > 0 ? [`and ${moreFindings} findings more`] : []),
    '',
  ].join('\n');
}

const answerLines = (name: string, { ok, findings }: LedgerAnswer): readonly string[] => [
  `${name.padEnd(14)}${ok ? 'ok' : 'not ok'}`,
  ...findings.map(({ kind, isFault, message }) => `  ${isFault ? '' : 'note: '}${kind}: ${message}`),
];
