/** `, did you mean plan?` for the command within two typing errors, else nothing. */
export function nearest(word: string, known: readonly string[]): string {
  const meant = known.find((name) => within(2, word, name));
  return meant === undefined ? '' : `, did you mean ${meant}?`;
}

/** Whether at most so many letters must be put in, left out or changed to make `b` of `a`. */
function within(edits: number, a: string, b: string): boolean {
  if (edits < 0) return false;
  if (a === '' || b === '') return a.length + b.length <= edits;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return within(edits, restA, restB);
  return within(edits - 1, restA, restB) || within(edits - 1, restA, b) || within(edits - 1, a, restB);
}
