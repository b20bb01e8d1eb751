import { TOPICS } from './topics.ts';

/** What the desk says when no vendor answers: a sentence of the handbook, by the words of the question. */
export const cannedAnswers = Object.entries(TOPICS).map(([id, { words, rule }]) => ({
  id,
  when: ({ text }: { readonly text: string }) => words.test(text),
  then: `${rule} A colleague will write to you.`,
}));
