import { canonicalJson, toIJson } from './canonical-json.ts';
import type { Findings } from './findings.ts';
import { leafHash } from './merkle.ts';
import { isRecord, type LedgerRecord } from './record.ts';
import type { Ranges } from './ranges.ts';

/** What is kept of a record while its segment is looked at. */
export interface CheckedRecord {
  readonly seq: number;
  readonly at: number;
  readonly prev: string;
  readonly leaf: Buffer;
}

/** A line as it was read. */
export interface CheckedLine {
  readonly leaf: Buffer;
  /** Its record; absent where it is none. */
  readonly record?: CheckedRecord;
  readonly isCanonical: boolean;
}

/** A segment and what is known before it. */
export interface SegmentParts {
  readonly start: number;
  readonly lines: readonly CheckedLine[];
  /** Leaf hashes as they are stored. */
  readonly stored: readonly Buffer[];
}

/** A segment after it was looked at. */
export interface SegmentContent {
  /** Where it ends: the place of the next record. */
  readonly end: number;
  /** The leaf hash of each place, as far as it is known. */
  readonly leaves: readonly (Buffer | undefined)[];
  /** The records that are what the stored leaf hashes say, by their place. */
  readonly records: ReadonlyMap<number, CheckedRecord>;
  /** Records whose leaf hash does not fit, and which of both is wrong is not known yet. */
  readonly undecided: readonly number[];
}

/** Reads a line. @param see told of the whole record, of which only the frame is kept */
export function checkLine(bytes: Buffer, see: (record: LedgerRecord) => void): CheckedLine {
  const leaf = leafHash(bytes);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { leaf, isCanonical: false };
  }
  const isCanonical = isCanonicalText(value, bytes);
  if (!isRecord(value)) return { leaf, isCanonical };
  see(value);
  return { leaf, isCanonical, record: { seq: value.seq, at: value.at, prev: value.prev, leaf } };
}

function isCanonicalText(value: unknown, bytes: Buffer): boolean {
  try {
    // An event is one level deeper in its record.
    return Buffer.from(canonicalJson(toIJson(value, -1))).equals(bytes);
  } catch {
    return false;
  }
}

/**
 * Finds the place of each line. A line is what was written there if its hash is the stored one; the others are named by what stands
 * around them. Where leaf hashes are not there, lines are believed, and the signatures tell.
 */
export function checkSegment({ start, lines, ...parts }: SegmentParts, missing: Ranges, findings: Findings): SegmentContent {
  // Leaf hashes that were written anew with the lines say nothing of their places.
  const isRewritten =
    lines.every(({ leaf }, index) => parts.stored[index]?.equals(leaf)) &&
    lines.some(({ record }, index) => record?.seq !== start + index);
  const stored = isRewritten ? [] : parts.stored;
  const owned = lines.map(({ record, leaf }, index) => {
    if (record === undefined) return false;
    const expected = stored[record.seq - start];
    // Leaf hashes are written after the records: the last ones may not be there yet.
    return expected === undefined ? index >= stored.length : leaf.equals(expected);
  });
  const genuine = new Set(lines.flatMap(({ record }, index) => (owned[index] === true ? (record?.seq ?? []) : [])));
  const records = new Map<number, CheckedRecord>();
  const changed = new Map<number, CheckedLine>();
  let place = start;
  for (const [index, line] of lines.entries()) {
    const { record, isCanonical } = line;
    const isOwn = record !== undefined && owned[index] === true;
    const where = isOwn ? record.seq : place;
    if (record === undefined) findings.record('bad-json', where, 'is not the JSON of a record.');
    else if (!isCanonical) findings.record('not-canonical', where, 'is not written as canonical JSON (RFC 8785).');
    if (!isOwn) {
      // What belongs here comes further on.
      if (genuine.has(place)) findings.add('inserted', `${start} ${index}`, `A line before record ${place} was put in.`, place);
      else changed.set(place++, line);
      continue;
    }
    if (record.seq >= place) {
      missing.add(place, record.seq);
      place = record.seq + 1;
    } else if (missing.has(record.seq)) findings.record('reordered', record.seq, 'is not in its place.');
    else findings.record('repeated', record.seq, 'is there more than once.');
    missing.remove(record.seq, record.seq + 1);
    if (!records.has(record.seq)) records.set(record.seq, record);
  }
  const end = Math.max(place, start + stored.length);
  missing.add(place, end);
  return { end, records, ...leavesOfSegment(start, end, records, changed, stored, findings) };
}

/** Places that are looked at beyond what is known. */
const LONGEST_HOLE = 100_000;

function lastOf(places: ReadonlyMap<number, unknown>): number {
  let last = -1;
  for (const seq of places.keys()) last = Math.max(last, seq);
  return last;
}

function leavesOfSegment(
  start: number,
  end: number,
  records: ReadonlyMap<number, CheckedRecord>,
  changed: ReadonlyMap<number, CheckedLine>,
  stored: readonly Buffer[],
  findings: Findings,
): Pick<SegmentContent, 'leaves' | 'undecided'> {
  const undecided: number[] = [];
  const leaves: (Buffer | undefined)[] = [];
  const lastKnown = Math.max(start + stored.length - 1, lastOf(changed), lastOf(records));
  // An edited number must not cost memory.
  const last = Math.min(end - 1, lastKnown, start + 2 * (records.size + changed.size + stored.length) + LONGEST_HOLE);
  for (let seq = start; seq <= last; seq++) {
    const line = changed.get(seq);
    const expected = stored[seq - start];
    if (line === undefined) leaves.push(records.get(seq)?.leaf ?? expected);
    else {
      // The next record tells which of both it follows.
      const follows = records.get(seq + 1)?.prev;
      const isLeafChanged = expected === undefined || follows === line.leaf.toString('base64');
      leaves.push(isLeafChanged ? line.leaf : expected);
      if (expected !== undefined && isLeafChanged)
        findings.record('leaf-changed', seq, 'is there, and its stored leaf hash was changed.');
      else if (expected === undefined || follows === expected.toString('base64'))
        findings.record('record-changed', seq, 'was changed.');
      else undecided.push(seq);
    }
  }
  return { leaves, undecided };
}
