export {
  eraseSubject,
  type EraseSubjectOptions,
  type ErasedPlace,
  type ErasureReport,
  subjectAccess,
  type SubjectOptions,
  type SubjectRecord,
} from './privacy/erase-subject.ts';
export {
  cachePlace,
  dashboardPlace,
  decisionPlace,
  filePlace,
  type KeepsCases,
  type KeepsDecisions,
  type KeepsEvents,
  type KeepsLines,
  type KeepsState,
  ledgerPlace,
  reviewPlace,
  statePlace,
} from './privacy/places.ts';
export { pseudonyms, type PseudonymKey, type PseudonymsOptions, type KeyedPseudonyms } from './privacy/pseudonyms.ts';
export { retention, type RetentionJob, type RetentionOptions, type RetentionReport } from './privacy/retention.ts';
export type { Subject, SubjectPlace } from './privacy/subject.ts';
