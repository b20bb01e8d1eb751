import { createParser } from 'eventsource-parser';
import { type BodyEvents, bodyEvents, eventTooLarge, type ServerEvent, type Splitter, type StreamSource } from './body-events.ts';

/**
 * A body of server-sent events (`text/event-stream`), as the WHATWG's HTML standard reads them: comments are skipped, lines end by CR, LF
 * or both. One difference: an event at the end of the body needs no empty line after it, for some servers send none after `[DONE]`.
 */
export function eventStream(body: ReadableStream<Uint8Array> | null, source: StreamSource): BodyEvents<ServerEvent> {
  return bodyEvents(body, source, (emit) => eventSplitter(source, emit));
}

/** Cuts the text of such a body into its events. */
export function eventSplitter(
  source: Pick<StreamSource, 'where' | 'maxEventCharacters'>,
  emit: (event: ServerEvent) => void,
): Splitter {
  const parser = createParser({
    maxBufferSize: source.maxEventCharacters,
    onEvent: ({ event, data }) => emit({ event, data }),
    onError: (error) => {
      // Lines that are no fields of the standard are skipped by all clients.
      if (error.type === 'max-buffer-size-exceeded') throw eventTooLarge(source);
    },
  });
  return { feed: (text) => parser.feed(text), end: () => parser.feed('\n\n') };
}
