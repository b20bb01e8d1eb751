import type { Repair } from '../types/index.ts';

/** The answer to mend, as the model wrote it, as far as that is known. */
export function answerOf({ output }: Repair): string {
  if (typeof output === 'string') return output;
  try {
    return JSON.stringify(output) ?? 'null';
  } catch {
    return 'null'; // What `parse` made of an answer need not be JSON.
  }
}

/** What the model is asked for. */
export function requestOf({ problems }: Repair): string {
  const lines = problems.map(({ path, message }) => `- ${path === '' ? 'the whole answer' : path}: ${message}`);
  return `Your answer breaks the expected schema:\n${lines.join('\n')}\nAnswer again with the corrected JSON only.`;
}
