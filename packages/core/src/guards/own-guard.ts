import { callback, type Kinds, required, text } from '../errors/index.ts';
import type { MaybePromise } from '../types/index.ts';
import type { GuardAction, GuardContext, GuardOptions, ModelGuard } from './guard.ts';
import { ACTIONS, guardOf } from './guard-base.ts';
import type { Finding } from './recogniser.ts';
import { isPromise, adopted } from '../time/index.ts';

/** A part of a text: from `start` up to but not including `end`, in UTF-16 code units. */
export interface TextPart {
  readonly start: number;
  readonly end: number;
  /** What stands in brackets in its place. @defaultValue the guard's name */
  readonly label?: string;
}

export interface OwnGuardOptions extends GuardOptions {
  readonly name: string;
  /**
   * Whether a text may pass: `true`, or `false` for the text as a whole; or the parts of it that may not, none of them where it may. It may answer
   * later: the call waits, within its deadline.
   */
  readonly check: (text: string, context: GuardContext) => MaybePromise<boolean | readonly TextPart[]>;
  /** @defaultValue 'block' */
  readonly action?: GuardAction;
}

const OWN: Kinds<Omit<OwnGuardOptions, Exclude<keyof GuardOptions, 'name'>>> = {
  name: required(text),
  check: required(callback),
  action: ACTIONS,
};

/**
 * A guard of your own: a function that looks at each text.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function guard(options: OwnGuardOptions): ModelGuard {
  return guardOf<OwnGuardOptions>('guard', options, OWN, 'block', ({ name, check }) => ({
    of: 'texts',
    check: (value, context) => {
      const answer: unknown = check(value, context);
      const later = isPromise(answer) ? answer : adopted(answer);
      return later === undefined ? findingsOf(answer, value, name) : later.then((told) => findingsOf(told, value, name));
    },
  }));
}

/** What a check has answered, in order and without overlaps. */
function findingsOf(answer: unknown, text: string, name: string): readonly Finding[] {
  if (answer === true) return [];
  if (answer === false) return [{ start: 0, end: text.length, label: name }];
  if (!Array.isArray(answer)) throw new TypeError(`Guard "${name}" answered neither true nor false, nor a list of parts.`);
  const parts = answer.map((part: unknown) => partOf(part, text, name)).toSorted((a, b) => a.start - b.start || b.end - a.end);
  const merged: Finding[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last === undefined || part.start >= last.end) merged.push(part);
    else merged[merged.length - 1] = { ...last, end: Math.max(last.end, part.end) };
  }
  return merged;
}

function partOf(part: unknown, text: string, name: string): Finding {
  const { start, end, label } = Object(part) as Partial<Record<string, unknown>>;
  const fits = Number.isSafeInteger(start) && Number.isSafeInteger(end) && Number(start) >= 0 && Number(end) <= text.length;
  if (!fits || Number(start) >= Number(end)) throw new TypeError(`Guard "${name}" answered a part that is not in the text.`);
  return { start: Number(start), end: Number(end), label: typeof label === 'string' && label !== '' ? label : name };
}
