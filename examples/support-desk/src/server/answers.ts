import { TOPICS, topicOf } from '../topics.ts';
import type { Question } from './vendor.ts';

/** What the model answers: sense for a reader, and the same for the same ticket. It goes on where the model has begun it. */
export function answerTo({ said, begun }: Question): string {
  const { answer } = TOPICS[topicOf(said)];
  const whole = `Thank you for writing to us. ${answer} If anything is unclear, our colleague in the night shift, night.shift@desk.example, will help you. Kind regards, your support desk.`;
  return whole.startsWith(begun) ? whole.slice(begun.length) : whole;
}
