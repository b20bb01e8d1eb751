import type { Signer, Verifier } from './ledger-key.ts';

/** A note with the lines below it, as C2SP's signed-note defines them. */
export interface SignedNote {
  /** What is signed, its last line feed included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** In hex. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** A signature of a known key that fits, or does not, or of a key that is not known. */
export type SignatureVerdict = { readonly verdict: 'good'; readonly key: Verifier } | { readonly verdict: 'bad' | 'unknown' };

const MOST_SIGNATURES = 16;

/** @param text ends with a line feed, and has no empty line */
export function signNote(text: string, signer: Signer): string {
  const signature = Buffer.concat([Buffer.from(signer.id, 'hex'), signer.sign(text)]).toString('base64');
  return `${text}\n— ${signer.name} ${signature}\n`;
}

/** `undefined` for what is no signed note. */
export function parseNote(note: string): SignedNote | undefined {
  const end = note.lastIndexOf('\n\n');
  // oxlint-disable-next-line no-control-regex
  if (end < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000B-\u001F]/.test(note)) return undefined;
  const lines = note.slice(end + 2, -1).split('\n');
  const signatures = lines.map(signatureOf).filter((signature) => signature !== undefined);
  if (signatures.length !== lines.length || lines.length > MOST_SIGNATURES) return undefined;
  return { text: note.slice(0, end + 1), signatures };
}

function signatureOf(line: string): NoteSignature | undefined {
  const [, name, base64] = /^— (\S+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? [];
  if (name === undefined || base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < 5 || bytes.toString('base64') !== base64) return undefined;
  return { name, id: bytes.toString('hex', 0, 4), bytes: bytes.subarray(4) };
}

/** A bad signature of a known key spoils the note; those of unknown keys are passed over. */
export function verdictOf({ text, signatures }: SignedNote, keys: readonly Verifier[]): SignatureVerdict {
  let good: Verifier | undefined;
  for (const { name, id, bytes } of signatures) {
    const key = keys.find((known) => known.name === name && known.id === id);
    if (key === undefined) continue;
    if (!key.verify(text, bytes)) return { verdict: 'bad' };
    good ??= key;
  }
  return good === undefined ? { verdict: 'unknown' } : { verdict: 'good', key: good };
}

/** The notes of a file in which they follow each other. What is no whole note is a part of its own. */
export function splitNotes(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=^— [^\n]*\n)(?!— )/mu);
}
