import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { Findings } from './findings.ts';
import { parseVerifier, type Verifier } from './ledger-key.ts';
import { parseNote, verdictOf } from './signed-note.ts';

/** A checkpoint that a trusted key has signed. */
export interface TrustedCheckpoint extends Checkpoint {
  /** Whether it came from outside of the directory. */
  readonly isAnchored: boolean;
}

/**
 * Which checkpoints are signed by trusted keys. A trusted key makes the next one trusted, by its last checkpoint.
 *
 * @param notes of the directory, in the order of the file
 * @param anchored notes that were kept outside
 */
export function checkCheckpoints(
  notes: readonly string[],
  anchored: readonly string[],
  keys: readonly Verifier[],
  toleranceMs: number,
  findings: Findings,
): readonly TrustedCheckpoint[] {
  const trusted: TrustedCheckpoint[] = [];
  const known = [...keys];
  const retired = new Set<string>();
  for (const [index, note] of notes.entries()) {
    const isLast = index === notes.length - 1;
    if (isLast && !note.endsWith('\n')) {
      findings.add('torn-tail', 'checkpoints', 'The last checkpoint is torn: a crash came in between.');
      continue;
    }
    const signed = checkNote(note, `Checkpoint ${index + 1} of the directory`, known, findings);
    if (signed === undefined) continue;
    const { checkpoint, key } = signed;
    if (retired.has(key.id))
      findings.add('retired-key', key.id, `Key ${key.id} has signed after it had named another key (checkpoint ${index + 1}).`);
    const before = trusted.at(-1);
    if (before !== undefined && checkpoint.size < before.size)
      findings.add(
        'checkpoint-order',
        String(index),
        `Checkpoint ${index + 1} of the directory is older than the one before it: ${checkpoint.size} records after ${before.size}.`,
      );
    else if (before !== undefined && checkpoint.at < before.at - toleranceMs)
      findings.add(
        'clock-back',
        `checkpoint ${index}`,
        `The clock went back ${before.at - checkpoint.at} ms before checkpoint ${index + 1}.`,
      );
    trusted.push({ ...checkpoint, isAnchored: false });
    const next = checkpoint.nextKey === undefined ? undefined : nextKeyOf(checkpoint.nextKey, key.name);
    if (checkpoint.nextKey !== undefined && next === undefined)
      findings.add(
        'bad-checkpoint',
        `next ${index}`,
        `Checkpoint ${index + 1} of the directory names a key that cannot be read.`,
      );
    if (next === undefined) continue;
    retired.add(key.id);
    known.push(next);
  }
  for (const [index, note] of anchored.entries()) {
    const signed = checkNote(note, `Checkpoint ${index + 1} from outside`, known, findings);
    if (signed === undefined) continue;
    if (!notes.includes(note))
      findings.add(
        'missing-checkpoint',
        String(index),
        `Checkpoint ${index + 1} from outside (${signed.checkpoint.size} records) is not in the directory.`,
      );
    trusted.push({ ...signed.checkpoint, isAnchored: true });
  }
  return trusted;
}

function nextKeyOf(text: string, name: string): Verifier | undefined {
  try {
    const key = parseVerifier('nextKey', text);
    return key.name === name ? key : undefined;
  } catch {
    return undefined;
  }
}

function checkNote(
  note: string,
  which: string,
  keys: readonly Verifier[],
  findings: Findings,
): { readonly checkpoint: Checkpoint; readonly key: Verifier } | undefined {
  const parsed = parseNote(note);
  const checkpoint = parsed === undefined ? undefined : parseCheckpoint(parsed.text);
  if (parsed === undefined || checkpoint === undefined) {
    findings.add('bad-checkpoint', which, `${which} is no signed checkpoint.`);
    return undefined;
  }
  const verdict = verdictOf(parsed, keys);
  const signers = parsed.signatures.map(({ name, id }) => `${name}+${id}`).join(', ');
  if (verdict.verdict === 'bad') findings.add('bad-signature', which, `${which} has a signature that does not fit.`);
  if (verdict.verdict === 'unknown')
    findings.add('unknown-key', signers, `${which} is signed by ${signers} alone, which is not trusted.`);
  if (verdict.verdict !== 'good') return undefined;
  if (checkpoint.origin === verdict.key.name) return { checkpoint, key: verdict.key };
  findings.add('wrong-origin', which, `${which} is of another ledger: ${checkpoint.origin}.`);
  return undefined;
}
