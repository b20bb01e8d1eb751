import { isRecord, ownValue } from '../errors/index.ts';
import { WHOLE_RATE } from './share-target.ts';

/** What one process holds of a rate. */
export interface ShareHolder {
  /** Millionths of the rate: a whole number. */
  readonly share: number;
  /** What it would like to have; may be more than the rate. */
  readonly want: number;
  /** Changes with each renewal. */
  readonly beat: number;
}

/** How a rate is shared: one document in the store. */
export interface ShareDocument {
  readonly format: 1;
  readonly holders: Readonly<Record<string, ShareHolder>>;
  /** What has gathered of the part that nobody holds, in millionths of what may be used at once. */
  readonly spare: number;
  /** When that was so: milliseconds since the Unix epoch, by the clock of the process that wrote it. */
  readonly at: number;
}

/** A document as it is written by nobody yet: all of the rate is free, and rested. */
const UNSHARED: ShareDocument = { format: 1, holders: {}, spare: WHOLE_RATE, at: 0 };

const isPart = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** The document in a stored value; `undefined` where it is of a newer release, or damaged. */
export function readShares(value: unknown): ShareDocument | undefined {
  if (value === undefined) return UNSHARED;
  if (!isRecord(value) || value['format'] !== 1) return undefined;
  const { holders, spare, at } = value;
  if (!isRecord(holders) || !isPart(spare) || !Number.isFinite(at)) return undefined;
  const found = Object.keys(holders).map((name) => [name, ownValue(holders, name)] as const);
  if (!found.every((entry): entry is [string, ShareHolder] => isHolder(entry[1]))) return undefined;
  return { format: 1, holders: Object.fromEntries(found), spare, at: at as number };
}

const isHolder = (value: unknown): value is ShareHolder =>
  isRecord(value) && isPart(value['share']) && isPart(value['want']) && isPart(value['beat']);
