import type { FeedbackChoice, FeedbackProperties } from './feedback-api.ts';
import { make, words } from './feedback-dom.ts';

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

/** More choices than these are a list. */
const MOST_BUTTONS = 6;
/** Longest text of a correction. */
const LONGEST_TEXT = 10_000;

/** Places for texts that the caller fills. */
export interface ValueTexts {
  readonly label: HTMLElement;
  readonly error: HTMLElement;
}

/** A field for one of the choices, else for what `type` says. */
export function valueField(choices: readonly FeedbackChoice[], type: FeedbackProperties['type'], texts: ValueTexts): ValueField {
  if (choices.length === 0) return typed(type === 'number' ? number() : text(), texts);
  return choices.length > MOST_BUTTONS ? list(choices, texts) : buttons(choices, texts);
}

function buttons(choices: readonly FeedbackChoice[], { label, error }: ValueTexts): ValueField {
  const inputs = choices.map((_, index) => {
    const input = make('input', 'radio');
    Object.assign(input, { type: 'radio', name: 'value', value: String(index) });
    return input;
  });
  const rows = inputs.map((input, index) => make('label', 'choice', input, words(choices[index]?.label)));
  const field = make('fieldset', 'field', make('legend', 'label', label), make('div', 'choices', ...rows), error);
  // Only this role of a group may be invalid.
  field.setAttribute('role', 'radiogroup');
  const checked = (): HTMLInputElement | undefined => inputs.find((input) => input.checked);
  const first = (): HTMLElement => checked() ?? inputs[0] ?? field;
  return describedBy(error, { root: field, field, first, read: (current) => chosen(current, checked()?.value) });
}

function list(choices: readonly FeedbackChoice[], texts: ValueTexts): ValueField {
  const options = choices.map(({ label: text }, index) => {
    const option = document.createElement('option');
    option.dir = 'auto';
    option.value = String(index);
    option.textContent = text;
    return option;
  });
  const field = make('select', 'input', document.createElement('option'), ...options);
  return labelled(field, texts, (current) => chosen(current, field.value));
}

const chosen = (choices: readonly FeedbackChoice[], index: string | undefined): Entered => {
  const choice = index === undefined || index === '' ? undefined : choices[Number(index)];
  return choice === undefined ? 'valueMissing' : { output: choice.value, said: choice.label };
};

function number(): HTMLInputElement {
  const input = make('input', 'input');
  Object.assign(input, { type: 'number', step: 'any' });
  return input;
}

function text(): HTMLTextAreaElement {
  const area = make('textarea', 'input');
  Object.assign(area, { rows: 2, maxLength: LONGEST_TEXT, dir: 'auto' });
  return area;
}

function typed(field: HTMLInputElement | HTMLTextAreaElement, texts: ValueTexts): ValueField {
  return labelled(field, texts, (_, toOutput) => {
    const said = field.value.trim();
    // A browser gives nothing of what is no number.
    if (said === '') return field.validity.badInput ? 'valueUnfit' : 'valueMissing';
    try {
      const entered = field.type === 'number' ? Number(said) : said;
      return { output: toOutput === null ? entered : toOutput(entered), said };
    } catch {
      return 'valueUnfit';
    }
  });
}

function labelled(
  field: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
  { label, error }: ValueTexts,
  read: ValueField['read'],
): ValueField {
  field.id = 'value';
  const caption = make('label', 'label', label);
  caption.htmlFor = field.id;
  return describedBy(error, { root: make('div', 'field', caption, field, error), field, first: () => field, read });
}

function describedBy(error: HTMLElement, made: ValueField): ValueField {
  error.id = 'value-error';
  made.field.setAttribute('aria-describedby', error.id);
  made.field.setAttribute('aria-required', 'true');
  return made;
}
