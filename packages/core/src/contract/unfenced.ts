/**
 * What stands in a fence of Markdown, as language models put one round JSON: ```` ```json ````, another language or none. A text without one is
 * itself, without the spaces around it.
 */
export function unfenced(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length < 6 || !trimmed.startsWith('```') || !trimmed.endsWith('```')) return trimmed;
  const inside = trimmed.slice(3, -3);
  const firstLine = inside.indexOf('\n');
  return firstLine < 0 ? inside.replace(/^json\b/i, '').trim() : inside.slice(firstLine).trim();
}
