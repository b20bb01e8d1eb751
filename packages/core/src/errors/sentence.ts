/** A reason as one sentence: those of people and of policies end with a full stop, or do not. */
export const sentence = (reason: string): string => (/[.!?…]\s*$/u.test(reason) ? reason.trimEnd() : `${reason}.`);
