import { resolve } from 'node:path';
import { UnderstudyError } from '@understudy/core';
import { countOr0, kind, list, readOptions, required, text } from '@understudy/core/authoring';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { parseVerifier } from './ledger-key.ts';
import { inclusionRanges, leafHash, rootsOf, verifyInclusion } from './merkle.ts';
import { type LedgerRecord, parseRecord } from './record.ts';
import { readCheckpoints } from './recover.ts';
import { ledgerPath, leavesOf, listSegments, readIfThere, type Segment, wholeLines } from './segments.ts';
import { parseNote, verdictOf } from './signed-note.ts';
import { noLedger } from './verify-ledger.ts';

export interface ProveRecordOptions {
  readonly directory: string;
  /** The id of an event. Without it, `seq` says which record. */
  readonly id?: string;
  /** The place of a record. */
  readonly seq?: number;
}

/**
 * Shows that a record is in a ledger, to somebody who has its verifier key alone. The leaf is SHA-256(0x00 ‖ `record` as UTF-8), and
 * `path` leads from it to the root in `checkpoint` by RFC 9162 section 2.1.3.2.
 */
export interface LedgerProof {
  readonly format: 'understudy-ledger-proof';
  readonly v: 1;
  /** The line of the record, as it is in the ledger. */
  readonly record: string;
  /** The place of the record. */
  readonly index: number;
  /** Hashes of RFC 6962 from the leaf up, in base64. */
  readonly path: readonly string[];
  /** The signed note of a checkpoint that covers the record. */
  readonly checkpoint: string;
}

export interface ProofVerification {
  readonly ok: boolean;
  /** Why it is no proof; empty where it is one. */
  readonly problem: string;
  /** The record that is proven. */
  readonly record?: LedgerRecord;
  /** Which ledger it is in, and when the checkpoint was made, in milliseconds since the Unix epoch. */
  readonly origin?: string;
  readonly checkpointAt?: number;
}

/**
 * Makes the proof that a record is in a ledger, by the first checkpoint that covers it. It reads leaf hashes, and trusts them: what
 * comes out is a proof only if {@link verifyProof} says so.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` where there is no such record, its body was pruned, or no checkpoint covers it yet
 */
export async function proveRecord(options: ProveRecordOptions): Promise<LedgerProof> {
  const { id, seq, ...rest } = readOptions<ProveRecordOptions, {}>('proveRecord', options, PROVE_KINDS, {}, (settings) => [
    [settings.id !== undefined || settings.seq !== undefined, 'id', 'an id, or the seq of a record'],
  ]);
  const directory = resolve(rest.directory);
  const segments = await listSegments(directory);
  if (segments.length === 0) throw noLedger(directory);
  const found = await findRecord(directory, segments, (record) => (seq === undefined ? idOf(record) === id : record.seq === seq));
  const which = seq === undefined ? `event ${id ?? ''}` : `record ${seq}`;
  if (found === undefined) throw notProven(directory, `it has no body of ${which}`);
  const { index, line } = found;
  const covering = (await readCheckpoints(directory)).map((note) => ({ note, checkpoint: checkpointOf(note) }));
  const first = covering.find(({ checkpoint }) => checkpoint !== undefined && checkpoint.size > index);
  if (first?.checkpoint === undefined) throw notProven(directory, `no checkpoint covers ${which} yet`);
  const ranges = inclusionRanges(index, first.checkpoint.size);
  const path = await rootsOf(ranges, storedLeaves(directory, segments, first.checkpoint.size));
  return {
    format: 'understudy-ledger-proof',
    v: 1,
    record: line.toString('utf8'),
    index,
    path: path.map((hash) => hash.toString('base64')),
    checkpoint: first.note,
  };
}

/**
 * Whether a proof shows that its record is in the ledger of one of these keys. It needs nothing else, and no file.
 *
 * @param proof as {@link proveRecord} made it, or as it was parsed from JSON
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a verifier key that is none
 */
export function verifyProof(proof: unknown, options: { readonly keys: readonly string[] }): ProofVerification {
  const { keys } = readOptions<{ readonly keys: readonly string[] }, {}>('verifyProof', options, VERIFY_KINDS, {});
  const verifiers = keys.map((key, index) => parseVerifier(`verifyProof.keys[${index}]`, key));
  if (!isProof(proof)) return { ok: false, problem: 'It is no proof of this format.' };
  const note = parseNote(proof.checkpoint);
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text);
  if (note === undefined || checkpoint === undefined) return { ok: false, problem: 'Its checkpoint cannot be read.' };
  const verdict = verdictOf(note, verifiers);
  if (verdict.verdict !== 'good' || verdict.key.name !== checkpoint.origin)
    return { ok: false, problem: `Its checkpoint is not signed by a trusted key (${verdict.verdict}).` };
  const path = proof.path.map((hash) => Buffer.from(hash, 'base64'));
  const bytes = Buffer.from(proof.record);
  if (!verifyInclusion(proof.index, checkpoint.size, leafHash(bytes), path, checkpoint.root))
    return { ok: false, problem: 'Its path does not lead from the record to the root that was signed.' };
  const record = parseRecord(bytes);
  if (record?.seq !== proof.index) return { ok: false, problem: 'Its record is of another place.' };
  return { ok: true, problem: '', record, origin: checkpoint.origin, checkpointAt: checkpoint.at };
}

function isProof(value: unknown): value is LedgerProof {
  if (typeof value !== 'object' || value === null) return false;
  const { format, v, record, index, path, checkpoint } = value as Partial<Record<keyof LedgerProof, unknown>>;
  const isText = [record, checkpoint].every((part) => typeof part === 'string');
  const isPath = Array.isArray(path) && path.every((hash) => typeof hash === 'string');
  return format === 'understudy-ledger-proof' && v === 1 && isText && Number.isSafeInteger(index) && isPath;
}

const checkpointOf = (text: string): Checkpoint | undefined => {
  const note = parseNote(text);
  return note === undefined ? undefined : parseCheckpoint(note.text);
};

const idOf = (record: LedgerRecord): unknown => (record.kind === 'event' ? record.event['id'] : undefined);

async function findRecord(
  directory: string,
  segments: readonly Segment[],
  isIt: (record: LedgerRecord) => boolean,
): Promise<{ readonly index: number; readonly line: Buffer } | undefined> {
  for (const { start } of segments) {
    const body = (await readIfThere(ledgerPath.body(directory, start))) ?? Buffer.alloc(0);
    for (const [offset, line] of wholeLines(body).lines.entries()) {
      const record = parseRecord(line);
      if (record !== undefined && isIt(record)) return { index: start + offset, line };
    }
  }
  return undefined;
}

async function* storedLeaves(directory: string, segments: readonly Segment[], size: number): AsyncGenerator<Buffer> {
  let place = 0;
  for (const { start } of segments) {
    const leaves = leavesOf((await readIfThere(ledgerPath.leaves(directory, start))) ?? Buffer.alloc(0));
    if (start !== place) throw notProven(directory, `leaf hashes from ${place} on are missing`);
    for (const leaf of leaves) {
      if (place++ === size) return;
      yield leaf;
    }
  }
  if (place < size) throw notProven(directory, `leaf hashes from ${place} on are missing`);
}

function notProven(directory: string, why: string): UnderstudyError {
  return new UnderstudyError('CONFIGURATION_INVALID', `${directory}: nothing can be proven: ${why}.`, {
    details: { path: directory },
  });
}

const PROVE_KINDS = { directory: required(text), id: text, seq: countOr0 };
const VERIFY_KINDS = {
  keys: required(
    list(
      kind((key) => typeof key === 'string', 'a verifier key'),
      1,
    ),
  ),
};
