import { UnderstudyError } from '../errors/index.ts';
import { isPromise } from '../time/index.ts';
import type { Guard, GuardPart, GuardSide } from './guard.ts';
import { type Finding, redacted } from './recogniser.ts';
import { type FoundText, textsIn, withTexts } from './texts.ts';

/** What a value becomes by guards. */
export interface Screened {
  readonly value: unknown;
  /** Why it may not pass; `undefined`: it may. */
  readonly stop: UnderstudyError | undefined;
  /** Whether no other model may be asked. */
  readonly isFinal: boolean;
}

/** One guard of one side of a model, at work. */
export class GuardRun {
  readonly guard: Guard<never>;
  readonly #model: string;
  readonly #side: GuardSide;
  readonly #failed: (error: unknown) => void;
  /** Values and texts that were checked, values that did not pass as they were, and failures of the guard itself. */
  checked = 0;
  texts = 0;
  found = 0;
  errors = 0;

  /** @param failed told of what the guard throws */
  constructor(guard: Guard<never>, model: string, side: GuardSide, failed: (error: unknown) => void) {
    this.guard = guard;
    this.#model = model;
    this.#side = side;
    this.#failed = failed;
  }

  /** Never throws or rejects. */
  apply(value: unknown): Screened | Promise<Screened> {
    this.checked++;
    try {
      const step = this.#check(value);
      return isPromise(step) ? step.catch((error: unknown) => this.#broken(value, error)) : step;
    } catch (error) {
      return this.#broken(value, error);
    }
  }

  #check(value: unknown): Screened | Promise<Screened> {
    const { '~part': part, fields } = this.guard;
    if (part.of === 'calls') return passed(value);
    if (part.of === 'value') {
      const verdict = part.fits(value);
      const told = (fits: boolean): Screened => (fits ? passed(value) : this.#stop(value));
      return isPromise(verdict) ? verdict.then(told) : told(verdict);
    }
    const texts = textsIn(value, fields);
    this.texts += texts.length;
    const context = { model: this.#model, side: this.#side };
    const found = texts.map(({ text, field }) => part.check(text, { ...context, field }));
    const end = (all: readonly (readonly Finding[])[]): Screened => this.#judged(value, texts, all);
    return found.some(isPromise)
      ? Promise.all(found.map(async (one) => one)).then(end)
      : end(found as readonly (readonly Finding[])[]);
  }

  #judged(value: unknown, texts: readonly FoundText[], found: readonly (readonly Finding[])[]): Screened {
    if (found.every((findings) => findings.length === 0)) return passed(value);
    if (this.guard.action !== 'redact') return this.#stop(value, found.flat());
    this.found++;
    const clean = texts.map(({ text }, index) => redacted(text, found[index] ?? []));
    return passed(withTexts(value, this.guard.fields, clean));
  }

  #stop(value: unknown, findings: readonly Finding[] = []): Screened {
    this.found++;
    const labels = findings.map(({ label }) => label);
    return this.#stopped(value, blockedError(this.guard, this.#side, this.#model, labels));
  }

  #broken(value: unknown, error: unknown): Screened {
    this.errors++;
    this.#failed(error);
    if (this.guard.onError === 'pass') return passed(value);
    return this.#stopped(value, blockedError(this.guard, this.#side, this.#model, [], { cause: error }));
  }

  #stopped(value: unknown, stop: UnderstudyError): Screened {
    return { value, stop, isFinal: this.guard.action !== 'fall-back' };
  }
}

const passed = (value: unknown): Screened => ({ value, stop: undefined, isFinal: false });

/** Names what was found, and holds nothing of the text. @param failure what the guard itself threw */
export function blockedError(
  { name: guard, '~part': part }: Guard<never>,
  side: GuardSide,
  model: string,
  labels: readonly string[],
  failure?: { readonly cause: unknown },
): UnderstudyError {
  const of = model === '' ? '' : ` of model "${model}"`;
  const found = foundBy(part, labels);
  const message =
    failure === undefined
      ? `Guard "${guard}" blocked the ${side}${of}.${found}`
      : `Guard "${guard}" failed, so that it blocked the ${side}${of}: see its cause, or give it onError: 'pass'.`;
  return new UnderstudyError('GUARD_BLOCKED', message, {
    ...failure,
    details: { ...(model === '' ? {} : { model }), guard, side },
  });
}

/** Labels of recognisers are names; those of a user's own function may hold anything. */
function foundBy(part: GuardPart, labels: readonly string[]): string {
  if (part.of !== 'parts' || labels.length === 0) return '';
  return part.finds === undefined ? ` It found: ${[...new Set(labels)].join(', ')}.` : ` It found ${part.finds}.`;
}
