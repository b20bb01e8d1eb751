import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pathError, withoutMark } from '../text-file.ts';

/** A longer line is no event: its rest is skipped, so that memory is bounded. In UTF-16 units. */
const LONGEST_LINE = 4 * 1024 * 1024;

export interface LineBatch {
  /** `null` for a line that is too long. */
  readonly lines: readonly (string | null)[];
  readonly bytesRead: number;
  /** The size of the file. */
  readonly bytes: number;
}

/**
 * The lines of a text file of any size. They end with a line feed alone: Node's readline also ends them at U+2028, which JSON
 * leaves in texts.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` that names the file and what is wrong with it
 */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  try {
    const { size: bytes } = await stat(path);
    const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 });
    let open = '';
    let tooLong = false;
    let isFirst = true;
    for await (const chunk of stream as AsyncIterable<string>) {
      const [head = '', ...rest] = (isFirst ? withoutMark(chunk) : chunk).split('\n');
      isFirst = false;
      open += head;
      if (open.length > LONGEST_LINE) [open, tooLong] = ['', true];
      if (rest.length === 0) continue;
      const ended = tooLong ? null : open;
      open = rest.pop() ?? '';
      tooLong = false;
      yield { lines: [ended, ...rest], bytesRead: stream.bytesRead, bytes };
    }
    if (tooLong || open !== '') yield { lines: [tooLong ? null : open], bytesRead: bytes, bytes };
  } catch (cause) {
    throw pathError(path, 'read', cause);
  }
}
