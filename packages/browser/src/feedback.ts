export type {
  FeedbackChoice,
  FeedbackDetail,
  FeedbackElement,
  FeedbackEvents,
  FeedbackOutcome,
  FeedbackProperties,
  FeedbackRecorder,
} from './elements/feedback-api.ts';
export { defineFeedback } from './elements/feedback-element.ts';
export type { FeedbackMessages } from './elements/feedback-messages.ts';
