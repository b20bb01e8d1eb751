import { resolve } from 'node:path';
import { finite, readOptions, required, text, withMethods } from '@understudy/core/authoring';
import { openFields, putFields } from './personal-fields.ts';
import { type LedgerRecord, parseRecord } from './record.ts';
import { readCheckpoints } from './recover.ts';
import { ledgerPath, listSegments, readIfThere, wholeLines } from './segments.ts';
import { openers, noLedger } from './verify-ledger.ts';
import type { SubjectKeys } from './subject-keys.ts';

export interface ExportLedgerOptions {
  readonly directory: string;
  /** Records that were appended at this time or later, in milliseconds since the Unix epoch. @defaultValue all */
  readonly from?: number;
  /** Records that were appended before this time. @defaultValue all */
  readonly to?: number;
  /** Events of this model alone. @defaultValue all */
  readonly model?: string;
  /** Events of this type alone. @defaultValue all */
  readonly type?: string;
  /** With them, what is sealed is put back into the event, as long as its key is there. @defaultValue none */
  readonly subjectKeys?: SubjectKeys;
}

/**
 * The records of a ledger in their order, where their bodies are there. It does not verify: `verifyLedger` does. A filter by model or
 * type leaves out what is no event.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a directory without a ledger
 */
export async function* exportLedger(options: ExportLedgerOptions): AsyncGenerator<LedgerRecord> {
  const settings = readOptions<ExportLedgerOptions, {}>('exportLedger', options, KINDS, {});
  const { from = -Infinity, to = Infinity, model, type, subjectKeys } = settings;
  const directory = resolve(settings.directory);
  const segments = await listSegments(directory);
  if (segments.length === 0) throw noLedger(directory);
  const origins = new Set((await readCheckpoints(directory)).map((note) => note.slice(0, Math.max(0, note.indexOf('\n')))));
  let keys: Awaited<ReturnType<typeof openers>> | undefined;
  for (const { start } of segments) {
    const body = (await readIfThere(ledgerPath.body(directory, start))) ?? Buffer.alloc(0);
    for (const line of wholeLines(body).lines) {
      const record = parseRecord(line);
      if (record?.kind === 'opened') origins.add(record.origin);
      if (record === undefined || record.at < from || record.at >= to || !isOf(record, model, type)) continue;
      keys ??= await openers(
        subjectKeys,
        [...origins].map((name) => ({ name })),
      );
      yield record.kind === 'event' && record.sealed !== undefined ? opened(record, [...origins], keys) : record;
    }
  }
}

function isOf(record: LedgerRecord, model: string | undefined, type: string | undefined): boolean {
  if (model === undefined && type === undefined) return true;
  if (record.kind !== 'event') return false;
  const { event } = record;
  return (model === undefined || event['model'] === model) && (type === undefined || event['type'] === type);
}

type EventRecord = Extract<LedgerRecord, { kind: 'event' }>;

/** The record with its fields where they were, or as it is where no key opens them. */
function opened(record: EventRecord, origins: readonly string[], keys: ReadonlyMap<string, Uint8Array>): LedgerRecord {
  const { sealed, ...rest } = record;
  const key = sealed === undefined ? undefined : keys.get(sealed.subject);
  if (sealed === undefined || key === undefined) return record;
  for (const origin of origins) {
    const fields = openFields(sealed, key, origin, record.seq);
    if (typeof fields !== 'string') return { ...rest, event: putFields(record.event, fields) };
  }
  return record;
}

const KINDS = { directory: required(text), from: finite, to: finite, model: text, type: text, subjectKeys: withMethods('all') };
