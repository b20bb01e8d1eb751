import type { FeedbackChoice, FeedbackProperties } from './feedback-api.ts';
import { describe, labelled, make, words } from './feedback-dom.ts';

/** What a person chose or entered: an output, and the words that say it again. */
export type Entered = { readonly output: unknown; readonly said: string } | 'valueMissing' | 'valueUnfit';

/** The field of a correction's value. */
export interface ValueField {
  readonly root: HTMLElement;
  /** What is marked where the value does not fit. */
  readonly field: HTMLElement;
  /** What gets the focus. */
  readonly first: () => HTMLElement;
  readonly read: (choices: readonly FeedbackChoice[], toOutput: FeedbackProperties['toOutput']) => Entered;
}

const ID = 'value';
/** Longest text of a correction. */
const LONGEST_TEXT = 10_000;

/** A field for one of the choices, else for what `type` says. The caller fills `label`, and `error` where the value does not fit. */
export function valueField(
  choices: readonly FeedbackChoice[],
  type: FeedbackProperties['type'],
  label: HTMLElement,
  error: HTMLElement,
): ValueField {
  const made = choices.length > 0 ? chosen(choices, label, error) : typed(type, label, error);
  made.field.ariaRequired = 'true';
  return made;
}

function chosen(choices: readonly FeedbackChoice[], label: HTMLElement, error: HTMLElement): ValueField {
  const inputs = choices.map(() => Object.assign(make('input', 'radio'), { type: 'radio', name: 'value' }));
  const rows = inputs.map((input, index) => make('label', 'choice', input, words(choices[index]?.label)));
  const field = make('fieldset', 'field', make('legend', 'label', label), make('div', 'choices', ...rows), error);
  // Only this role of a group may be invalid.
  field.role = 'radiogroup';
  describe(field, ID, error);
  const place = (): number => inputs.findIndex(({ checked }) => checked);
  return {
    root: field,
    field,
    first: () => inputs[place()] ?? inputs[0] ?? field,
    read: (current) => {
      const choice = current[place()];
      return choice === undefined ? 'valueMissing' : { output: choice.value, said: choice.label };
    },
  };
}

function typed(type: FeedbackProperties['type'], label: HTMLElement, error: HTMLElement): ValueField {
  const isNumber = type === 'number';
  const field = make(isNumber ? 'input' : 'textarea', 'input');
  Object.assign(field, isNumber ? { type, step: 'any' } : { maxLength: LONGEST_TEXT, dir: 'auto' });
  return {
    root: labelled(field, ID, label, error),
    field,
    first: () => field,
    read: (_, toOutput) => {
      const said = field.value.trim();
      // A browser gives nothing of what is no number.
      if (said === '') return field.validity.badInput ? 'valueUnfit' : 'valueMissing';
      try {
        const entered = isNumber ? Number(said) : said;
        const output = toOutput === null ? entered : toOutput(entered);
        // As JSON a promise is {}: nobody has said that.
        return output instanceof Promise ? 'valueUnfit' : { output, said };
      } catch {
        return 'valueUnfit';
      }
    },
  };
}
