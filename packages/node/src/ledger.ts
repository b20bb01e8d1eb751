/**
 * An append-only, signed ledger of decisions: evidence for what was decided, that nobody can change unseen.
 *
 * @module
 */
export { fileSubjectKeys, type FileSubjectKeysOptions } from './ledger/file-subject-keys.ts';
export { type Ledger, ledger, type LedgerOptions } from './ledger/ledger.ts';
export { generateLedgerKey, type LedgerKey } from './ledger/ledger-key.ts';
export type { ErasureNote, LedgerStatus, PersonalOptions } from './ledger/ledger-writer.ts';
export type { LedgerRecord } from './ledger/record.ts';
export type { SubjectKeys } from './ledger/subject-keys.ts';
