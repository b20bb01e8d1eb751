import { defineModel, type OutcomeResult } from '@understudy/core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FeedbackElement, FeedbackProperties } from './feedback-api.ts';
import { defineFeedback } from './feedback-element.ts';
import { ENGLISH } from './feedback-messages.ts';

beforeAll(defineFeedback);
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

const CHOICES = [
  { value: { malignant: 0 }, label: 'Benign' },
  { value: { malignant: 1 }, label: 'Malignant' },
];

function put(properties: Partial<FeedbackProperties> = {}): FeedbackElement {
  const element = document.createElement('understudy-feedback');
  Object.assign(element, { decision: 'd1', ...properties });
  document.body.append(element);
  return element;
}

const within = (element: Element): ShadowRoot => element.shadowRoot ?? expect.fail('no shadow root');

const find = (element: Element, selector: string): HTMLInputElement =>
  within(element).querySelector<HTMLInputElement>(selector) ?? expect.fail(`no ${selector}`);

const click = (element: Element, name: string): void => find(element, `button.${name}`).click();
/** What the live region says. */
const told = (element: Element): string => find(element, '[role=status]').textContent.replaceAll(/[\u2068\u2069]/g, '');
const isSeen = (element: Element, selector: string): boolean => find(element, selector).checkVisibility();
const seenButtons = (element: Element): readonly string[] =>
  [...within(element).querySelectorAll('button')]
    .filter((button) => button.checkVisibility())
    .map((button) => button.textContent);
const states = (element: Element): readonly string[] =>
  ['busy', 'open', 'failed', 'done'].filter((state) => element.matches(`:state(${state})`));
const soon = (check: () => unknown) => expect.poll(check, { timeout: 20_000, interval: 5 });

function write(element: Element, selector: string, text: string): void {
  find(element, selector).value = text;
}

/** Fills in the form of a correction, and sends it. */
function correct(element: Element, choice: number, reason = ' Seen on the slide. '): void {
  click(element, 'correct');
  within(element).querySelectorAll<HTMLInputElement>('[type=radio]')[choice]?.click();
  write(element, '#reason', reason);
  click(element, 'send');
}

/** Names and details of the events that reach the document. */
function heard(): { readonly type: string; readonly detail: unknown }[] {
  const events: { type: string; detail: unknown }[] = [];
  const stop = new AbortController();
  ends.push(() => stop.abort());
  for (const type of ['understudy-feedback', 'understudy-feedback-recorded', 'understudy-feedback-failed'] as const)
    document.addEventListener(type, ({ detail }) => void events.push({ type, detail }), { signal: stop.signal });
  return events;
}
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const AGREE = { feedback: { agree: true } };
const DISAGREE = { feedback: { agree: false } };
const OVERRIDE = { override: { output: { malignant: 1 }, by: 'ana', reason: 'Seen on the slide.' } };

describe('what is asked', () => {
  it('is shown only where there is a decision', () => {
    const element = put({ decision: '' });
    expect(element.checkVisibility()).toBe(false);
    element.decision = 'd1';
    expect(element.checkVisibility()).toBe(true);
    expect(seenButtons(element)).toEqual(['Agree', 'Disagree']);
  });

  it.each<[string, Partial<FeedbackProperties>, boolean]>([
    ['choices and by', { choices: CHOICES, by: 'ana' }, true],
    ['a type and by', { type: 'number', by: 'ana' }, true],
    ['no by', { choices: CHOICES }, false],
    ['a by that core refuses', { choices: CHOICES, by: 'x'.repeat(1001) }, false],
    ['nothing to choose', { by: 'ana' }, false],
    ['a type that there is not', { by: 'ana', type: 'date' as never }, false],
    ['choices that are none', { by: 'ana', choices: [null, 3, { value: 1 }, { label: 7 }] as never }, false],
    ['choices that are no list', { by: 'ana', choices: { length: 2 } as never }, false],
  ])('with %s a correction is offered: %s', (_name, properties, isOffered) => {
    expect(seenButtons(put(properties)).includes('Correct it')).toBe(isOffered);
  });

  it('properties and attributes are the same thing', () => {
    const element = put({ by: 'ana', type: 'number', askReason: 'required' });
    expect(['decision', 'by', 'type', 'ask-reason'].map((name) => element.getAttribute(name))).toEqual([
      'd1',
      'ana',
      'number',
      'required',
    ]);
    element.setAttribute('type', 'text');
    element.removeAttribute('by');
    element.askReason = null;
    expect([element.type, element.by, element.askReason, element.hasAttribute('ask-reason')]).toEqual(['text', '', null, false]);
    Object.assign(element, { decision: undefined });
    expect([element.decision, element.hasAttribute('decision')]).toEqual(['', false]);
  });

  it('what makes no sense as a property is as if it were not set', () => {
    const element = put({ record: null, toOutput: 'x', timeoutMs: Number.NaN, messages: null, choices: undefined } as never);
    expect([element.record, element.toOutput, element.timeoutMs, element.messages, element.choices]).toEqual([
      null,
      null,
      15_000,
      {},
      [],
    ]);
  });
});

describe('an answer', () => {
  it.each(['/api/outcomes', 5, {}, true])('never ends in thanks where record is %j, which sends nothing', async (record) => {
    const failed = vi.fn<(event: Event) => void>();
    const element = put({ record: record as never });
    element.addEventListener('understudy-feedback-failed', failed);
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.failed);
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ detail: { error: new TypeError('record is not a function') } });
  });

  it('is an event, and goes to record(); the element thanks', async () => {
    const record = vi.fn<(...given: unknown[]) => Promise<OutcomeResult>>(async () => 'counted');
    const events = heard();
    const element = put({ record });
    click(element, 'agree');
    expect(states(element)).toEqual(['busy']);
    expect(told(element)).toBe('Sending…');
    await soon(() => told(element)).toBe('Thank you. You agreed.');
    expect(states(element)).toEqual(['done']);
    expect(record.mock.calls).toEqual([['d1', AGREE, undefined]]);
    expect(events).toEqual([
      { type: 'understudy-feedback', detail: { decision: 'd1', outcome: AGREE } },
      { type: 'understudy-feedback-recorded', detail: { decision: 'd1', outcome: AGREE, result: 'counted' } },
    ]);
    expect(seenButtons(element)).toEqual([]);
  });

  it('leaves shadow roots, and can be kept back', async () => {
    const record = vi.fn<() => undefined>();
    const element = put({ record });
    element.addEventListener('understudy-feedback', (event) => event.preventDefault(), { once: true });
    const outer = document.createElement('div');
    document.body.append(outer);
    outer.attachShadow({ mode: 'open' }).append(element);
    const events = heard();
    click(element, 'agree');
    expect([events.length, states(element), seenButtons(element)]).toEqual([1, [], ['Agree', 'Disagree']]);
    expect(record).not.toHaveBeenCalled();
    click(element, 'agree');
    await soon(() => states(element)).toEqual(['done']);
    expect(record).toHaveBeenCalledOnce();
  });

  it('without record() is for a listener alone', async () => {
    const events = heard();
    const element = put();
    click(element, 'disagree');
    await soon(() => told(element)).toBe('Thank you. You disagreed.');
    expect(events).toEqual([{ type: 'understudy-feedback', detail: { decision: 'd1', outcome: DISAGREE } }]);
  });

  it('of a disagreement brings the reason along, where one is asked for', async () => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const events = heard();
    const element = put({ record, askReason: 'required' });
    click(element, 'disagree');
    expect([states(element), seenButtons(element)]).toEqual([['open'], ['Send', 'Cancel']]);
    expect(within(element).activeElement?.id).toBe('reason');
    write(element, '#reason', ' \n ');
    click(element, 'send');
    expect([isSeen(element, '#reason-error'), find(element, '#reason').ariaInvalid, record.mock.calls]).toEqual([
      true,
      'true',
      [],
    ]);
    write(element, '#reason', ' Too sure. ');
    click(element, 'send');
    await soon(() => told(element)).toBe('Thank you. You disagreed.');
    expect(record.mock.calls).toEqual([['d1', DISAGREE, 'Too sure.']]);
    expect(events[0]?.detail).toEqual({ decision: 'd1', outcome: DISAGREE, reason: 'Too sure.' });
  });

  it('of a disagreement needs no reason where it is optional', async () => {
    const events = heard();
    const element = put({ askReason: 'optional' });
    click(element, 'disagree');
    expect(find(element, 'label[for=reason]').textContent).toBe('Why? (optional)');
    click(element, 'send');
    await soon(() => told(element)).toBe('Thank you. You disagreed.');
    expect(events[0]?.detail).toEqual({ decision: 'd1', outcome: DISAGREE });
  });

  it('of a correction is the value of the choice itself, with who and why', async () => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const element = put({ record, choices: CHOICES, by: 'ana' });
    correct(element, 1);
    await soon(() => told(element)).toBe('Thank you. You corrected it to Malignant.');
    expect(record.mock.calls).toEqual([['d1', OVERRIDE, undefined]]);
    expect(seenButtons(element)).toEqual([]);
  });

  it('that was sent can be followed by a correction, once', async () => {
    const results: OutcomeResult[] = ['duplicate', 'counted'];
    const element = put({ record: () => results.shift(), choices: CHOICES, by: 'ana' });
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.duplicate);
    expect(seenButtons(element)).toEqual(['Correct it']);
    click(element, 'correct');
    expect(told(element)).toBe('');
    click(element, 'cancel');
    expect(told(element)).toBe(ENGLISH.duplicate);
    correct(element, 0);
    await soon(() => told(element)).toBe('Thank you. You corrected it to Benign.');
    expect(seenButtons(element)).toEqual([]);
  });

  it.each<[OutcomeResult, readonly string[]]>([
    ['counted', ['Correct it']],
    ['unscored', ['Correct it']],
    ['duplicate', ['Correct it']],
    ['unknown', []],
    ['late', []],
    ['forged', []],
  ])('that was %s says so', async (result, left) => {
    const element = put({ record: async () => result, choices: CHOICES, by: 'ana' });
    click(element, 'agree');
    await soon(() => told(element)).toBe(result === 'counted' ? ENGLISH.agreed : ENGLISH[result]);
    expect([seenButtons(element), states(element)]).toEqual([left, ['done']]);
  });

  it('goes into a model, which refuses what its contract does not allow', async () => {
    const schema = (check: (value: unknown) => boolean) => ({
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => (check(value) ? { value } : { issues: [{ message: 'no' }] }),
      },
    });
    const model = defineModel(
      { name: 'triage', input: schema(() => true), output: schema((value) => Number(value) <= 1) },
      { variants: { v1: { version: '1', predictor: () => 0.5 } }, champion: 'v1' },
    );
    const { id } = await model.predict({});
    const element = put({ decision: id, by: 'ana', type: 'number', record: model.recordOutcome.bind(model) });
    click(element, 'correct');
    write(element, '#value', '7');
    write(element, '#reason', 'seen');
    click(element, 'send');
    await soon(() => told(element)).toBe(ENGLISH.refused);
    expect([find(element, '#value').value, states(element)]).toEqual(['7', ['open', 'failed']]);
    write(element, '#value', '0.75');
    click(element, 'send');
    await soon(() => told(element)).toBe('Thank you. You corrected it to 0.75.');
    click(put({ decision: id, record: model.recordOutcome.bind(model) }), 'agree');
    const again = put({ decision: id, by: 'bo', type: 'number', record: model.recordOutcome.bind(model) });
    click(again, 'correct');
    write(again, '#value', '1');
    write(again, '#reason', 'seen too');
    click(again, 'send');
    await soon(() => told(again)).toBe(ENGLISH.duplicate);
    expect(model.status().outcomes).toMatchObject({ counted: 2, duplicate: 1 });
    await model.close();
  });
});

describe('the form of a correction', () => {
  it('says what is missing, and goes to the first of it', () => {
    const element = put({ choices: CHOICES, by: 'ana' });
    const events = heard();
    click(element, 'correct');
    expect(within(element).activeElement).toBe(find(element, '[type=radio]'));
    click(element, 'send');
    expect([
      find(element, '#value-error').textContent,
      isSeen(element, '#value-error'),
      isSeen(element, '#reason-error'),
    ]).toEqual([ENGLISH.valueMissing, true, true]);
    expect(find(element, '[role=radiogroup]').ariaInvalid).toBe('true');
    expect(within(element).activeElement).toBe(find(element, '[type=radio]'));
    find(element, '[type=radio]').click();
    click(element, 'send');
    expect([isSeen(element, '#value-error'), within(element).activeElement?.id, events]).toEqual([false, 'reason', []]);
  });

  it('is closed by Escape and by Cancel: the focus goes back, what was entered stays', () => {
    const element = put({ choices: CHOICES, by: 'ana' });
    for (const close of [
      () => click(element, 'cancel'),
      () =>
        find(element, '#reason').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true })),
    ]) {
      click(element, 'correct');
      write(element, '#reason', 'half a thought');
      find(element, '[type=radio]').checked = true;
      close();
      expect([states(element), within(element).activeElement?.textContent]).toEqual([[], 'Correct it']);
      click(element, 'correct');
      expect([find(element, '#reason').value, find(element, '[type=radio]').checked]).toEqual(['half a thought', true]);
    }
  });

  it.each<[FeedbackProperties['type'], string, unknown, string | undefined]>([
    ['number', '-2.5e3', -2500, undefined],
    ['number', '0', 0, undefined],
    ['number', 'seven', undefined, ENGLISH.valueMissing],
    ['text', '  a\nb ', 'a\nb', undefined],
    ['text', '7', '7', undefined],
    ['text', '  ', undefined, ENGLISH.valueMissing],
  ])('of a %s takes %j', async (type, entered, output, problem) => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const element = put({ type, by: 'ana', record });
    click(element, 'correct');
    write(element, '#value', entered);
    write(element, '#reason', 'seen');
    click(element, 'send');
    const error = find(element, '#value-error');
    expect(error.checkVisibility() ? error.textContent : undefined).toBe(problem);
    const calls = problem === undefined ? [['d1', { override: { output, by: 'ana', reason: 'seen' } }, undefined]] : [];
    await soon(() => record.mock.calls).toEqual(calls);
  });

  it('makes an output of what was entered; what throws does not fit', async () => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const toOutput = (risk: string | number): unknown => {
      if (Number(risk) > 1) throw new RangeError('over 1');
      return { risk };
    };
    const element = put({ type: 'number', by: 'ana', record, toOutput });
    click(element, 'correct');
    write(element, '#value', '2');
    write(element, '#reason', 'seen');
    click(element, 'send');
    expect(find(element, '#value-error').textContent).toBe(ENGLISH.valueUnfit);
    write(element, '#value', '0.5');
    click(element, 'send');
    await soon(() => record.mock.calls[0]?.[1]).toEqual({ override: { output: { risk: 0.5 }, by: 'ana', reason: 'seen' } });
  });

  it('is no promise of an output', async () => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const element = put({ type: 'number', by: 'ana', record, toOutput: async (risk) => ({ risk }) });
    click(element, 'correct');
    write(element, '#value', '2');
    write(element, '#reason', 'seen');
    click(element, 'send');
    expect(find(element, '#value-error').textContent).toBe(ENGLISH.valueUnfit);
    expect(record).not.toHaveBeenCalled();
  });

  it('sends no reason that core refuses, however it came into the field', async () => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const element = put({ choices: CHOICES, by: 'ana', record });
    correct(element, 1, 'x'.repeat(5000));
    await soon(() => record.mock.calls.length).toBe(1);
    expect(record.mock.calls[0]?.[1]).toMatchObject({ override: { reason: 'x'.repeat(1000) } });
  });

  it('keeps what was entered while the page sets equal properties again, and takes their newest values', async () => {
    const record = vi.fn<(...given: unknown[]) => undefined>();
    const element = put({ choices: CHOICES, by: 'ana' });
    click(element, 'correct');
    within(element).querySelectorAll<HTMLInputElement>('[type=radio]')[1]?.click();
    write(element, '#reason', 'seen');
    const again = structuredClone(CHOICES);
    Object.assign(element, { choices: again, messages: {}, record, by: 'ana' });
    click(element, 'send');
    await soon(() => record.mock.calls.length).toBe(1);
    expect(record.mock.calls[0]?.[1]).toEqual({ override: { output: { malignant: 1 }, by: 'ana', reason: 'seen' } });
    expect(record.mock.calls[0]?.[1]).toHaveProperty('override.output', again[1]?.value);
  });

  it('is closed where a correction is no longer offered', () => {
    const element = put({ choices: CHOICES, by: 'ana' });
    click(element, 'correct');
    element.by = '';
    expect([states(element), seenButtons(element)]).toEqual([[], ['Agree', 'Disagree']]);
  });
});

describe('record() that fails', () => {
  const error = new Error('secret of the server');
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw error;
      },
    ],
    ['rejects', () => Promise.reject(error)],
    ['rejects with nothing', () => Promise.reject()],
    [
      'rejects with what cannot be looked at',
      () =>
        Promise.reject(
          new Proxy(error, {
            get: () => {
              throw error;
            },
          }),
        ),
    ],
    ['answers with a response', () => fetch('/nowhere')],
    ['answers with a word', () => 'ok'],
    ['answers with true', () => true],
    [
      'answers with a thenable that throws',
      () => ({
        then: () => {
          throw error;
        },
      }),
    ],
    [
      'answers with a thenable whose then cannot be read',
      () => ({
        get then(): never {
          throw error;
        },
      }),
    ],
    ['answers with a thenable that rejects', () => ({ then: (_: unknown, no: (reason: unknown) => void) => no(error) })],
  ])('%s: it is told, and can be tried again', async (_name, fail) => {
    const answers = [fail, () => 'counted'];
    const events = heard();
    const element = put({ record: (() => answers.shift()?.()) as never, choices: CHOICES, by: 'ana' });
    correct(element, 1);
    await soon(() => told(element)).toBe(ENGLISH.failed);
    expect([states(element), find(element, '#reason').value]).toEqual([['open', 'failed'], ' Seen on the slide. ']);
    expect(within(element).textContent).not.toContain('secret');
    click(element, 'send');
    await soon(() => told(element)).toBe('Thank you. You corrected it to Malignant.');
    expect(events.map(({ type }) => type.replace('understudy-feedback', ''))).toEqual(['', '-failed', '', '-recorded']);
    expect(events[1]?.detail).toHaveProperty('error');
  });

  it('hangs: after the time limit it can be tried again, and a late answer changes nothing', async () => {
    let late: (result: OutcomeResult) => void = () => undefined;
    const record = vi.fn<() => Promise<OutcomeResult>>(() => new Promise((resolve) => (late = resolve)));
    const events = heard();
    const element = put({ record, timeoutMs: 20 });
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.timedOut);
    expect(seenButtons(element)).toEqual(['Agree', 'Disagree']);
    late('counted');
    await new Promise((done) => setTimeout(done, 10));
    expect([told(element), states(element), events.length]).toEqual([ENGLISH.timedOut, ['failed'], 2]);
    expect(events[1]?.detail).toMatchObject({ error: { name: 'TimeoutError' } });
    record.mockImplementation(async () => 'duplicate');
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.duplicate);
  });

  it('takes a thenable that answers twice, or late, once', async () => {
    const record = (): never =>
      ({
        then: (yes: (value: unknown) => void, no: (reason: unknown) => void) => {
          setTimeout(() => {
            yes('counted');
            yes('late');
            no(error);
          });
        },
      }) as never;
    const events = heard();
    const element = put({ record });
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.agreed);
    expect(events).toHaveLength(2);
  });

  it('has one call under way: clicks while it is busy do nothing, and the focus stays', async () => {
    const waits = Promise.withResolvers<OutcomeResult>();
    const record = vi.fn<() => Promise<OutcomeResult>>(() => waits.promise);
    const element = put({ record, choices: CHOICES, by: 'ana', askReason: 'required' });
    find(element, 'button.agree').focus();
    for (const name of ['agree', 'agree', 'disagree', 'correct', 'send', 'cancel']) click(element, name);
    expect([record.mock.calls.length, states(element), within(element).activeElement?.textContent]).toEqual([
      1,
      ['busy'],
      'Agree',
    ]);
    expect(find(element, 'button.agree').ariaDisabled).toBe('true');
    expect(find(element, '[role=group]').ariaBusy).toBe('true');
    waits.resolve('counted');
    await soon(() => within(element).activeElement?.getAttribute('role')).toBe('status');
  });

  it('takes no focus that is elsewhere', async () => {
    const other = document.createElement('input');
    const element = put({ record: () => 'counted' });
    document.body.append(other);
    other.focus();
    click(element, 'agree');
    await soon(() => states(element)).toEqual(['done']);
    expect(document.activeElement).toBe(other);
  });
});

describe('the life of the element', () => {
  it('is defined once, whoever defines it', () => {
    const first = customElements.get('understudy-feedback');
    expect(() => defineFeedback()).not.toThrow();
    expect(customElements.get('understudy-feedback')).toBe(first);
  });

  it('keeps what was set before it was defined', async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const page = frame.contentDocument ?? expect.fail('no page');
    const element = page.createElement('understudy-feedback');
    const record = vi.fn<(...given: unknown[]) => undefined>();
    Object.assign(element, { decision: 'd1', by: 'ana', choices: CHOICES, messages: { agree: 'Ja' }, record, timeoutMs: 9 });
    // An element of another page is upgraded here, where it is defined.
    document.body.append(document.adoptNode(element));
    customElements.upgrade(element);
    expect([seenButtons(element), element.getAttribute('by'), element.timeoutMs]).toEqual([
      ['Ja', 'Disagree', 'Correct it'],
      'ana',
      9,
    ]);
    click(element, 'agree');
    await soon(() => states(element)).toEqual(['done']);
    expect(record).toHaveBeenCalledOnce();
  });

  it('keeps its state when it is moved, also while it is busy', async () => {
    const waits = Promise.withResolvers<OutcomeResult>();
    const element = put({ record: () => waits.promise, choices: CHOICES, by: 'ana' });
    correct(element, 1);
    const place = document.createElement('div');
    document.body.append(place);
    place.append(element);
    expect([states(element), find(element, '#reason').value]).toEqual([['busy', 'open'], ' Seen on the slide. ']);
    const events = heard();
    waits.resolve('counted');
    await soon(() => states(element)).toEqual(['done']);
    expect(events).toHaveLength(1);
  });

  it('tells nothing once it is out of the page, and is right when it comes back', async () => {
    const waits = Promise.withResolvers<OutcomeResult>();
    const events = heard();
    const own = vi.fn<() => void>();
    const element = put({ record: () => waits.promise });
    element.addEventListener('understudy-feedback-recorded', own);
    click(element, 'agree');
    element.remove();
    waits.resolve('counted');
    await soon(() => states(element)).toEqual(['done']);
    expect([events.length, own.mock.calls.length]).toEqual([1, 0]);
    document.body.append(element);
    expect(told(element)).toBe(ENGLISH.agreed);
  });

  it('begins anew with another decision: what is under way for the one before is not told', async () => {
    const waits = Promise.withResolvers<OutcomeResult>();
    const events = heard();
    const element = put({ record: () => waits.promise, choices: CHOICES, by: 'ana' });
    correct(element, 1);
    element.decision = 'd2';
    expect([states(element), seenButtons(element), told(element)]).toEqual([[], ['Agree', 'Disagree', 'Correct it'], '']);
    waits.resolve('counted');
    await waits.promise;
    await new Promise((done) => setTimeout(done, 5));
    expect([states(element), events.length]).toEqual([[], 1]);
    click(element, 'correct');
    expect([find(element, '#reason').value, within(element).querySelectorAll(':checked').length]).toEqual(['', 0]);
  });

  it('the same decision set again changes nothing', async () => {
    const element = put();
    click(element, 'agree');
    await soon(() => states(element)).toEqual(['done']);
    element.decision = 'd1';
    expect(states(element)).toEqual(['done']);
  });

  it('records what was said of a decision whose listener goes on to the next one, or removes the element', async () => {
    const record = vi.fn<(...given: unknown[]) => Promise<OutcomeResult>>(async () => 'counted');
    const element = put({ record });
    element.addEventListener('understudy-feedback', () => (element.decision = 'd2'), { once: true });
    click(element, 'agree');
    expect([record.mock.calls, states(element)]).toEqual([[['d1', AGREE, undefined]], []]);
    element.addEventListener('understudy-feedback', () => element.remove(), { once: true });
    click(element, 'disagree');
    expect(record.mock.calls[1]).toEqual(['d2', DISAGREE, undefined]);
    await soon(() => states(element)).toEqual(['done']);
  });

  it('has its style in another document too', () => {
    const element = put();
    const frame = document.createElement('iframe');
    document.body.append(frame);
    frame.contentDocument?.body.append(element);
    expect(frame.contentWindow?.getComputedStyle(find(element, '.base')).borderRadius).not.toBe('0px');
    document.body.append(element);
    expect(getComputedStyle(find(element, '.base')).borderRadius).not.toBe('0px');
    const other = put();
    expect(within(other).adoptedStyleSheets[0]).toBe(within(element).adoptedStyleSheets[0]);
  });

  it.each([undefined, () => ({})])('works in what imitates a page, and lacks states and sheets (%o)', async (internals) => {
    const { attachInternals } = HTMLElement.prototype;
    const sheets = Object.getOwnPropertyDescriptor(ShadowRoot.prototype, 'adoptedStyleSheets') ?? {};
    Object.assign(HTMLElement.prototype, { attachInternals: internals });
    Reflect.deleteProperty(ShadowRoot.prototype, 'adoptedStyleSheets');
    const element = put({ record: () => 'counted' });
    Object.assign(HTMLElement.prototype, { attachInternals });
    Object.defineProperty(ShadowRoot.prototype, 'adoptedStyleSheets', sheets);
    expect(seenButtons(element)).toEqual(['Agree', 'Disagree']);
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.agreed);
  });

  it('can be cloned and made by the parser', () => {
    const place = document.createElement('div');
    place.innerHTML = '<understudy-feedback decision="d9" by="ana" type="text"></understudy-feedback>';
    document.body.append(place, place.cloneNode(true));
    for (const element of document.querySelectorAll('understudy-feedback'))
      expect(seenButtons(element)).toEqual(['Agree', 'Disagree', 'Correct it']);
  });
});

describe('texts', () => {
  const PAYLOAD = `"><img src=x onerror="globalThis.wasRun=1"><script>globalThis.wasRun=1</script>\u202E{{1}}$&`;

  it('are texts, whatever is in them', async () => {
    const messages = Object.fromEntries(Object.keys(ENGLISH).map((name) => [name, `${name} ${PAYLOAD} {value}`]));
    const choices = [{ value: 1, label: PAYLOAD }];
    const element = put({ decision: PAYLOAD, by: PAYLOAD, choices, messages });
    click(element, 'correct');
    click(element, 'send');
    expect(within(element).textContent).toContain(PAYLOAD);
    find(element, '[type=radio]').click();
    write(element, '#reason', PAYLOAD);
    click(element, 'send');
    await soon(() => states(element)).toEqual(['done']);
    expect(told(element)).toBe(`corrected ${PAYLOAD} ${PAYLOAD.slice(0, 80)}…`);
    expect(within(element).querySelectorAll('img, script').length).toBe(0);
    expect('wasRun' in globalThis).toBe(false);
  });

  it('of the page take the place of ours, which are marked as English', () => {
    const element = put({ messages: { agree: 'Zustimmen', disagree: 5, nonsense: 'x' } as never });
    expect(seenButtons(element)).toEqual(['Zustimmen', 'Disagree']);
    const lang = (name: string): string | null => find(element, `button.${name} bdi`).getAttribute('lang');
    expect([lang('agree'), lang('disagree')]).toEqual([null, 'en']);
    element.messages = {};
    expect(seenButtons(element)).toEqual(['Agree', 'Disagree']);
  });

  it('change where they are said already', async () => {
    const element = put();
    click(element, 'agree');
    await soon(() => told(element)).toBe(ENGLISH.agreed);
    element.messages = { agreed: 'Danke.' };
    expect(told(element)).toBe('Danke.');
  });

  it('say the beginning of a long correction', async () => {
    const element = put({ by: 'ana', type: 'text' });
    click(element, 'correct');
    write(element, '#value', '😀'.repeat(500));
    write(element, '#reason', 'seen');
    click(element, 'send');
    await soon(() => states(element)).toEqual(['done']);
    expect(told(element)).toBe(`Thank you. You corrected it to ${'😀'.repeat(80)}….`);
  });
});
