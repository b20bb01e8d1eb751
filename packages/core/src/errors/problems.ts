import type { ErrorCode } from './error-code.ts';
import { joined } from './kinds.ts';
import { type Problem, UnderstudyError } from './understudy-error.ts';

/** Collects everything that is wrong before anything is thrown, so that a user mends a configuration in one round. */
export class Problems {
  readonly list: Problem[] = [];

  /** Adds a problem at `path` unless `holds` is true; returns `holds`. */
  expect(holds: boolean, path: string, message: string): boolean {
    if (!holds) this.list.push({ path, message });
    return holds;
  }

  add(path: string, message: string): void {
    this.list.push({ path, message });
  }

  /** Adds the problems of a part, with paths that begin at it. */
  addAll(part: string, found: readonly Problem[]): void {
    for (const { path, message } of found) this.add(joined(part, path), message);
  }

  /** Throws one error with every problem, if there is one. */
  throwIfAny(code: ErrorCode, subject: string): void {
    if (this.list.length > 0) throw problemsError(code, subject, this.list);
  }
}

/** So many of a value's problems are told, and how many more there are: an input may have a million. */
export const SHOWN_PROBLEMS = 20;
/** A configuration is mended in one round: all of its problems are told, within reason. */
const MAX_PROBLEMS = 200;

/** One error for several problems; `more`, and those over 200, are told by their number (`details.moreProblems`). */
export function problemsError(
  code: ErrorCode,
  subject: string,
  problems: readonly Problem[],
  cause?: unknown,
  more = 0,
): UnderstudyError {
  const total = problems.length + more;
  const shown = problems.slice(0, MAX_PROBLEMS);
  const count = total === 1 ? 'a problem' : `${total} problems`;
  const lines = shown.map((problem) => `\n  ${problem.path === '' ? '(whole value)' : problem.path}: ${problem.message}`);
  const hidden = total - shown.length;
  const rest = hidden === 0 ? '' : `\n  and ${hidden} more`;
  return new UnderstudyError(code, `${subject} has ${count}:${lines.join('')}${rest}`, {
    details: { problems: shown, ...(hidden === 0 ? {} : { moreProblems: hidden }) },
    ...(cause === undefined ? {} : { cause }),
  });
}
