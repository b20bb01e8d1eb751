/** The JSON of a text, in a fence of Markdown or not: language models put one round it. @throws SyntaxError for a text that is no JSON */
export function jsonOfText(value: string): unknown {
  return JSON.parse(unfenced(value));
}

function unfenced(value: string): string {
  const trimmed = value.trim();
  if (!trimmed.startsWith('```') || !trimmed.endsWith('```')) return trimmed;
  const start = trimmed.indexOf('\n');
  return start < 0 ? trimmed : trimmed.slice(start, -3);
}
