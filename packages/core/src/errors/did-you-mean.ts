/** `, did you mean x?` for the nearest of `known` within two typing errors (and half of the word), else nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  let nearest = '';
  let least = Math.min(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (edits < least) [nearest, least] = [candidate, edits];
  }
  return nearest === '' ? '' : `, did you mean ${nearest}?`;
}

/** Levenshtein distance with swaps of neighbours counted once; `limit` where it is that or more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    [before, previous] = [previous, row];
  }
  return Math.min(limit, previous[b.length] ?? limit);
}
