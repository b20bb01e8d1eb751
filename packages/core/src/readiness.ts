/**
 * Whether a model may go from pilot to production: a checklist that is checked.
 *
 * @module
 */
export { READINESS_CHECKS, type ReadinessCheck, type ReadinessDimension, type Seen } from './readiness/checks.ts';
export type {
  ReadinessAnswer,
  ReadinessAnswers,
  ReadinessDrill,
  ReadinessEvidence,
  ReadinessVersion,
  ReadinessWaiver,
} from './readiness/evidence.ts';
export {
  answersTemplate,
  readAnswers,
  readiness,
  type ReadinessItem,
  type ReadinessOptions,
  type ReadinessReport,
  type ReadinessScore,
} from './readiness/readiness.ts';
