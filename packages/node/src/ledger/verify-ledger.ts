import { resolve } from 'node:path';
import { UnderstudyError } from '@understudy/core';
import { finite, kind, list, msOr0, msOrNever, readOptions, required, text, withMethods } from '@understudy/core/authoring';
import { checkCheckpoints, type TrustedCheckpoint } from './checkpoint-check.ts';
import { Findings, type LedgerAspect, type LedgerFinding } from './findings.ts';
import { parseVerifier, type Verifier } from './ledger-key.ts';
import { Frontier, HASH_BYTES } from './merkle.ts';
import { openFields, pseudonymOf } from './personal-fields.ts';
import { Ranges } from './ranges.ts';
import type { LedgerRecord } from './record.ts';
import { NO_LEAF, readCheckpoints } from './recover.ts';
import { type CheckedLine, checkLine, checkSegment, type SegmentContent } from './segment-check.ts';
import { ledgerPath, leavesOf, listSegments, readIfThere, type Segment, wholeLines } from './segments.ts';
import { splitNotes } from './signed-note.ts';
import type { SubjectKeys } from './subject-keys.ts';

export interface VerifyLedgerOptions {
  /** The directory of the ledger. It is only read. */
  readonly directory: string;
  /** Verifier keys that are trusted. A key that one of them names by its last checkpoint is trusted, too. */
  readonly keys: readonly string[];
  /** Checkpoints that were kept outside of the directory, as `anchor` got them: a text may hold several. @defaultValue none */
  readonly checkpoints?: readonly string[];
  /** The newest checkpoint may be so old. `Infinity` for an archive. @defaultValue 86400000 (a day) */
  readonly maxAgeMs?: number;
  /** The clock of the writer may go back so far. @defaultValue 1000 */
  readonly clockToleranceMs?: number;
  /** With them, what is sealed is opened and compared with its commitment. @defaultValue none */
  readonly subjectKeys?: SubjectKeys;
  /** The time of now, in milliseconds since the Unix epoch. @defaultValue the clock of the machine */
  readonly now?: number;
}

/** One of the three questions, and what speaks against it. */
export interface LedgerAnswer {
  /** Whether no finding is a fault. */
  readonly ok: boolean;
  readonly findings: readonly LedgerFinding[];
}

export interface LedgerVerification {
  /** Whether all three are. */
  readonly ok: boolean;
  /** Every record is what was written, where it was written, and a trusted key has signed it. */
  readonly integrity: LedgerAnswer;
  /** No record is missing. */
  readonly completeness: LedgerAnswer;
  /** The ledger is of now, and its times go forward. */
  readonly freshness: LedgerAnswer & {
    /** When the newest trusted checkpoint was made, in milliseconds since the Unix epoch. */
    readonly checkpointAt?: number;
  };
  readonly origin?: string;
  /** Records of the ledger, pruned ones included. */
  readonly size: number;
  /** Records whose body is there. */
  readonly records: number;
  /** So many of the first records are vouched for by a checkpoint of a trusted key. The chain alone vouches for those after them. */
  readonly signedSize: number;
  /** Findings that were left out of the lists: they hold 1,000 at most. */
  readonly moreFindings: number;
}

/**
 * Whether a ledger is whole, unchanged and of now. It reads the directory alone, and trusts nothing in it but what the keys have
 * signed. It may run while the ledger is written.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a key that is none, or a directory without a ledger
 */
export async function verifyLedger(options: VerifyLedgerOptions): Promise<LedgerVerification> {
  const settings = readOptions('verifyLedger', options, KINDS, DEFAULTS);
  const directory = resolve(settings.directory);
  const keys = settings.keys.map((key, index) => parseVerifier(`verifyLedger.keys[${index}]`, key));
  const anchored = (settings.checkpoints ?? []).flatMap(splitNotes);
  const opened = await openers(settings.subjectKeys, keys);
  for (let tries = 1; ; tries++) {
    // Checkpoints first: they must be about records that are read later.
    const notes = await readCheckpoints(directory);
    const segments = await listSegments(directory);
    if (segments.length === 0 && notes.length === 0) throw noLedger(directory);
    const check = new LedgerCheck(directory, notes, anchored, keys, settings.clockToleranceMs, opened);
    for (const [index, segment] of segments.entries()) await check.segment(segment, segments[index + 1]?.start);
    const result = check.result(settings.now ?? Date.now(), settings.maxAgeMs);
    // Retention may have removed what was about to be read: it signs a checkpoint before.
    if (result.ok || tries === MOST_TRIES || (await readCheckpoints(directory)).length === notes.length) return result;
  }
}

export function noLedger(directory: string): UnderstudyError {
  return new UnderstudyError('CONFIGURATION_INVALID', `${directory}: there is no ledger. Check the path of the directory.`, {
    details: { path: directory },
  });
}

/** Keys of subjects by their pseudonyms. */
export async function openers(
  subjectKeys: SubjectKeys | undefined,
  keys: readonly Pick<Verifier, 'name'>[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const all = subjectKeys === undefined ? [] : [...(await subjectKeys.all())];
  const origins = [...new Set(keys.map(({ name }) => name))];
  return new Map(all.flatMap((key) => origins.map((origin) => [pseudonymOf(key, origin), key] as const)));
}

class LedgerCheck {
  readonly #directory: string;
  readonly #checkpoints: readonly TrustedCheckpoint[];
  readonly #origins: readonly string[];
  readonly #toleranceMs: number;
  readonly #openers: ReadonlyMap<string, Uint8Array>;
  readonly #findings = new Findings();
  readonly #missing = new Ranges();
  /** Records without bodies whose leaf hashes are there. */
  readonly #bodiless = new Ranges();
  readonly #pruned: { readonly seq: number; readonly before: number }[] = [];
  readonly #tree = new Frontier();
  /** Whether leaf hashes are missing: roots cannot be told from there on. */
  #isBroken = false;
  #place = 0;
  #records = 0;
  #lastLeaf: Buffer | undefined = NO_LEAF;
  #lastAt = -Infinity;
  #undecided: number[] = [];
  #signedSize = 0;
  #mismatches: TrustedCheckpoint[] = [];

  constructor(
    directory: string,
    notes: readonly string[],
    anchored: readonly string[],
    keys: readonly Verifier[],
    toleranceMs: number,
    openers: ReadonlyMap<string, Uint8Array>,
  ) {
    this.#directory = directory;
    this.#toleranceMs = toleranceMs;
    this.#openers = openers;
    this.#origins = keys.map(({ name }) => name);
    this.#checkpoints = checkCheckpoints(notes, anchored, keys, toleranceMs, this.#findings);
    this.#compareRoots();
  }

  async segment({ start, hasBody }: Segment, nextStart: number | undefined): Promise<void> {
    // Leaf hashes first: they are written after the records.
    const leaves = await readIfThere(ledgerPath.leaves(this.#directory, start));
    const stored = leavesOf(leaves ?? Buffer.alloc(0));
    const body = hasBody ? await readIfThere(ledgerPath.body(this.#directory, start)) : undefined;
    const isNew = leaves === undefined && (await readIfThere(ledgerPath.leaves(this.#directory, start))) !== undefined;
    if (leaves !== undefined && leaves.length % HASH_BYTES > 0) this.#tornLeaves(start, nextStart);
    if (body === undefined) return this.#withoutBody(start, stored);
    const { lines: bytes, torn } = wholeLines(body);
    if (torn > 0) this.#tornTail(start, nextStart);
    const lines = bytes.map((line) => checkLine(line, (record) => this.#see(record)));
    const realStart = this.#realStart(start, lines, stored);
    if (realStart === undefined) return;
    this.#beginAt(realStart);
    if ((leaves === undefined && !isNew) || (nextStart !== undefined && stored.length < lines.length))
      this.#findings.add(
        'missing-leaves',
        String(start),
        `Leaf hashes of the segment ${start} are missing: ${stored.length} of ${lines.length}.`,
        start,
      );
    const content = checkSegment(
      { start: realStart, lines, stored: realStart === start ? stored : [] },
      this.#missing,
      this.#findings,
    );
    this.#bodiless.remove(realStart, realStart + lines.length);
    this.#take(realStart, content);
  }

  result(now: number, maxAgeMs: number): LedgerVerification {
    for (const { from, to } of this.#missing.list) this.#findings.range('gap', from, to, 'missing.');
    this.#judgeBodiless();
    this.#judgeUndecided();
    this.#judgeRoots();
    const newest = this.#checkpoints.reduce((latest, { at }) => Math.max(latest, at), -Infinity);
    if (newest === -Infinity) {
      if (this.#place > 0)
        this.#findings.add('unsigned', '', 'No checkpoint of a trusted key is there: nothing vouches for the records.');
    } else if (now - newest > maxAgeMs)
      this.#findings.add('stale', '', `The newest checkpoint is ${Math.round((now - newest) / 1000)} s old.`);
    const answer = (aspect: LedgerAspect): LedgerAnswer => {
      const findings = this.#findings.list.filter((finding) => finding.aspect === aspect);
      return { ok: findings.every(({ isFault }) => !isFault), findings };
    };
    const [integrity, completeness, freshness] = [answer('integrity'), answer('completeness'), answer('freshness')];
    const origin = this.#checkpoints[0]?.origin;
    return {
      ok: integrity.ok && completeness.ok && freshness.ok,
      integrity,
      completeness,
      freshness: { ...freshness, ...(newest === -Infinity ? {} : { checkpointAt: newest }) },
      ...(origin === undefined ? {} : { origin }),
      size: this.#place,
      records: this.#records,
      signedSize: this.#signedSize,
      moreFindings: this.#findings.more,
    };
  }

  /** Where the records of a file belong by what they say; `undefined` for records that were there already. */
  #realStart(start: number, lines: readonly CheckedLine[], stored: readonly Buffer[]): number | undefined {
    const first = lines[0];
    const seq = first?.record?.seq;
    if (first === undefined || seq === undefined || seq === start) return start;
    // The first lines were removed, or the first was changed.
    const isRemoved = stored[seq - start]?.equals(first.leaf) === true;
    const isChanged = lines.length > 1 ? lines[1]?.record?.seq === start + 1 : stored[0]?.equals(first.leaf) === false;
    const isOwn = isRemoved || isChanged;
    if (isOwn) return start;
    const isNew = seq >= this.#place || this.#missing.has(seq) || this.#bodiless.has(seq);
    if (!isNew) {
      this.#findings.add(
        'replayed-segment',
        String(start),
        `The segment ${start} holds records that were there before, from ${seq} on.`,
        start,
      );
      return undefined;
    }
    this.#findings.add(
      'renamed-segment',
      String(start),
      `The segment ${start} holds the records from ${seq} on: it was renamed.`,
      start,
    );
    if (seq >= this.#place) return seq;
    this.#missing.remove(seq, seq + lines.length);
    this.#bodiless.remove(seq, seq + lines.length);
    return undefined;
  }

  /** What lies between the end of the last segment and this one is missing. */
  #beginAt(start: number): void {
    if (start > this.#place) {
      this.#findings.range('missing-segment', this.#place, start, 'missing, with their leaf hashes.');
      this.#isBroken = true;
      this.#lastLeaf = undefined;
      this.#place = start;
    } else if (start < this.#place)
      this.#findings.add(
        'replayed-segment',
        String(start),
        `The segment ${start} begins before the one before it ends, at ${this.#place}.`,
        start,
      );
  }

  #withoutBody(start: number, stored: readonly Buffer[]): void {
    this.#beginAt(start);
    this.#bodiless.add(start, start + stored.length);
    this.#take(start, { end: start + stored.length, leaves: stored, records: new Map(), undecided: [] });
  }

  #tornTail(start: number, nextStart: number | undefined): void {
    if (nextStart === undefined)
      this.#findings.add('torn-tail', String(start), 'The last line is torn: it had not been acknowledged.');
    else this.#findings.add('bad-json', `end of ${start}`, `The segment ${start} ends in the middle of a line.`, start);
  }

  #tornLeaves(start: number, nextStart: number | undefined): void {
    const message = `The leaf hashes of the segment ${start} end in the middle of one`;
    if (nextStart === undefined)
      this.#findings.add('torn-tail', `leaves of ${start}`, `${message}: a crash came in between, or a write is under way.`);
    else this.#findings.add('leaf-changed', `end of ${start}`, `${message}.`, start);
  }

  /** What is to be known of a record beside its frame. */
  #see(record: LedgerRecord): void {
    if (record.kind === 'pruned') this.#pruned.push({ seq: record.seq, before: record.before });
    if (record.kind === 'opened' && !this.#origins.includes(record.origin))
      this.#findings.record('wrong-origin', record.seq, 'is of another ledger.');
    if (record.kind !== 'event' || record.sealed === undefined) return;
    const key = this.#openers.get(record.sealed.subject);
    const found = this.#origins.map((origin) =>
      key === undefined ? [] : openFields(record.sealed ?? NOTHING, key, origin, record.seq),
    );
    const problem = found.every((fields) => typeof fields === 'string') ? found[0] : undefined;
    if (problem === 'sealed-changed') this.#findings.record(problem, record.seq, 'has sealed fields that its key does not open.');
    if (problem === 'commitment-changed')
      this.#findings.record(problem, record.seq, 'has another commitment than its sealed fields.');
  }

  /** Follows the chain, the clock and the tree. */
  #take(start: number, { end, leaves, records, undecided }: SegmentContent): void {
    this.#undecided.push(...undecided);
    for (const [index, leaf] of leaves.entries()) {
      const record = records.get(start + index);
      if (record !== undefined) this.#follow(record);
      this.#lastLeaf = leaf;
      if (leaf === undefined || start + index !== this.#tree.size) this.#isBroken = true;
      if (this.#isBroken || leaf === undefined) continue;
      this.#tree.append(leaf);
      this.#compareRoots();
    }
    if (start + leaves.length < end) [this.#isBroken, this.#lastLeaf] = [true, undefined];
    this.#records += records.size;
    this.#place = Math.max(this.#place, end);
  }

  #follow({ seq, at, prev }: { readonly seq: number; readonly at: number; readonly prev: string }): void {
    if (this.#lastLeaf !== undefined && prev !== this.#lastLeaf.toString('base64'))
      this.#findings.record('forked', seq, 'follows another record than the one before it.');
    if (at < this.#lastAt - this.#toleranceMs)
      this.#findings.record('clock-back', seq, `was appended ${this.#lastAt - at} ms before an earlier one.`);
    this.#lastAt = Math.max(this.#lastAt, at);
  }

  #compareRoots(): void {
    const here = this.#checkpoints.filter(({ size }) => size === this.#tree.size);
    if (here.length === 0) return;
    const root = this.#tree.root();
    for (const checkpoint of here) {
      if (checkpoint.root.equals(root)) this.#signedSize = checkpoint.size;
      else this.#mismatches.push(checkpoint);
    }
  }

  #judgeRoots(): void {
    const { size } = this.#tree;
    const beyond = this.#checkpoints.filter((checkpoint) => checkpoint.size > size);
    const largest = beyond.reduce((most, checkpoint) => Math.max(most, checkpoint.size), 0);
    if (beyond.length > 0 && this.#isBroken)
      this.#findings.add(
        'unproven',
        '',
        `Leaf hashes are missing from ${size} on: ${beyond.length} checkpoints cannot be compared.`,
        size,
      );
    if (largest > this.#place) this.#findings.range('truncated', this.#place, largest, 'signed, and not there.');
    const first = this.#mismatches[0];
    if (first === undefined) return;
    // The same key has signed two histories.
    const other = this.#mismatches.find((bad) => bad.isAnchored && this.#signedSize >= bad.size);
    if (other !== undefined)
      this.#findings.add(
        'forked',
        `checkpoint ${other.size}`,
        `A checkpoint from outside (${other.size} records) is of another history than those of the directory.`,
      );
    const bad = this.#mismatches.find(({ isAnchored }) => !isAnchored) ?? first;
    if (other === undefined || bad !== other)
      this.#findings.add(
        'root-mismatch',
        '',
        `The first ${bad.size} records are not those that were signed (${this.#mismatches.length} checkpoints).`,
        bad.size,
      );
  }

  #judgeUndecided(): void {
    for (const seq of this.#undecided) {
      // The tree has the stored leaf hash: where that leads to what was signed, the record is wrong; else the hash is.
      const isLeafWrong = seq >= this.#signedSize && this.#mismatches.some(({ size }) => size > seq);
      if (isLeafWrong)
        this.#findings.record('leaf-changed', seq, 'has a stored leaf hash that does not lead to what was signed.');
      else this.#findings.record('record-changed', seq, 'was changed.');
    }
  }

  /** Bodies may be missing by retention: a signed record says so. */
  #judgeBodiless(): void {
    for (const { from, to } of this.#bodiless.list) {
      const isPruned = this.#pruned.some(({ seq, before }) => before >= to && seq < this.#signedSize);
      if (isPruned) this.#findings.range('pruned', from, to, 'pruned; their leaf hashes are there.');
      else this.#findings.range('missing-segment', from, to, 'missing; their leaf hashes are there.');
    }
  }
}

/** A ledger that is written meanwhile is read again where something is found. */
const MOST_TRIES = 3;
const NOTHING = { subject: '', data: '', commitment: '' };
const KINDS = {
  directory: required(text),
  keys: required(
    list(
      kind((key) => typeof key === 'string', 'a verifier key'),
      1,
    ),
  ),
  checkpoints: list(kind((note) => typeof note === 'string', 'a text')),
  maxAgeMs: msOrNever,
  clockToleranceMs: msOr0,
  subjectKeys: withMethods('all'),
  now: finite,
};
const DEFAULTS = { maxAgeMs: 86_400_000, clockToleranceMs: 1000 } as const;
