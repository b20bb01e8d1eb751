import { type FileHandle, mkdir, open, rm, writeFile } from 'node:fs/promises';
import type { PathLock } from '../sinks/path-lock.ts';
import { canonicalJson, type Json } from './canonical-json.ts';
import { type Checkpoint, checkpointText } from './checkpoint.ts';
import type { Signer } from './ledger-key.ts';
import { type Frontier, HASH_BYTES, leafHash, lineAndLeaf } from './merkle.ts';
import { parseRecord, type RecordBody } from './record.ts';
import { damaged, NO_LEAF, recover } from './recover.ts';
import { ledgerPath, leavesOf, listSegments, readIfThere, syncDirectory, wholeLines } from './segments.ts';
import { signNote } from './signed-note.ts';

export interface LedgerFilesOptions {
  readonly directory: string;
  /** Permissions of new files. */
  readonly fileMode: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Told of each new checkpoint, as a signed note. */
  readonly onCheckpoint: (note: string) => void;
}

/** A record as it will be, once its place is known. */
export type RecordMaker = (seq: number) => RecordBody;

interface OpenSegment {
  readonly start: number;
  readonly body: FileHandle;
  readonly leaves: FileHandle;
  bytes: number;
  startedAt: number | undefined;
}

/** The files of a ledger, open for one writer. One call at a time. After a call that failed, close it and open it again. */
export class LedgerFiles {
  readonly #options: LedgerFilesOptions;
  readonly #checkpoints: FileHandle;
  #signer: Signer | undefined;
  #tree: Frontier;
  #lastLeaf: Buffer;
  #checkpoint: Checkpoint | undefined;
  #segment: OpenSegment | undefined;
  /** When the newest record of an older segment was appended, by its start. */
  readonly #newestAt = new Map<number, number>();
  readonly repairedBytes: number;
  readonly repairedLeaves: boolean;

  private constructor(
    options: LedgerFilesOptions,
    signer: Signer | undefined,
    checkpoints: FileHandle,
    segment: OpenSegment | undefined,
    found: Awaited<ReturnType<typeof recover>>,
  ) {
    this.#options = options;
    this.#signer = signer;
    this.#checkpoints = checkpoints;
    this.#segment = segment;
    this.#tree = found.tree;
    this.#lastLeaf = found.lastLeaf;
    this.#checkpoint = found.checkpoint;
    this.repairedBytes = found.repairedBytes;
    this.repairedLeaves = found.repairedLeaves;
  }

  /**
   * Mends what a crash left behind. The caller has the lock of the directory.
   *
   * @param signer absent where no checkpoints are made
   * @throws UnderstudyError `SINK_FAILED` where the ledger is damaged
   */
  static async open(options: LedgerFilesOptions, signer: Signer | undefined): Promise<LedgerFiles> {
    const { directory, fileMode } = options;
    const found = await recover(directory, signer);
    const opened: FileHandle[] = [];
    const append = async (path: string): Promise<FileHandle> => {
      const handle = await open(path, 'a', fileMode);
      opened.push(handle);
      return handle;
    };
    try {
      const checkpoints = await append(ledgerPath.checkpoints(directory));
      const segment =
        found.segment === undefined
          ? undefined
          : {
              ...found.segment,
              body: await append(ledgerPath.body(directory, found.segment.start)),
              leaves: await append(ledgerPath.leaves(directory, found.segment.start)),
            };
      // What is there may never have reached the disk.
      await segment?.body.sync();
      await syncDirectory(directory);
      return new LedgerFiles(options, signer, checkpoints, segment, found);
    } catch (error) {
      await Promise.allSettled(opened.map((handle) => handle.close()));
      throw error;
    }
  }

  /** Records that are on disk. */
  get size(): number {
    return this.#tree.size;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  /** The key that signs from now on. */
  get signer(): Signer | undefined {
    return this.#signer;
  }

  /** Appends records by one write and one fdatasync. All of them are on disk when it resolves. */
  async append(makers: readonly RecordMaker[]): Promise<void> {
    const at = Math.floor(this.#options.now());
    if (this.#isOver(at)) await this.#roll();
    const tree = this.#tree.copy();
    const leaves: Buffer[] = [];
    const lines: Buffer[] = [];
    let last = this.#lastLeaf;
    for (const make of makers) {
      const seq = tree.size;
      const record = { v: 1, seq, at, prev: last.toString('base64'), ...make(seq) };
      const { line, leaf } = lineAndLeaf(canonicalJson(record as unknown as Json));
      last = leaf;
      tree.append(leaf);
      leaves.push(leaf);
      lines.push(line);
    }
    const segment = this.#segment ?? (await this.#begin());
    const bytes = Buffer.concat(lines);
    try {
      // In this order: a leaf hash without its record is the trace of one that was removed.
      await segment.body.appendFile(bytes);
      await segment.leaves.appendFile(Buffer.concat(leaves));
      await segment.body.datasync();
      const { nlink, size } = await segment.body.stat();
      if (nlink === 0 || size !== segment.bytes + bytes.length)
        throw damaged(this.#options.directory, 'its segment was removed or changed while it was written');
    } catch (error) {
      // None of them stays. Where that fails, too, they are found when the ledger is opened again.
      const count = this.#tree.size - segment.start;
      await Promise.allSettled([segment.body.truncate(segment.bytes), segment.leaves.truncate(count * HASH_BYTES)]);
      throw error;
    }
    segment.bytes += bytes.length;
    segment.startedAt ??= at;
    this.#tree = tree;
    this.#lastLeaf = last;
  }

  /** Signs what is on disk. Does nothing without a key. @param nextKey verifier key that signs from now on */
  async sign(nextKey?: string): Promise<void> {
    if (this.#signer === undefined) return;
    const checkpoint: Checkpoint = {
      origin: this.#signer.name,
      size: this.#tree.size,
      root: this.#tree.root(),
      at: Math.floor(this.#options.now()),
      ...(nextKey === undefined ? {} : { nextKey }),
    };
    const note = signNote(checkpointText(checkpoint), this.#signer);
    await this.#checkpoints.appendFile(note);
    await this.#checkpoints.datasync();
    this.#checkpoint = checkpoint;
    this.#options.onCheckpoint(note);
  }

  /** The last checkpoint of this key names the next one; the first of the next one follows. */
  async rotate(next: Signer): Promise<void> {
    const from = this.#signer?.verifierKey ?? '';
    await this.append([() => ({ kind: 'key-rotated', from, to: next.verifierKey })]);
    await this.sign(next.verifierKey);
    this.#signer = next;
    await this.sign();
  }

  /**
   * Removes the bodies of segments whose newest record is older than `retainMs`; their leaf hashes stay. A record says so before,
   * and a checkpoint covers it.
   *
   * @returns how many segments and records lost their bodies
   */
  async prune(retainMs: number): Promise<{ readonly segments: number; readonly records: number }> {
    const { directory, now } = this.#options;
    const limit = now() - retainMs;
    if (this.#isOver(now()) && this.#segment !== undefined && this.#segment.startedAt !== undefined) await this.#roll();
    const segments = await listSegments(directory);
    const ends = new Map(segments.map(({ start }, index) => [start, segments[index + 1]?.start ?? this.#tree.size]));
    const old: number[] = [];
    for (const { start, hasBody } of segments) {
      if (!hasBody) continue;
      if (start === this.#segment?.start || (await this.#newestOf(start)) >= limit) break;
      old.push(start);
    }
    const last = old.at(-1);
    if (last === undefined) return { segments: 0, records: 0 };
    const before = ends.get(last) ?? 0;
    for (const start of old) await this.#keepLeaves(start, (ends.get(start) ?? start) - start);
    await this.append([() => ({ kind: 'pruned', before, retainMs })]);
    await this.sign();
    for (const start of old) {
      await rm(ledgerPath.body(directory, start));
      this.#newestAt.delete(start);
    }
    await syncDirectory(directory);
    return { segments: old.length, records: before - (old[0] ?? before) };
  }

  async close(): Promise<void> {
    const handles = [this.#checkpoints, this.#segment?.body, this.#segment?.leaves].filter((handle) => handle !== undefined);
    try {
      await this.#segment?.leaves.datasync();
    } finally {
      await Promise.all(handles.map((handle) => handle.close()));
    }
  }

  #isOver(at: number): boolean {
    const { segmentBytes, segmentMs } = this.#options;
    const segment = this.#segment;
    if (segment?.startedAt === undefined) return false;
    return segment.bytes >= segmentBytes || at - segment.startedAt >= segmentMs;
  }

  /** Ends the segment: its leaf hashes are on disk, and a checkpoint covers it. */
  async #roll(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    await segment.leaves.datasync();
    if (this.#checkpoint?.size !== this.#tree.size) await this.sign();
    this.#segment = undefined;
    await segment.body.close();
    await segment.leaves.close();
  }

  async #begin(): Promise<OpenSegment> {
    const { directory, fileMode } = this.#options;
    const start = this.#tree.size;
    if (start > 0) await writeFile(ledgerPath.tree(directory, start), Buffer.concat(this.#tree.nodes), { mode: fileMode });
    const body = await open(ledgerPath.body(directory, start), 'a', fileMode);
    const leaves = await open(ledgerPath.leaves(directory, start), 'a', fileMode).catch(async (error: unknown) => {
      await body.close();
      throw error;
    });
    this.#segment = { start, body, leaves, bytes: 0, startedAt: undefined };
    await syncDirectory(directory);
    return this.#segment;
  }

  async #newestOf(start: number): Promise<number> {
    const known = this.#newestAt.get(start);
    if (known !== undefined) return known;
    const body = await readIfThere(ledgerPath.body(this.#options.directory, start));
    const line = wholeLines(body ?? Buffer.alloc(0)).lines.at(-1);
    const at = (line === undefined ? undefined : parseRecord(line)?.at) ?? Infinity;
    this.#newestAt.set(start, at);
    return at;
  }

  /** The leaf file of a segment whose body goes away must be whole. */
  async #keepLeaves(start: number, count: number): Promise<void> {
    const { directory, fileMode } = this.#options;
    const stored = leavesOf((await readIfThere(ledgerPath.leaves(directory, start))) ?? Buffer.alloc(0));
    const body = (await readIfThere(ledgerPath.body(directory, start))) ?? Buffer.alloc(0);
    const right = wholeLines(body).lines.map((line) => leafHash(line));
    if (right.length !== count) throw damaged(directory, `the segment ${start} has ${right.length} records of ${count}`);
    if (stored.some((leaf, index) => !leaf.equals(right[index] ?? NO_LEAF)))
      throw damaged(directory, `the records of the segment ${start} do not fit their leaf hashes`);
    if (stored.length === count) return;
    await writeFile(ledgerPath.leaves(directory, start), Buffer.concat(right), { mode: fileMode, flush: true });
  }
}

/** Makes the directory and takes its lock; answers who has it if somebody alive on this host does. */
export async function lockDirectory(directory: string, lock: PathLock): Promise<string | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return lock.take();
}
