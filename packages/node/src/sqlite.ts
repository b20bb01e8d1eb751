export type {
  DecisionHistory,
  DecisionQuery,
  DecisionStore,
  DecisionStoreOptions,
  EventQuery,
  Page,
} from './decisions/decision-store.ts';
export { sqliteDecisions, type SqliteDecisionsOptions } from './decisions/sqlite-decisions.ts';
export { sqliteStore, type SqliteStoreOptions } from './stores/sqlite.ts';
export { sqliteReviews, type SqliteReviewsOptions } from './reviews/sqlite-reviews.ts';
