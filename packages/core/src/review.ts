/**
 * Cases that people decide: beside a model, in its place, or as the last word.
 *
 * @module
 */
export { humanReview, type HumanReviewOptions } from './review/human-review.ts';
export type { EscalationStep, GivenAnswer, ReviewAnswer, ReviewCase, ReviewLease, ReviewState } from './review/review-case.ts';
export {
  type ReviewLabel,
  reviewQueue,
  type ReviewQueue,
  type ReviewQueueOptions,
  type ReviewQueueStatus,
  type ReviewRequest,
  type ReviewRights,
  type ReviewTask,
} from './review/review-queue.ts';
export { reviewSample, type ReviewSampleOptions } from './review/review-sampler.ts';
export { memoryReviews, type ReviewQuery, type ReviewStore } from './review/review-store.ts';
