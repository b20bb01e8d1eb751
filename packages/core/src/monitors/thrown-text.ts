const LONGEST = 200;

/** What was thrown, as a status shows it: one bounded text, whatever it is and whatever its own code does. */
export function thrownText(thrown: unknown): string {
  try {
    const text: unknown = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'message') : thrown;
    const shown = typeof text === 'string' || typeof text === 'number' ? String(text) : '';
    if (shown !== '') return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown;
  } catch {
    // A getter that throws, or a revoked proxy: it says nothing.
  }
  return 'something without a message was thrown';
}
