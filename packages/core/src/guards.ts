/**
 * Guards: checks of texts before and after a model, and a redactor of streams.
 *
 * @module
 */
export { blocklist, type BlocklistOptions } from './guards/blocklist.ts';
export type { Guard, GuardAction, GuardContext, GuardOptions, GuardSide, ModelGuard } from './guards/guard.ts';
export type { GuardsStatus, GuardStatus } from './guards/guard-runner.ts';
export { judge, type JudgeOptions } from './guards/judge.ts';
export type { JudgedCall, JudgeVerdict } from './guards/judged-call.ts';
export { length, type LengthOptions } from './guards/length.ts';
export { matchesSchema, type MatchesSchemaOptions } from './guards/matches-schema.ts';
export { guard, type OwnGuardOptions, type TextPart } from './guards/own-guard.ts';
export { maskPii, type MaskPiiOptions, pii, type PiiKind, type PiiOptions } from './guards/pii.ts';
export { redactor, type Redactor, type RedactorOptions } from './guards/redactor.ts';
export type { ContractReads } from './types/reads.ts';
