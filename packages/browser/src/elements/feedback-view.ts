import type { FeedbackChoice, FeedbackProperties } from './feedback-api.ts';
import { icon, labelled, make, mark, reshape, type Shape, words } from './feedback-dom.ts';
import { ENGLISH, type FeedbackMessages, type MessageName, withValue } from './feedback-messages.ts';
import { type Entered, valueField, type ValueField } from './feedback-value.ts';

/** What can be sent: the form of a disagreement is open only where it asks why. */
export type Form = 'disagree' | 'correct';

export type ButtonName = Form | 'agree' | 'send' | 'cancel';

/** What is said below, or in place of, the question. */
export interface Note {
  readonly tone: 'ok' | 'note' | 'error' | 'busy';
  readonly name: MessageName;
  readonly value?: string;
}

/** What the element shows. */
export interface Shown {
  readonly form: Form | undefined;
  readonly note: Note | undefined;
  /** The button whose answer is being sent. */
  readonly busy: ButtonName | undefined;
  readonly isDone: boolean;
  readonly offersCorrection: boolean;
  readonly needsReason: boolean;
  readonly choices: readonly FeedbackChoice[];
  readonly type: FeedbackProperties['type'];
  readonly messages: Partial<FeedbackMessages>;
}

/** Longest reason that an override may have. */
const LONGEST_REASON = 1000;

/** The tree of the element: made once, and changed by `show`. */
export class FeedbackView {
  /** Places of texts, and which text is there. */
  readonly #texts = new Map<HTMLElement, MessageName>();
  readonly #question = make('p', 'question', this.#place('question'));
  readonly #buttons: Readonly<Record<ButtonName, HTMLButtonElement>> = {
    agree: this.#button('agree', 'agree'),
    disagree: this.#button('disagree', 'disagree'),
    correct: this.#button('correct', 'correct'),
    send: this.#button('send'),
    cancel: this.#button('cancel'),
  };
  readonly #each = Object.entries(this.#buttons) as [ButtonName, HTMLButtonElement][];
  readonly #ask: HTMLElement;
  readonly #title = this.#place('correct');
  readonly #valueError = this.#place('valueMissing');
  readonly #valueLabel = this.#place('value');
  readonly #valueErrors = make('p', 'error', this.#valueError);
  readonly #valuePlace = document.createElement('div');
  #value: ValueField | undefined;
  /** What the field of the value was made for. */
  #madeFor = '';
  readonly #reasonLabel = this.#place('reason');
  readonly #reason = make('textarea', 'input');
  readonly #reasonError = make('p', 'error', this.#place('reasonMissing'));
  readonly #form: HTMLFormElement;
  readonly #panel: HTMLElement;
  readonly #noteIcon = icon('note');
  readonly #noteText = words();
  readonly #note = make('p', 'status', this.#noteIcon, this.#noteText);

  constructor(root: ShadowRoot, press: (button: ButtonName) => void) {
    const { agree, disagree, correct, send, cancel } = this.#buttons;
    this.#ask = make('div', 'ask', this.#question, make('div', 'actions', agree, disagree, correct));
    Object.assign(this.#reason, { maxLength: LONGEST_REASON, dir: 'auto' });
    // A name of the form itself would make a landmark of each.
    const fields = make(
      'fieldset',
      'fields',
      make('legend', 'title', this.#title),
      this.#valuePlace,
      labelled(this.#reason, 'reason', this.#reasonLabel, this.#reasonError),
      make('div', 'actions', send, cancel),
    );
    this.#form = make('form', 'form', fields);
    this.#form.noValidate = true;
    this.#panel = make('div', 'panel', this.#ask, this.#form);
    this.#panel.role = 'group';
    this.#question.id = 'question';
    this.#panel.setAttribute('aria-labelledby', 'question');
    this.#note.role = 'status';
    this.#note.tabIndex = -1;
    root.append(make('div', 'base', this.#note, this.#panel));

    for (const [name, button] of this.#each) button.addEventListener('click', () => press(name));
    // Enter in a field clicks the button that sends.
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      // It closes the form, and not the dialog in which the element may be.
      event.preventDefault();
      event.stopPropagation();
      press('cancel');
    });
  }

  show(shown: Shown): void {
    const { form, isDone, busy, offersCorrection, needsReason, messages } = shown;
    const { agree, disagree, correct } = this.#buttons;
    const isBusy = String(busy !== undefined);
    this.#ask.hidden = form !== undefined;
    this.#panel.hidden = form === undefined && isDone && !offersCorrection;
    this.#question.hidden = agree.hidden = disagree.hidden = isDone;
    correct.hidden = !offersCorrection;
    this.#form.hidden = form === undefined;
    this.#valuePlace.hidden = form === 'disagree';
    if (form === 'correct') this.#makeValue(shown);
    this.#texts.set(this.#title, form ?? 'correct');
    this.#texts.set(this.#reasonLabel, needsReason ? 'reason' : 'optionalReason');
    this.#reason.ariaRequired = String(needsReason);
    this.#panel.ariaBusy = isBusy;
    for (const [name, button] of this.#each) {
      button.ariaDisabled = isBusy;
      button.toggleAttribute('data-busy', name === busy);
    }
    for (const [place, name] of this.#texts) say(place, name, messages);
    const { note } = shown;
    this.#note.dataset['tone'] = note?.tone ?? 'none';
    reshape(this.#noteIcon, note?.tone === 'ok' ? 'agree' : 'note');
    if (note === undefined) this.#noteText.textContent = '';
    else say(this.#noteText, note.name, messages, note.value);
  }

  /** To what is said, to the first field of a form, or to the button that opened it. */
  focus(where: Form | 'note', isBack = false): void {
    const field = where === 'correct' ? this.#value?.first() : this.#reason;
    const target = where === 'note' ? this.#note : isBack ? this.#buttons[where] : field;
    target?.focus();
  }

  get reason(): string {
    return this.#reason.value.trim().slice(0, LONGEST_REASON);
  }

  entered(shown: Shown, toOutput: FeedbackProperties['toOutput']): Entered {
    return this.#value?.read(shown.choices, toOutput) ?? 'valueMissing';
  }

  /** Marks what is wrong, and goes to the first of it. Answers whether something is. */
  complain(value: Entered | undefined, isReasonMissing: boolean): boolean {
    const isValueWrong = typeof value === 'string';
    if (isValueWrong) this.#texts.set(this.#valueError, value);
    if (this.#value !== undefined) mark(this.#value.field, this.#valueErrors, isValueWrong);
    mark(this.#reason, this.#reasonError, isReasonMissing);
    if (isValueWrong) this.focus('correct');
    else if (isReasonMissing) this.focus('disagree');
    return isValueWrong || isReasonMissing;
  }

  /** Forgets what was entered. */
  clear(): void {
    this.#form.reset();
    this.complain(undefined, false);
  }

  /** Anew only where other labels are shown: what was entered is kept while a page sets the same properties again. */
  #makeValue({ choices, type }: Shown): void {
    const key = JSON.stringify([type, ...choices.map(({ label }) => label)]);
    if (key === this.#madeFor) return;
    this.#madeFor = key;
    this.#value = valueField(choices, type, this.#valueLabel, this.#valueErrors);
    mark(this.#value.field, this.#valueErrors, false);
    this.#valuePlace.replaceChildren(this.#value.root);
  }

  #place(name: MessageName): HTMLElement {
    const place = words();
    this.#texts.set(place, name);
    return place;
  }

  #button(name: ButtonName, shape?: Shape): HTMLButtonElement {
    const button = make('button', `button ${name}`, ...(shape === undefined ? [] : [icon(shape)]), this.#place(name));
    button.type = name === 'send' ? 'submit' : 'button';
    return button;
  }
}

/** Writes a text where it differs: a live region tells each change. Ours are marked as English. */
function say(place: HTMLElement, name: MessageName, own: Partial<FeedbackMessages>, value?: string): void {
  const given: unknown = own[name];
  const isOwn = typeof given === 'string';
  const text = isOwn ? given : ENGLISH[name];
  const said = value === undefined ? text : withValue(text, value);
  if (place.textContent !== said) place.textContent = said;
  if (isOwn) place.removeAttribute('lang');
  else place.lang = 'en';
}
