/**
 * An append-only, signed ledger of decisions: evidence for what was decided, that nobody can change unseen.
 *
 * @module
 */
export { fileSubjectKeys, type FileSubjectKeysOptions } from './ledger/file-subject-keys.ts';
export { type Ledger, ledger, type LedgerOptions } from './ledger/ledger.ts';
export { generateLedgerKey, type LedgerKey } from './ledger/ledger-key.ts';
export type { ErasureNote, LedgerStatus, PersonalOptions } from './ledger/ledger-writer.ts';
export type { LedgerAspect, LedgerFinding, LedgerFindingKind } from './ledger/findings.ts';
export type { LedgerRecord } from './ledger/record.ts';
export type { SubjectKeys } from './ledger/subject-keys.ts';
export { type LedgerAnswer, type LedgerVerification, verifyLedger, type VerifyLedgerOptions } from './ledger/verify-ledger.ts';
export { exportLedger, type ExportLedgerOptions } from './ledger/export-ledger.ts';
export { type LedgerProof, type ProofVerification, proveRecord, type ProveRecordOptions, verifyProof } from './ledger/prove.ts';
