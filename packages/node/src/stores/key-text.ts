import { createHash } from 'node:crypto';

/** An index of PostgreSQL holds some 2,700 bytes a row; the longest character has four. */
const LONGEST = 200;

/**
 * A text as a database can hold and index it: no NUL, no control characters, no half of a surrogate pair, and never long. Plain
 * texts stay as they are; different texts give different ones.
 */
export function keyText(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1);
  if (escaped.length <= LONGEST) return escaped;
  // No character is cut in two. The end cannot be that of a short text: it has a tab, which is escaped there.
  const start = escaped.slice(0, LONGEST / 2).replace(/[\uD800-\uDBFF]$/, '');
  return `${start}\t${createHash('sha256').update(escaped).digest('hex')}`;
}
