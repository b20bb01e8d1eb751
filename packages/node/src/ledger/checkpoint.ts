import { HASH_BYTES } from './merkle.ts';

/** What a ledger held at a time: C2SP's tlog-checkpoint with two extension lines of ours. */
export interface Checkpoint {
  readonly origin: string;
  /** Records that it covers. */
  readonly size: number;
  /** Root of the Merkle tree of RFC 6962 over them. */
  readonly root: Buffer;
  /** When it was made, in milliseconds since the Unix epoch, by the clock of the writer. */
  readonly at: number;
  /** The verifier key that signs from now on, on the last checkpoint of the key before it. */
  readonly nextKey?: string;
}

/** The text of a checkpoint that is signed: origin, size, root, `time <ISO 8601>`, and `key-rotated <verifier key>` where the key changes. */
export function checkpointText({ origin, size, root, at, nextKey }: Checkpoint): string {
  const rotated = nextKey === undefined ? '' : `key-rotated ${nextKey}\n`;
  return `${origin}\n${size}\n${root.toString('base64')}\ntime ${new Date(at).toISOString()}\n${rotated}`;
}

/** `undefined` for a text that is no checkpoint of a ledger. Extension lines that are not ours are passed over. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', size = '', base64 = '', ...extensions] = text.slice(0, -1).split('\n');
  const root = Buffer.from(base64, 'base64');
  const extension = (name: string): string | undefined =>
    extensions.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const at = Date.parse(extension('time') ?? '');
  const isWhole =
    text.endsWith('\n') && origin !== '' && /^(0|[1-9]\d{0,15})$/.test(size) && extensions.every((line) => line !== '');
  if (!isWhole || root.length !== HASH_BYTES || root.toString('base64') !== base64 || Number.isNaN(at)) return undefined;
  const nextKey = extension('key-rotated');
  return { origin, size: Number(size), root, at, ...(nextKey === undefined ? {} : { nextKey }) };
}
