/**
 * Logged decisions, run through another variant: agreement, scores, worth, cost and latency before it sees traffic.
 *
 * @module
 */
export { replay, type ReplayedBatch, type ReplayOptions, type ReplayProgress } from './replay/replay.ts';
export type { ReplayBatch, ReplayCursor, ReplayRow, ReplayRows, ReplaySource, UnreadableRow } from './replay/replay-row.ts';
export type { ReplayedRow, ReplayedScore, ReplayedValue, ReplayResult, ReplayState } from './replay/replay-tally.ts';
export { type ReviewedCase, type TrainingCase, trainingCases, type TrainingCasesOptions } from './replay/training-cases.ts';
export type { Estimate } from './statistics/grouped-sums.ts';
