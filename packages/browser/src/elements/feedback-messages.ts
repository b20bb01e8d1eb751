/** Every text of `<understudy-feedback>`. */
export interface FeedbackMessages {
  readonly question: string;
  /** Buttons; the last two are titles of their forms too. */
  readonly agree: string;
  readonly disagree: string;
  readonly correct: string;
  /** Fields. */
  readonly value: string;
  readonly reason: string;
  readonly optionalReason: string;
  readonly send: string;
  readonly cancel: string;
  /** What a field lacks. */
  readonly valueMissing: string;
  readonly valueUnfit: string;
  readonly reasonMissing: string;
  /** While it is sent, and when that failed; `refused` is for a correction that breaks the contract. */
  readonly sending: string;
  readonly failed: string;
  readonly timedOut: string;
  readonly refused: string;
  /** When it was recorded. `{value}` is what was chosen or entered. */
  readonly agreed: string;
  readonly disagreed: string;
  readonly corrected: string;
  /** Other results of `recordOutcome`. */
  readonly unscored: string;
  readonly duplicate: string;
  readonly unknown: string;
  readonly late: string;
  readonly forged: string;
}

export type MessageName = keyof FeedbackMessages;

export const ENGLISH: FeedbackMessages = {
  question: 'Do you agree with this decision?',
  agree: 'Agree',
  disagree: 'Disagree',
  correct: 'Correct it',
  value: 'What should it be?',
  reason: 'Why?',
  optionalReason: 'Why? (optional)',
  send: 'Send',
  cancel: 'Cancel',
  valueMissing: 'Say what it should be.',
  valueUnfit: 'This does not fit.',
  reasonMissing: 'Say why.',
  sending: 'Sending…',
  failed: 'Your answer could not be sent. Try again.',
  timedOut: 'No reply came in time. Try again.',
  refused: 'This correction does not fit. Change it.',
  agreed: 'Thank you. You agreed.',
  disagreed: 'Thank you. You disagreed.',
  corrected: 'Thank you. You corrected it to {value}.',
  unscored: 'Thank you. Your answer is recorded, but it cannot be scored.',
  duplicate: 'This decision has such an answer. The first one counts.',
  unknown: 'This decision is unknown. Your answer does not count.',
  late: 'It is too late. Your answer does not count.',
  forged: 'This decision could not be verified. Your answer does not count.',
};

/** A beginning that is said, without half of a character, and the rest. */
const LONG = /^([^]{80})[^]+/u;

/** `text` with the value in its place: cut, and kept from turning the words around it (Unicode's isolates). */
export const withValue = (text: string, value: string): string =>
  text.replaceAll('{value}', () => `\u2068${value.replace(LONG, '$1…')}\u2069`);
