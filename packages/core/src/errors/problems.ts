import type { ErrorCode } from './error-code.ts';
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

  /** Throws one error with every problem, if there is one. */
  throwIfAny(code: ErrorCode, subject: string): void {
    if (this.list.length > 0) throw problemsError(code, subject, this.list);
  }
}

export function problemsError(code: ErrorCode, subject: string, problems: readonly Problem[], cause?: unknown): UnderstudyError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `\n  ${problem.path === '' ? '(whole value)' : problem.path}: ${problem.message}`);
  return new UnderstudyError(code, `${subject} has ${count}:${lines.join('')}`, {
    details: { problems: [...problems] },
    ...(cause === undefined ? {} : { cause }),
  });
}
