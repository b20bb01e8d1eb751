import type { UnderstudyEvent } from '@understudy/core';

/** Events as the body of one request. */
export interface EventBody {
  readonly events: readonly UnderstudyEvent[];
  readonly text: string;
  readonly bytes: number;
}

const HEAD = '{"events":[';
const TAIL = ']}';
const encoder = new TextEncoder();

/** The body of events that are JSON already, with commas between them. */
export function bodyOf(parts: readonly { readonly text: string; readonly bytes: number }[]): Pick<EventBody, 'text' | 'bytes'> {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, HEAD.length + TAIL.length + Math.max(0, parts.length - 1));
  return { text: HEAD + parts.map(({ text }) => text).join(',') + TAIL, bytes };
}

/** The body of as many of the first events as fit into `limit` bytes; those that would not even fit into `most` are passed over. */
export function bodyWithin(events: readonly UnderstudyEvent[], limit: number, most: number): EventBody {
  const taken: UnderstudyEvent[] = [];
  const parts: string[] = [];
  const empty = HEAD.length + TAIL.length;
  let bytes = empty;
  for (const event of events) {
    const part = JSON.stringify(event);
    const own = encoder.encode(part).length;
    if (empty + own > most) continue;
    const comma = parts.length > 0 ? 1 : 0;
    if (bytes + comma + own > limit) break;
    bytes += comma + own;
    parts.push(part);
    taken.push(event);
  }
  return { events: taken, text: HEAD + parts.join(',') + TAIL, bytes };
}
