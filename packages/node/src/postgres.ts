export type {
  DecisionHistory,
  DecisionQuery,
  DecisionStore,
  DecisionStoreOptions,
  EventQuery,
  Page,
} from './decisions/decision-store.ts';
export { postgresDecisionsSql } from './decisions/postgres-decision-tables.ts';
export { postgresDecisions, type PostgresDecisionsOptions } from './decisions/postgres-decisions.ts';
export type { PostgresLibrary, PostgresPool, PostgresQuery } from './stores/postgres-pool.ts';
export { postgresStore, type PostgresStoreOptions } from './stores/postgres.ts';
export { type PostgresNames, postgresTablesSql } from './stores/postgres-tables.ts';
export { postgresReviews, type PostgresReviewsOptions, postgresReviewsSql } from './reviews/postgres-reviews.ts';
