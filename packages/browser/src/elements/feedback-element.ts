import type { OutcomeResult } from '@understudy/core';
import { answerInTime, type Answer } from './answer-in-time.ts';
import type {
  FeedbackChoice,
  FeedbackDetail,
  FeedbackElement,
  FeedbackEvents,
  FeedbackOutcome,
  FeedbackProperties,
  FeedbackRecorder,
} from './feedback-api.ts';
import type { FeedbackMessages } from './feedback-messages.ts';
import { adoptStyle } from './feedback-style.ts';
import { type ButtonName, FeedbackView, type Form, type Note, type Shown } from './feedback-view.ts';

const TAG = 'understudy-feedback';
const ATTRIBUTES = ['decision', 'by', 'type', 'ask-reason'] as const;
const DEFAULT_TIMEOUT_MS = 15_000;
/** Longest name of who overrides. */
const LONGEST_BY = 1000;

/** Where there is no DOM, as on a server, the class is there and cannot be used. */
const Base = globalThis.HTMLElement ?? Object;

class UnderstudyFeedback extends Base implements FeedbackElement {
  static readonly observedAttributes = ATTRIBUTES;

  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #view: FeedbackView;
  /** What imitates a page, as tests do, may have none. */
  readonly #states = this.attachInternals?.().states as CustomStateSet | undefined;
  #choices: readonly FeedbackChoice[] = [];
  #toOutput: FeedbackProperties['toOutput'] = null;
  #record: FeedbackRecorder | null = null;
  #timeoutMs = DEFAULT_TIMEOUT_MS;
  #messages: Partial<FeedbackMessages> = {};

  /** The form that is open. */
  #form: Form | undefined;
  /** What is being sent; another object for each attempt. */
  #attempt: { readonly busy: ButtonName } | undefined;
  #trouble: Note | undefined;
  /** What came of the last answer that was sent. */
  #told: Note | undefined;
  /** Whether nothing more can be said of this decision. */
  #isOver = false;

  constructor() {
    super();
    this.#view = new FeedbackView(this.#root, (button) => this.#press(button));
    adoptStyle(this.#root);
    this.#show();
    // What was set before the element was defined hides the accessors.
    const early = Object.entries(this);
    for (const [name] of early) Reflect.deleteProperty(this, name);
    Object.assign(this, Object.fromEntries(early));
  }

  attributeChangedCallback(name: (typeof ATTRIBUTES)[number], before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === 'decision') this.#restart();
    this.#show();
  }

  /** A document drops the sheets of others. */
  adoptedCallback(): void {
    adoptStyle(this.#root);
  }

  get decision(): string {
    return this.getAttribute('decision') ?? '';
  }
  set decision(value: string) {
    this.#reflect('decision', value);
  }

  get by(): string {
    return this.getAttribute('by') ?? '';
  }
  set by(value: string) {
    this.#reflect('by', value);
  }

  get type(): FeedbackProperties['type'] {
    return oneOf(this.getAttribute('type'), 'text', 'number');
  }
  set type(value: FeedbackProperties['type']) {
    this.#reflect('type', value);
  }

  get askReason(): FeedbackProperties['askReason'] {
    return oneOf(this.getAttribute('ask-reason'), 'optional', 'required');
  }
  set askReason(value: FeedbackProperties['askReason']) {
    this.#reflect('ask-reason', value);
  }

  get choices(): readonly FeedbackChoice[] {
    return this.#choices;
  }
  set choices(given: readonly FeedbackChoice[]) {
    this.#choices = Array.isArray(given) ? given.flatMap(choiceOf) : [];
    this.#show();
  }

  get toOutput(): FeedbackProperties['toOutput'] {
    return this.#toOutput;
  }
  set toOutput(given: FeedbackProperties['toOutput']) {
    this.#toOutput = typeof given === 'function' ? given : null;
  }

  get record(): FeedbackRecorder | null {
    return this.#record;
  }
  set record(given: FeedbackRecorder | null) {
    this.#record = typeof given === 'function' ? given : given ? notAFunction : null;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }
  set timeoutMs(given: number) {
    this.#timeoutMs = typeof given === 'number' && given > 0 ? given : DEFAULT_TIMEOUT_MS;
  }

  get messages(): Partial<FeedbackMessages> {
    return this.#messages;
  }
  set messages(given: Partial<FeedbackMessages>) {
    this.#messages = { ...given };
    this.#show();
  }

  #reflect(name: (typeof ATTRIBUTES)[number], value: string | null | undefined): void {
    if (value === null || value === undefined) this.removeAttribute(name);
    else this.setAttribute(name, value);
  }

  get #offersCorrection(): boolean {
    const { length } = this.by;
    return !this.#isOver && length > 0 && length <= LONGEST_BY && (this.#choices.length > 0 || this.type !== null);
  }

  get #shown(): Shown {
    const busy = this.#attempt?.busy;
    const form = this.#form;
    const said = form === undefined ? this.#told : undefined;
    return {
      form,
      note: busy !== undefined ? { tone: 'busy', name: 'sending' } : (this.#trouble ?? said),
      busy,
      isDone: this.#told !== undefined,
      offersCorrection: this.#offersCorrection,
      needsReason: form !== 'disagree' || this.askReason === 'required',
      choices: this.#choices,
      type: this.type,
      messages: this.#messages,
    };
  }

  #show(): void {
    if (this.#form === 'correct' && !this.#offersCorrection) this.#form = undefined;
    const shown = this.#shown;
    this.#view.show(shown);
    const states = { busy: shown.busy, open: shown.form, failed: this.#trouble, done: this.#told };
    for (const [state, holds] of Object.entries(states)) this.#states?.[holds ? 'add' : 'delete'](state);
  }

  #restart(): void {
    this.#form = this.#attempt = this.#trouble = this.#told = undefined;
    this.#isOver = false;
    this.#view.clear();
  }

  #press(button: ButtonName): void {
    if (this.#attempt !== undefined) return;
    if (button === 'agree') void this.#send(button, feedback(true));
    else if (button === 'send') this.#submit();
    else if (button === 'cancel') this.#turnTo(undefined);
    else if (button === 'disagree' && this.askReason === null) void this.#send(button, feedback(false));
    else this.#turnTo(button);
  }

  /** Opens a form, or closes the one that is open. */
  #turnTo(form: Form | undefined): void {
    const from = this.#form;
    this.#form = form;
    this.#trouble = undefined;
    this.#view.complain(undefined, false);
    this.#show();
    const to = form ?? from;
    if (to !== undefined) this.#view.focus(to, form === undefined);
  }

  #submit(): void {
    const shown = this.#shown;
    const value = shown.form === 'correct' ? this.#view.entered(shown, this.#toOutput) : undefined;
    const { reason } = this.#view;
    const isWrong = this.#view.complain(value, shown.needsReason && reason === '');
    this.#show();
    if (isWrong || typeof value === 'string') return;
    if (value === undefined) void this.#send('send', feedback(false), reason);
    else void this.#send('send', { override: { output: value.output, by: this.by, reason } }, '', value.said);
  }

  /** `reason` is that of a disagreement; `said` is what was chosen or entered in a correction. */
  async #send(busy: ButtonName, outcome: FeedbackOutcome, reason = '', said = ''): Promise<void> {
    const { decision } = this;
    const record = this.#record;
    const detail: FeedbackDetail = { decision, outcome, ...(reason === '' ? {} : { reason }) };
    const attempt = { busy };
    this.#attempt = attempt;
    // A listener may do anything, such as going on to the next decision: what was said of this one is recorded all the same.
    const isWanted = this.#tell('understudy-feedback', detail, true);
    if (this.#attempt === attempt) {
      if (!isWanted) this.#attempt = undefined;
      this.#trouble = undefined;
      this.#show();
    }
    if (!isWanted) return;
    const answer: Answer =
      record === null
        ? { result: undefined }
        : await answerInTime(() => record(decision, outcome as FeedbackOutcome<never>, detail.reason), this.#timeoutMs);
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    const hadFocus = this.#root.activeElement !== null;
    const isFailure = 'failure' in answer;
    if (isFailure) this.#trouble = { tone: 'error', name: answer.failure };
    else {
      this.#told = noteOf(outcome, answer.result, said);
      this.#isOver = 'override' in outcome || UNCOUNTED.has(answer.result);
      this.#form = undefined;
      this.#view.clear();
    }
    this.#show();
    if (hadFocus && !isFailure) this.#view.focus('note');
    if (!this.isConnected || record === null) return;
    if (isFailure) this.#tell('understudy-feedback-failed', { ...detail, error: answer.error });
    else this.#tell('understudy-feedback-recorded', { ...detail, result: answer.result });
  }

  #tell<K extends keyof FeedbackEvents>(type: K, detail: FeedbackEvents[K]['detail'], cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));
  }
}

const oneOf = <const T extends string>(value: string | null, ...known: readonly T[]): T | null =>
  known.find((one) => one === value) ?? null;

/** Stands for what was given as `record` and cannot be called: an answer that goes nowhere must not end in thanks. */
function notAFunction(): never {
  throw new TypeError('record is not a function');
}

/** A copy, read once; what has no label is no choice. */
function choiceOf(given: unknown): readonly FeedbackChoice[] {
  const { value, label } = Object(given) as Partial<FeedbackChoice>;
  return typeof label === 'string' ? [{ value, label }] : [];
}

const feedback = (agree: boolean): FeedbackOutcome => ({ feedback: { agree } });
/** Results after which no other answer would count either. */
const UNCOUNTED = new Set<unknown>(['unknown', 'late', 'forged']);

function noteOf(outcome: FeedbackOutcome, result: OutcomeResult | undefined, value: string): Note {
  if (result !== undefined && result !== 'counted') return { tone: result === 'unscored' ? 'ok' : 'note', name: result };
  if ('override' in outcome) return { tone: 'ok', name: 'corrected', value };
  return { tone: 'ok', name: outcome.feedback.agree ? 'agreed' : 'disagreed' };
}

/**
 * Makes `<understudy-feedback>` an element of the page. Does nothing where it is one already, by this version or another, and where there is
 * no page, as on a server.
 */
export function defineFeedback(): void {
  if (typeof customElements === 'undefined' || customElements.get(TAG) !== undefined) return;
  customElements.define(TAG, UnderstudyFeedback);
}
