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
  failed: 'Your answer could not be sent. Please try again.',
  timedOut: 'No reply came in time. Please try again.',
  refused: 'This correction does not fit. Change it and send it again.',
  agreed: 'Thank you. You agreed.',
  disagreed: 'Thank you. You disagreed.',
  corrected: 'Thank you. You corrected it to {value}.',
  unscored: 'Thank you. Your answer is recorded, but too little is known of the decision to score it.',
  duplicate: 'This decision has had such an answer before. The first one counts.',
  unknown: 'This decision is not known. Your answer does not count.',
  late: 'It is too late for this decision. Your answer does not count.',
  forged: 'This decision could not be verified. Your answer does not count.',
};

/** What of a correction is said again: its first characters, none of them halved. */
const BEGINNING = /^[^]{0,80}/u;

/** `text` with the value in its place: cut, and kept from turning the words around it (Unicode's isolates). */
export function withValue(text: string, value: string): string {
  const beginning = BEGINNING.exec(value)?.[0] ?? '';
  const said = beginning.length < value.length ? `${beginning}…` : value;
  return text.replaceAll('{value}', () => `\u2068${said}\u2069`);
}
