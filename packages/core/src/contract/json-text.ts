/** The JSON of a text, in a fence of Markdown or not: language models put one round it. @throws SyntaxError for a text that is no JSON */
export function jsonOfText(text: string): unknown {
  return JSON.parse(unfenced(text));
}

/** What stands in a fence: ```` ```json ````, another language or none. */
function unfenced(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length < 6 || !trimmed.startsWith('```') || !trimmed.endsWith('```')) return trimmed;
  const inside = trimmed.slice(3, -3);
  const firstLine = inside.indexOf('\n');
  return firstLine < 0 ? inside.replace(/^json\b/i, '') : inside.slice(firstLine);
}
