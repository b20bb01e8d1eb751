/** Every text of `<understudy-feedback>`. */
export interface FeedbackMessages {
  readonly question: string;
  readonly agree: string;
  readonly disagree: string;
  readonly correct: string;
  /** Titles of the forms. */
  readonly disagreeTitle: string;
  readonly correctTitle: string;
  /** Fields. */
  readonly value: string;
  readonly choose: string;
  readonly reason: string;
  readonly optionalReason: string;
  readonly hint: string;
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
  disagreeTitle: 'You disagree',
  correctTitle: 'Correct this decision',
  value: 'What should it be?',
  choose: 'Choose one',
  reason: 'Why?',
  optionalReason: 'Why? (optional)',
  hint: 'Up to 1,000 characters',
  send: 'Send',
  cancel: 'Cancel',
  valueMissing: 'Say what it should be.',
  valueUnfit: 'This value does not fit.',
  reasonMissing: 'Say why.',
  sending: 'Sending…',
  failed: 'Your answer could not be sent. Please try again.',
  timedOut: 'No reply came in time. Please try again.',
  refused: 'The model could not have answered this. Change your correction and send it again.',
  agreed: 'Thank you. You agreed.',
  disagreed: 'Thank you. You disagreed.',
  corrected: 'Thank you. You corrected it to {value}.',
  unscored: 'Thank you. Your answer is recorded, but the decision is no longer known, so the model is not scored by it.',
  duplicate: 'This decision has had an answer of this kind before. The first one counts.',
  unknown: 'This decision is not known. Your answer does not count.',
  late: 'It is too late for this decision. Your answer does not count.',
  forged: 'This decision could not be verified. Your answer does not count.',
};

/** The texts of a user's that are texts, whatever else was given. */
export function ownMessages(given: unknown): Partial<FeedbackMessages> {
  return Object.fromEntries(Object.entries(Object(given) as object).filter(([, text]) => typeof text === 'string'));
}

/** What of a correction is said again: its first characters, none of them halved. */
const BEGINNING = /^[^]{0,80}/u;

/** `text` with the value in its place: cut, and kept from turning the words around it (Unicode's isolates). */
export function withValue(text: string, value: string): string {
  const beginning = BEGINNING.exec(value)?.[0] ?? '';
  const said = beginning.length < value.length ? `${beginning}…` : value;
  return text.replaceAll('{value}', () => `\u2068${said}\u2069`);
}
