import { type BodyEvents, bodyEvents, eventTooLarge, type ServerEvent, type Splitter, type StreamSource } from './body-events.ts';

/** A body of one JSON text a line (`application/x-ndjson`): its lines, without those that are empty. */
export function jsonLines(body: ReadableStream<Uint8Array> | null, source: StreamSource): BodyEvents<ServerEvent> {
  return bodyEvents(body, source, (emit) => lineSplitter(source, emit));
}

/** Cuts the text of such a body into its lines. */
export function lineSplitter(
  source: Pick<StreamSource, 'where' | 'maxEventCharacters'>,
  emit: (event: ServerEvent) => void,
): Splitter {
  // In pieces until its end comes: a long line in many small reads would be copied each time.
  let pieces: string[] = [];
  let length = 0;
  const keep = (piece: string): void => {
    length += piece.length;
    if (length > source.maxEventCharacters) throw eventTooLarge(source);
    pieces.push(piece);
  };
  const finish = (): void => {
    const line = pieces.join('').trim();
    pieces = [];
    length = 0;
    if (line !== '') emit({ data: line });
  };
  return {
    feed: (text) => {
      let from = 0;
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
        keep(text.slice(from, at));
        finish();
        from = at + 1;
      }
      keep(text.slice(from));
    },
    end: finish,
  };
}
