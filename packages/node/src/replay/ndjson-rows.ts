import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { callback, readOptions, required, text } from '@understudy/core/authoring';
import type { ReplayBatch, ReplayRow, ReplaySource, UnreadableRow } from '@understudy/core/replay';
import { parseEvent } from '@understudy/core/events';
import { pathError } from '../text-file.ts';
import { decisionRow } from './decision-row.ts';

export interface NdjsonRowsOptions {
  /** Makes a row of what a line holds; `undefined`: it is no decision, and is left out. @defaultValue what holds an `input` is a row, and a decision event one of it; other events are left out */
  readonly rowOf?: (line: unknown) => ReplayRow | undefined;
}

const BATCH = 500;
const LINE_FEED = 0x0a;
/** A longer line is no row: its rest is skipped, so that memory is bounded. In bytes. */
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * Rows of a file with one JSON object a line: rows as {@link ReplayRow} says, or events as `fileSink` writes them. A replay goes on at the
 * byte where it was.
 */
export function ndjsonRows(path: string, options: NdjsonRowsOptions = {}): ReplaySource {
  const { rowOf } = readOptions('ndjsonRows', options, { rowOf: callback }, { rowOf: defaultRow });
  readOptions('ndjsonRows', { path }, { path: required(text) }, {});
  return {
    batches: async function* (after) {
      let number = 0;
      let rows: (ReplayRow | UnreadableRow)[] = [];
      let last = 0;
      const start = typeof after === 'number' ? after : 0;
      try {
        const { size } = await stat(path);
        for await (const { line, end } of linesOf(path, start)) {
          number++;
          last = end;
          const where = start === 0 ? `line ${number}` : `line ${number} after byte ${start}`;
          const row = readLine(line, where, rowOf);
          if (row !== undefined) rows.push(row);
          if (rows.length < BATCH && number % (4 * BATCH) !== 0) continue;
          yield { rows, cursor: end, part: Math.min(1, end / Math.max(1, size)) } satisfies ReplayBatch;
          rows = [];
        }
        if (rows.length > 0) yield { rows, cursor: last, part: 1 };
      } catch (error) {
        if (error instanceof Error && 'code' in error && 'syscall' in error) throw pathError(path, 'read', error);
        throw error;
      }
    },
  };
}

/** Lines with the byte after each; `null` for one that is too long. */
async function* linesOf(path: string, start: number): AsyncGenerator<{ readonly line: string | null; readonly end: number }> {
  let [at, open, tooLong]: [number, Buffer, boolean] = [start, Buffer.alloc(0), false];
  const stream = createReadStream(path, { start, highWaterMark: 1 << 18 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const part = chunk.subarray(from, end);
      const line = tooLong ? null : textOf(open.length === 0 ? part : Buffer.concat([open, part]));
      [open, tooLong, from] = [Buffer.alloc(0), false, end + 1];
      yield { line, end: at + from };
    }
    if (from < chunk.length && !tooLong) open = Buffer.concat([open, chunk.subarray(from)]);
    if (open.length > LONGEST_LINE) [open, tooLong] = [Buffer.alloc(0), true];
    at += chunk.length;
  }
  if (tooLong || open.length > 0) yield { line: tooLong ? null : textOf(open), end: at };
}

/** Some editors begin files with a byte order mark. */
const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
};

function readLine(
  line: string | null,
  where: string,
  rowOf: (line: unknown) => ReplayRow | undefined,
): ReplayRow | UnreadableRow | undefined {
  if (line === null) return { problem: `${where} is longer than ${LONGEST_LINE} bytes` };
  if (line.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: `${where} is no JSON` };
  }
  try {
    return rowOf(value);
  } catch (error) {
    return { problem: `${where}: ${error instanceof Error ? error.message.slice(0, 200) : 'rowOf threw what is no Error'}` };
  }
}

/** What a line of a log holds, where nobody says otherwise. */
function defaultRow(value: unknown): ReplayRow | undefined {
  if (typeof value !== 'object' || value === null) throw new Error('expected a row or an event');
  if (!('type' in value && 'v' in value)) return value as ReplayRow;
  const event = parseEvent(value);
  if (event.type !== 'decision' || event.outcome !== 'served') return undefined;
  return decisionRow(event);
}
