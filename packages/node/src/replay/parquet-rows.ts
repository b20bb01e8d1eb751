import { access } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/core';
import { callback, count, type Kinds, kind, readOptions, required, text } from '@understudy/core/authoring';
import type { ReplayRow, ReplaySource, UnreadableRow } from '@understudy/core/replay';
import { pathError } from '../text-file.ts';

export interface ParquetRowsOptions {
  /**
   * Makes a row of a record. @defaultValue columns with the names of {@link ReplayRow}: `input`, `output` and `truth` may be structures or JSON, or columns of their own, such as `input.amount`
   */
  readonly rowOf?: (record: Readonly<Record<string, unknown>>) => ReplayRow;
  /** Records that are read at once. @defaultValue 1000 */
  readonly batchSize?: number;
  /** Of codecs other than Snappy, such as those of `hyparquet-compressors`. */
  readonly compressors?: Readonly<Record<string, (input: Uint8Array, outputLength: number) => Uint8Array>>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const KINDS: Kinds<ParquetRowsOptions> = {
  rowOf: callback,
  batchSize: count,
  compressors: kind(isRecord, 'functions by the names of codecs'),
};

/**
 * Rows of a Parquet file, read by hyparquet (`npm install hyparquet`). Whole numbers of 64 bits become numbers where they are safe, else
 * texts.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; when it is read: `PEER_MISSING`
 */
export function parquetRows(path: string, options: ParquetRowsOptions = {}): ReplaySource {
  const { rowOf, batchSize, compressors } = readOptions('parquetRows', options, KINDS, { rowOf: defaultRow, batchSize: 1000 });
  readOptions('parquetRows', { path }, { path: required(text) }, {});
  return {
    batches: async function* (after) {
      const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await importHyparquet();
      await access(path).catch((cause: unknown) => {
        throw pathError(path, 'read', cause);
      });
      const file = await asyncBufferFromFile(path);
      const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
        throw new UnderstudyError('CONFIGURATION_INVALID', `${path}: is no Parquet file that can be read.`, { cause });
      });
      const total = Number(metadata.num_rows);
      for (let rowStart = typeof after === 'number' ? after : 0; rowStart < total; rowStart += batchSize) {
        const rowEnd = Math.min(total, rowStart + batchSize);
        const records = await parquetReadObjects({
          file,
          metadata,
          rowStart,
          rowEnd,
          ...(compressors === undefined ? {} : { compressors }),
        }).catch((cause: unknown) => {
          const why = cause instanceof Error ? cause.message : 'no Error was thrown';
          throw new UnderstudyError(
            'CONFIGURATION_INVALID',
            `${path}: records ${rowStart + 1} to ${rowEnd} cannot be read: ${why}`,
            { cause },
          );
        });
        const rows = records.map((record, index): ReplayRow | UnreadableRow => {
          try {
            return rowOf(plain(record) as Readonly<Record<string, unknown>>);
          } catch (error) {
            return {
              problem: `record ${rowStart + index + 1}: ${error instanceof Error ? error.message.slice(0, 200) : 'no Error was thrown'}`,
            };
          }
        });
        yield { rows, cursor: rowEnd, part: rowEnd / total };
      }
    },
  };
}

async function importHyparquet() {
  try {
    return await import('hyparquet');
  } catch (cause) {
    throw new UnderstudyError('PEER_MISSING', 'parquetRows() needs hyparquet, which could not be loaded: npm install hyparquet', {
      cause,
    });
  }
}

/** What JSON could hold: 64-bit numbers, dates and lists as it would hold them. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

const SIDES = ['input', 'output', 'truth'] as const;

function defaultRow(record: Readonly<Record<string, unknown>>): ReplayRow {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    const side = SIDES.find((one) => name === one || name.startsWith(`${one}.`));
    if (side === undefined) row[name] = value;
    else if (name === side) row[side] = typeof value === 'string' && /^\s*[[{"]/.test(value) ? JSON.parse(value) : value;
    else {
      const inner = isRecord(row[side]) ? row[side] : {};
      row[side] = { ...inner, [name.slice(side.length + 1)]: value };
    }
  }
  if (row['input'] === undefined) throw new Error('has no column input, and none such as input.amount: say rowOf');
  return row as unknown as ReplayRow;
}
