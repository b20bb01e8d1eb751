/**
 * The answer of a function of the user's that must answer at once. A promise in its place is an answer like any other that makes no
 * sense; nobody waits for it, and where it rejects it must not end the process.
 */
export function atOnce(answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null) Promise.resolve(answer).catch(() => undefined);
  return answer;
}
