/** Cells of a field in ascending order as half-open ranges, flat: `[0, 2, 5, 6]` is the cells 0, 1 and 5. */
export type Runs = readonly number[];

/** A set of points: a set of cells for each field; `undefined` is all cells of the field. */
export type Box = readonly (Runs | undefined)[];

/** The cells for which `holds`. */
export function runsWhere(size: number, holds: (cell: number) => boolean): Runs {
  const runs: number[] = [];
  let inside = false;
  for (let cell = 0; cell < size; cell++) {
    if (holds(cell) === inside) continue;
    runs.push(cell);
    inside = !inside;
  }
  if (inside) runs.push(size);
  return runs;
}

/** Whether two boxes have a point in common. */
export function meets(a: Box, b: Box): boolean {
  for (let field = 0; field < a.length; field++) if (!meetsIn(a, b, field)) return false;
  return true;
}

function meetsIn(a: Box, b: Box, field: number): boolean {
  const [here, there] = [a[field], b[field]];
  if (here === undefined) return there?.length !== 0;
  if (there === undefined) return here.length !== 0;
  for (let i = 0, j = 0; i < here.length && j < there.length;) {
    const [from = 0, to = 0, otherFrom = 0, otherTo = 0] = [here[i], here[i + 1], there[j], there[j + 1]];
    if (from < otherTo && otherFrom < to) return true;
    if (to <= otherTo) i += 2;
    else j += 2;
  }
  return false;
}

/** What two boxes have in common. */
export function intersection(a: Box, b: Box): Box {
  return a.map((runs, field) => {
    const others = b[field];
    if (runs === undefined || others === undefined) return runs ?? others;
    const both: number[] = [];
    for (let i = 0, j = 0; i < runs.length && j < others.length;) {
      const [from = 0, to = 0, otherFrom = 0, otherTo = 0] = [runs[i], runs[i + 1], others[j], others[j + 1]];
      if (from < otherTo && otherFrom < to) both.push(Math.max(from, otherFrom), Math.min(to, otherTo));
      if (to <= otherTo) i += 2;
      else j += 2;
    }
    return both;
  });
}

/** Boxes that together hold the points outside of `box`. */
export function outside(box: Box, sizes: readonly number[]): readonly Box[] {
  return box.flatMap((runs, field) => {
    if (runs === undefined) return [];
    const cut: (Runs | undefined)[] = sizes.map(() => undefined);
    cut[field] = invert(runs, sizes[field] ?? 0);
    return [cut];
  });
}

function invert(runs: Runs, size: number): Runs {
  const ends = [0, ...runs, size];
  const inverse: number[] = [];
  for (let index = 0; index < ends.length; index += 2) {
    const [from = 0, to = 0] = [ends[index], ends[index + 1]];
    if (from < to) inverse.push(from, to);
  }
  return inverse;
}

/** A largest box round `point` that meets none of `boxes`, none of which holds the point. */
export function grow(point: readonly number[], sizes: readonly number[], boxes: readonly Box[]): Box {
  const grown: (Runs | undefined)[] = point.map((cell) => [cell, cell + 1]);
  for (const [field, size] of sizes.entries()) {
    const taken = new Uint8Array(size);
    for (const box of boxes) {
      const near = sizes.every((_, other) => other === field || meetsIn(grown, box, other));
      const runs = near ? (box[field] ?? []) : [];
      for (let index = 0; index < runs.length; index += 2) taken.fill(1, runs[index], runs[index + 1]);
    }
    const free = runsWhere(size, (cell) => taken[cell] === 0);
    grown[field] = free[0] === 0 && free[1] === size ? undefined : free;
  }
  return grown;
}
