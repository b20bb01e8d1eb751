import { createHash } from 'node:crypto';
import type { UnderstudyEvent } from '@understudy/core';
import { type Kind, kind } from '@understudy/core/authoring';

/** A server takes 4,096 bytes of a command, its subject among them. */
const LONGEST = 200;

/** Tokens of a subject: letters, digits, `-` and `_`, divided by dots. */
export const subjectPrefix: Kind = kind(
  (value) => typeof value === 'string' && value.length <= LONGEST && /^[\w-]+(\.[\w-]+)*$/.test(value),
  'tokens of letters, digits, - and _, divided by dots',
);

/** `prefix.model.type`, where the model is one token whatever its name; `_` where the event is of none. */
export const natsSubject = (prefix: string, { model, type }: UnderstudyEvent): string => `${prefix}.${token(model)}.${type}`;

function token(text: string): string {
  if (text === '') return '_';
  // encodeURIComponent leaves these.
  const encoded = encodeURIComponent(text.toWellFormed()).replaceAll('.', '%2E').replaceAll('*', '%2A');
  if (text.isWellFormed() && encoded.length <= LONGEST) return encoded;
  return `${encoded.slice(0, LONGEST)}-${createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex').slice(0, 16)}`;
}
