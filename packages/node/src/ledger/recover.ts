import { truncate, writeFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { Signer } from './ledger-key.ts';
import { Frontier, HASH_BYTES, leafHash, subtreesOf } from './merkle.ts';
import { parseRecord } from './record.ts';
import { ledgerPath, leavesOf, listSegments, readIfThere, type Segment, wholeLines } from './segments.ts';
import { parseNote, splitNotes, verdictOf } from './signed-note.ts';

/** The leaf hash before the first record. */
export const NO_LEAF: Buffer = Buffer.alloc(HASH_BYTES);

/** Where a writer goes on. */
export interface Recovered {
  readonly tree: Frontier;
  /** Leaf hash of the last record. */
  readonly lastLeaf: Buffer;
  /** The segment that is appended to; `undefined` in an empty directory. */
  readonly segment: { readonly start: number; readonly bytes: number; readonly startedAt: number | undefined } | undefined;
  readonly checkpoint: Checkpoint | undefined;
  /** Bytes of a torn last line that were cut off: it had not been acknowledged. */
  readonly repairedBytes: number;
  /** Whether the leaf file was made again of the records. */
  readonly repairedLeaves: boolean;
}

/**
 * Mends what a crash leaves behind (a torn last line, a torn leaf file, a torn last checkpoint) and finds where to go on. Whatever a
 * crash cannot explain is refused: a writer never signs over damage.
 *
 * @throws UnderstudyError `SINK_FAILED` for a ledger that is damaged, or that another key signs
 */
export async function recover(directory: string, signer: Signer | undefined): Promise<Recovered> {
  const checkpoint = await lastCheckpoint(directory, signer);
  const segments = await listSegments(directory);
  const last = segments.at(-1);
  if (last === undefined) {
    if (checkpoint !== undefined && checkpoint.size > 0) throw damaged(directory, `no record of ${checkpoint.size} is there`);
    return {
      tree: new Frontier(),
      lastLeaf: NO_LEAF,
      segment: undefined,
      checkpoint,
      repairedBytes: 0,
      repairedLeaves: false,
    };
  }
  const body = await readIfThere(ledgerPath.body(directory, last.start));
  if (body === undefined) throw damaged(directory, `the records from ${last.start} on are missing`);
  const { lines, torn } = wholeLines(body);
  const leaves = lines.map((line) => leafHash(line));
  const earlier = segments.slice(0, -1);
  const before = await lastLeafOf(directory, earlier);
  const startedAt = await checkChain(directory, last.start, before, lines, leaves);
  const tree = await treeOf(directory, earlier, last.start, leaves, checkpoint);
  if (torn > 0) await truncate(ledgerPath.body(directory, last.start), body.length - torn);
  return {
    tree,
    lastLeaf: leaves.at(-1) ?? before,
    segment: { start: last.start, bytes: body.length - torn, startedAt },
    checkpoint,
    repairedBytes: torn,
    repairedLeaves: await mendLeaves(directory, last.start, leaves),
  };
}

/** Each line must be the record after the one before it. Answers when the first was appended. */
async function checkChain(
  directory: string,
  start: number,
  before: Buffer,
  lines: readonly Buffer[],
  leaves: readonly Buffer[],
): Promise<number | undefined> {
  let prev = before;
  let startedAt: number | undefined;
  for (const [index, line] of lines.entries()) {
    const record = parseRecord(line);
    if (record === undefined && isNewer(line)) throw newer(directory, start + index);
    if (record?.seq !== start + index || record.prev !== prev.toString('base64'))
      throw damaged(directory, `record ${start + index} does not follow the one before it`);
    startedAt ??= record.at;
    prev = leaves[index] ?? prev;
  }
  return startedAt;
}

/** Whether a line was written by a release whose format this one does not know. */
function isNewer(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null && 'v' in value && typeof value.v === 'number' && value.v > 1;
  } catch {
    return false;
  }
}

const newer = (directory: string, seq: number): UnderstudyError =>
  new UnderstudyError(
    'SINK_FAILED',
    `The ledger in ${directory} was written by a newer release: record ${seq} has a format that this one does not know. Update @understudy/node, or begin another directory.`,
    { details: { directory } },
  );

async function lastLeafOf(directory: string, segments: readonly Segment[]): Promise<Buffer> {
  const last = segments.at(-1);
  if (last === undefined) return NO_LEAF;
  const leaf = (await storedLeaves(directory, last)).at(-1);
  if (leaf === undefined) throw damaged(directory, `the leaf hashes from ${last.start} on are missing`);
  return leaf;
}

/** The leaf hashes of an older segment: as they are stored, or of its records. */
async function storedLeaves(directory: string, { start }: Segment): Promise<readonly Buffer[]> {
  const stored = await readIfThere(ledgerPath.leaves(directory, start));
  if (stored !== undefined) return leavesOf(stored);
  const body = await readIfThere(ledgerPath.body(directory, start));
  return body === undefined ? [] : wholeLines(body).lines.map((line) => leafHash(line));
}

/** The tree over all records. It must be one that the last checkpoint was signed for. */
async function treeOf(
  directory: string,
  earlier: readonly Segment[],
  start: number,
  leaves: readonly Buffer[],
  checkpoint: Checkpoint | undefined,
): Promise<Frontier> {
  const quick = await readIfThere(ledgerPath.tree(directory, start));
  if (quick !== undefined && quick.length === subtreesOf(start) * HASH_BYTES) {
    const tree = new Frontier(start, leavesOf(quick));
    // Right if it leads to what was signed; else it is made again.
    if (checkpoint !== undefined && grow(tree, leaves, checkpoint)) return tree;
  }
  const tree = new Frontier();
  let isMet = checkpoint === undefined || grow(tree, [], checkpoint);
  for (const segment of earlier) {
    if (tree.size !== segment.start) break;
    if (grow(tree, await storedLeaves(directory, segment), checkpoint)) isMet = true;
  }
  if (tree.size !== start) throw damaged(directory, `records from ${tree.size} on are missing`);
  if (grow(tree, leaves, checkpoint)) isMet = true;
  if (!isMet) throw damaged(directory, 'its records are not those of the last checkpoint');
  return tree;
}

/** Appends leaves; answers whether the tree was the one of the checkpoint before, on the way or at the end. */
function grow(tree: Frontier, leaves: readonly Buffer[], checkpoint: Checkpoint | undefined): boolean {
  const isThere = (): boolean => tree.size === checkpoint?.size && tree.root().equals(checkpoint.root);
  let isMet = isThere();
  for (const leaf of leaves) {
    tree.append(leaf);
    isMet ||= isThere();
  }
  return isMet;
}

async function mendLeaves(directory: string, start: number, leaves: readonly Buffer[]): Promise<boolean> {
  const path = ledgerPath.leaves(directory, start);
  const right = Buffer.concat(leaves);
  if ((await readIfThere(path))?.equals(right) === true) return false;
  await writeFile(path, right, { mode: 0o600 });
  return true;
}

/** The newest checkpoint, which must be of this key. A torn note at the end of the file is cut off. */
async function lastCheckpoint(directory: string, signer: Signer | undefined): Promise<Checkpoint | undefined> {
  const path = ledgerPath.checkpoints(directory);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const notes = [...splitNotes(bytes.toString('utf8'))];
  if (parseNote(notes.at(-1) ?? '') === undefined) {
    notes.pop();
    await truncate(path, Buffer.byteLength(notes.join('')));
  }
  const last = notes.at(-1);
  if (last === undefined) return undefined;
  const note = parseNote(last);
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text);
  if (note === undefined || checkpoint === undefined) throw damaged(directory, 'its last checkpoint cannot be read');
  if (signer === undefined) return checkpoint;
  // A key that was named by the one before it has signed nothing yet if the writer died in between.
  const isNext = checkpoint.nextKey === signer.verifierKey;
  const { verdict } = verdictOf(note, [signer]);
  if (checkpoint.origin === signer.name && (isNext || (verdict === 'good' && checkpoint.nextKey === undefined)))
    return checkpoint;
  if (verdict === 'bad') throw damaged(directory, 'the signature of its last checkpoint is wrong');
  throw new UnderstudyError(
    'SINK_FAILED',
    `The ledger in ${directory} is signed by another key than ${signer.verifierKey}: give the key that signed last, and change keys with rotate().`,
    { details: { directory } },
  );
}

export function damaged(directory: string, why: string): UnderstudyError {
  return new UnderstudyError(
    'SINK_FAILED',
    `The ledger in ${directory} is damaged: ${why}. Nothing is appended. Run understudy ledger verify, and restore its files or begin another directory.`,
    { retryable: true, details: { directory } },
  );
}

/** The notes of a directory's checkpoints, a torn last one included. */
export async function readCheckpoints(directory: string): Promise<readonly string[]> {
  const bytes = await readIfThere(ledgerPath.checkpoints(directory));
  return bytes === undefined ? [] : splitNotes(bytes.toString('utf8'));
}

/** The name of the ledger in a directory, by its first checkpoint, or by its first record. */
export async function originOf(directory: string): Promise<string | undefined> {
  const note = parseNote((await readCheckpoints(directory))[0] ?? '');
  const signed = note === undefined ? undefined : parseCheckpoint(note.text)?.origin;
  if (signed !== undefined) return signed;
  const body = (await readIfThere(ledgerPath.body(directory, 0))) ?? Buffer.alloc(0);
  const [line] = wholeLines(body).lines;
  const record = line === undefined ? undefined : parseRecord(line);
  return record?.kind === 'opened' ? record.origin : undefined;
}
