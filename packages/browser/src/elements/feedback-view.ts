import type { FeedbackChoice, FeedbackProperties } from './feedback-api.ts';
import { icon, make, mark, reshape, type Shape, words } from './feedback-dom.ts';
import { ENGLISH, type FeedbackMessages, type MessageName, withValue } from './feedback-messages.ts';
import { type Entered, valueField, type ValueField } from './feedback-value.ts';

/** What can be sent: the form of a disagreement is open only where it asks why. */
export type Form = 'disagree' | 'correct';

/** The buttons that send. */
export type Sender = 'agree' | 'disagree' | 'send';

/** What is said below or in place of the question. */
export interface Note {
  readonly tone: 'ok' | 'note' | 'error' | 'busy';
  readonly name: MessageName;
  readonly value?: string;
}

/** What the element shows. */
export interface Shown {
  readonly form: Form | undefined;
  readonly note: Note | undefined;
  readonly isBusy: boolean;
  readonly isDone: boolean;
  readonly offersCorrection: boolean;
  readonly isReasonRequired: boolean;
  readonly choices: readonly FeedbackChoice[];
  readonly type: FeedbackProperties['type'];
  readonly messages: Partial<FeedbackMessages>;
}

export interface Handlers {
  readonly agree: () => void;
  readonly disagree: () => void;
  readonly correct: () => void;
  readonly send: () => void;
  readonly cancel: () => void;
}

/** Longest reason that an override may have. */
const LONGEST_REASON = 1000;

/** The tree of the element: made once, and changed by `show`. */
export class FeedbackView {
  readonly #root: ShadowRoot;
  /** Places of texts, and which text is there. */
  readonly #texts = new Map<HTMLElement, MessageName>();
  readonly #question = make('p', 'question', this.#place('question'));
  readonly #agree = this.#button('agree', 'agree');
  readonly #disagree = this.#button('disagree', 'disagree');
  readonly #correct = this.#button('correct', 'correct');
  readonly #send = this.#button('send');
  readonly #cancel = this.#button('cancel');
  readonly #ask = make('div', 'ask', this.#question, make('div', 'actions', this.#agree, this.#disagree, this.#correct));
  readonly #title = this.#place('correct');
  readonly #valueError = this.#place('valueMissing');
  readonly #valueTexts = {
    label: this.#place('value'),
    error: make('p', 'error', this.#valueError),
  };
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

  constructor(root: ShadowRoot, handlers: Handlers) {
    this.#root = root;
    this.#question.id = 'question';
    Object.assign(this.#reason, { id: 'reason', rows: 2, maxLength: LONGEST_REASON, dir: 'auto' });
    this.#reason.setAttribute('aria-describedby', 'reason-error');
    this.#reasonError.id = 'reason-error';
    const caption = make('label', 'label', this.#reasonLabel);
    caption.htmlFor = 'reason';
    this.#form = make(
      'form',
      'form',
      // A name of the form itself would make a landmark of each.
      make(
        'fieldset',
        'fields',
        make('legend', 'title', this.#title),
        this.#valuePlace,
        make('div', 'field', caption, this.#reason, this.#reasonError),
        make('div', 'actions', this.#send, this.#cancel),
      ),
    );
    this.#form.noValidate = true;
    this.#note.setAttribute('role', 'status');
    this.#note.tabIndex = -1;
    this.#panel = make('div', 'panel', this.#ask, this.#form);
    this.#panel.setAttribute('role', 'group');
    this.#panel.setAttribute('aria-labelledby', this.#question.id);
    root.append(make('div', 'base', this.#note, this.#panel));

    this.#agree.addEventListener('click', handlers.agree);
    this.#disagree.addEventListener('click', handlers.disagree);
    this.#correct.addEventListener('click', handlers.correct);
    this.#cancel.addEventListener('click', handlers.cancel);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      handlers.send();
    });
    this.#form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      // It closes the form, and not the dialog in which the element may be.
      event.preventDefault();
      event.stopPropagation();
      handlers.cancel();
    });
  }

  show(shown: Shown): void {
    const { form, isDone, isBusy, messages } = shown;
    this.#ask.hidden = form !== undefined;
    this.#panel.hidden = form === undefined && isDone && !shown.offersCorrection;
    this.#question.hidden = this.#agree.hidden = this.#disagree.hidden = isDone;
    this.#correct.hidden = !shown.offersCorrection;
    this.#form.hidden = form === undefined;
    this.#valuePlace.hidden = form === 'disagree';
    if (form === 'correct') this.#makeValue(shown);
    this.#texts.set(this.#title, form ?? 'correct');
    this.#texts.set(this.#reasonLabel, shown.isReasonRequired ? 'reason' : 'optionalReason');
    this.#reason.setAttribute('aria-required', String(shown.isReasonRequired));
    this.#reason.readOnly = isBusy;
    this.#panel.setAttribute('aria-busy', String(isBusy));
    for (const button of [this.#agree, this.#disagree, this.#correct, this.#send, this.#cancel]) {
      button.setAttribute('aria-disabled', String(isBusy));
      if (!isBusy) delete button.dataset['busy'];
    }
    for (const [place, name] of this.#texts) say(place, name, messages);
    this.#showNote(shown);
  }

  /** Shows which button is at work. */
  turn(which: Sender): void {
    const button = { agree: this.#agree, disagree: this.#disagree, send: this.#send }[which];
    button.dataset['busy'] = '';
  }

  get hasFocus(): boolean {
    return this.#root.activeElement !== null;
  }

  /** To what is said, to the first field of a form, or to the button that opened it. */
  focus(where: Form | 'note', isBack = false): void {
    if (where === 'note') this.#note.focus();
    else if (isBack) (where === 'disagree' ? this.#disagree : this.#correct).focus();
    else (where === 'disagree' ? this.#reason : this.#value?.first())?.focus();
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
    if (this.#value !== undefined) mark(this.#value.field, this.#valueTexts.error, isValueWrong);
    mark(this.#reason, this.#reasonError, isReasonMissing);
    if (isValueWrong) this.#value?.first().focus();
    else if (isReasonMissing) this.#reason.focus();
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
    if (this.#value !== undefined && key === this.#madeFor) return;
    this.#madeFor = key;
    this.#value = valueField(choices, type, this.#valueTexts);
    mark(this.#value.field, this.#valueTexts.error, false);
    this.#valuePlace.replaceChildren(this.#value.root);
  }

  #showNote({ note, messages }: Shown): void {
    this.#note.dataset['tone'] = note?.tone ?? 'none';
    reshape(this.#noteIcon, note?.tone === 'ok' ? 'agree' : 'note');
    if (note === undefined) this.#noteText.textContent = '';
    else say(this.#noteText, note.name, messages, note.value);
  }

  #place(name: MessageName): HTMLElement {
    const place = words();
    this.#texts.set(place, name);
    return place;
  }

  #button(name: 'agree' | 'disagree' | 'correct' | 'send' | 'cancel', shape?: Shape): HTMLButtonElement {
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
