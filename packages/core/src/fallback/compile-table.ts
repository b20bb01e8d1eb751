import type { Failure, TierAnswer } from '../types/index.ts';
import { type CompiledTest, compileTest, passes } from './field-test.ts';
import type { FixedOutput } from './fixed-output.ts';
import { shown } from './read-conditions.ts';
import type { ReadRow, ReadTable, RowFunction } from './read-table.ts';

/** A table as it runs. It never throws. */
export type Answer = (input: unknown, failure: Failure) => TierAnswer<unknown>;

interface Row {
  readonly id: string;
  readonly because: string | undefined;
  readonly tests: readonly CompiledTest[];
  /** For a row whose condition is a function. */
  readonly condition: RowFunction | undefined;
  readonly output: RowFunction;
  readonly answer: Answer;
}

const NO_ROWS: readonly string[] = Object.freeze([]);

/** Makes the closures of a table, once. An answer with a fixed output then allocates nothing. */
export function compileTable(table: ReadTable): Answer {
  const rows = table.rows.map(compileRow);
  const subject = `rules ${table.name}`;
  const { otherwise, combine } = table;
  const unmatched: Answer =
    otherwise === undefined
      ? constant({ abstains: `${subject}: no row matched` })
      : fixedAnswer(otherwise, 'no row matched', NO_ROWS);
  // A row that throws, or is no rule, makes the tier abstain: the next tier goes on.
  const fault = (row: Row | undefined, error: unknown): TierAnswer<never> => ({
    abstains: `${subject}: ${row === undefined ? 'combine' : `row ${row.id}`} threw: ${thrownText(error)}`,
  });
  if (combine !== undefined) return everyMatch(rows, combine, unmatched, fault);
  return table.hitPolicy === 'unique' ? onlyMatch(rows, subject, unmatched, fault) : firstMatch(rows, unmatched, fault);
}

type Fault = (row: Row | undefined, error: unknown) => TierAnswer<never>;

function firstMatch(rows: readonly Row[], unmatched: Answer, fault: Fault): Answer {
  return (input, failure) => {
    let asked: Row | undefined;
    try {
      for (const row of rows) {
        asked = row;
        if (matches(row, input, failure)) return row.answer(input, failure);
      }
    } catch (error) {
      return fault(asked, error);
    }
    return unmatched(input, failure);
  };
}

function onlyMatch(rows: readonly Row[], subject: string, unmatched: Answer, fault: Fault): Answer {
  return (input, failure) => {
    let asked: Row | undefined;
    let found: Row | undefined;
    try {
      for (const row of rows) {
        asked = row;
        if (!matches(row, input, failure)) continue;
        if (found !== undefined) return { abstains: `${subject}: rows ${found.id} and ${row.id} both matched, and only one may` };
        found = row;
      }
      asked = found;
      return (found?.answer ?? unmatched)(input, failure);
    } catch (error) {
      return fault(asked, error);
    }
  };
}

function everyMatch(rows: readonly Row[], combine: NonNullable<ReadTable['combine']>, unmatched: Answer, fault: Fault): Answer {
  return (input, failure) => {
    let asked: Row | undefined;
    const outputs: unknown[] = [];
    const matched: Row[] = [];
    try {
      for (const row of rows) {
        asked = row;
        if (!matches(row, input, failure)) continue;
        outputs.push(row.output(input, failure));
        matched.push(row);
      }
      if (matched.length === 0) return unmatched(input, failure);
      asked = undefined;
      const reasons = matched.flatMap((row) => row.because ?? []);
      return answerOf(
        atOnce(combine(outputs)),
        reasons.length === 0 ? undefined : reasons.join('; '),
        matched.map((row) => row.id),
      );
    } catch (error) {
      return fault(asked, error);
    }
  };
}

function compileRow({ id, because, when, then }: ReadRow): Row {
  const ids = Object.freeze([id]);
  const byFunction = typeof when === 'function';
  const output: RowFunction = typeof then === 'function' ? (input, failure) => atOnce(then(input, failure)) : then.read;
  return {
    id,
    because,
    tests: byFunction ? [] : when.map(compileTest),
    condition: byFunction ? when : undefined,
    output,
    answer:
      typeof then === 'function'
        ? (input, failure) => answerOf(output(input, failure), because, ids)
        : fixedAnswer(then, because, ids),
  };
}

function matches({ tests, condition }: Row, input: unknown, failure: Failure): boolean {
  if (condition === undefined) return passes(tests, input);
  const result = atOnce(condition(input, failure));
  if (typeof result === 'boolean') return result;
  throw new TypeError(`its condition gave ${shown(result)} where true or false was expected`);
}

/** A rule has no time to wait: a promise is refused, and its rejection silenced. */
function atOnce(value: unknown): unknown {
  if (value instanceof Promise) {
    value.catch(() => undefined);
    throw new TypeError('it gave a promise, and a rule answers at once');
  }
  return value;
}

function answerOf(output: unknown, because: string | undefined, rows: readonly string[]): TierAnswer<unknown> {
  return because === undefined ? { output, rows } : { output, because, rows };
}

const constant = (answer: TierAnswer<unknown>): Answer => {
  Object.freeze(answer);
  return () => answer;
};

function fixedAnswer(output: FixedOutput, because: string | undefined, rows: readonly string[]): Answer {
  return output.shared ? constant(answerOf(output.read(), because, rows)) : () => answerOf(output.read(), because, rows);
}

/** Anything can be thrown, also what cannot be turned into text. */
function thrownText(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something that has no text';
  }
}
