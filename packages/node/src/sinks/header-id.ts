import { createHash } from 'node:crypto';

/** Servers take some kilobytes of headers in all. */
const LONGEST = 256;

/** An event's id as a header may hold it: percent-encoded, with a digest where that alone says too little. Other ids give others. */
export function headerId(id: string): string {
  const encoded = encodeURIComponent(id.toWellFormed());
  if (id.isWellFormed() && encoded.length <= LONGEST) return encoded;
  const digest = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('hex');
  return `${encoded.slice(0, LONGEST)}-${digest}`;
}
