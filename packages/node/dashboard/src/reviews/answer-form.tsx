import type { ComponentChildren } from 'preact';
import type { ReviewTask } from '@understudy/core/review';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Card, Notice } from '../parts/small.tsx';
import type { Draft } from './drafts.ts';
import { assembled, type Leaf, leavesOf, parsed, textsOf } from './form.ts';

/** What a form says to do. */
export type Given = { readonly agrees: true; readonly reason?: string } | { readonly output: unknown; readonly reason: string };

/** What is wrong, by the id of a field of the form. */
export type Wrong = Readonly<Record<string, string>>;

export const firstDraft = (task: ReviewTask): Draft => {
  const leaves = leavesOf(task.fields, task.output);
  return {
    // Where nobody may agree there is one thing to do.
    mode: mayAgree(task) ? undefined : 'correct',
    view: leaves.length === 0 ? 'json' : 'fields',
    base: task.output,
    texts: textsOf(leaves, task.output),
    json: task.output === undefined ? '' : JSON.stringify(task.output, null, 2),
    reason: '',
  };
};

/** Whether a draft holds something that was typed. */
export const isTyped = (task: ReviewTask, draft: Draft): boolean => JSON.stringify(draft) !== JSON.stringify(firstDraft(task));

const mayAgree = (task: ReviewTask): boolean => !task.blind && task.output !== undefined;

/** @returns the answer that a draft stands for, or what is wrong with it */
export function givenBy(task: ReviewTask, draft: Draft): { readonly given?: Given; readonly wrong: Wrong } {
  const reason = draft.reason.trim();
  if (draft.mode === undefined) return { wrong: { 'answer-agree': 'Say whether the model’s answer stands.' } };
  if (draft.mode === 'agree') return { given: { agrees: true, ...(reason === '' ? {} : { reason }) }, wrong: {} };
  const wrong: Record<string, string> = {};
  let value: unknown;
  if (draft.view === 'json') {
    const read = parsed(draft.json);
    value = read.value;
    if (read.problem !== undefined) wrong['answer-json'] = read.problem;
  } else {
    const leaves = leavesOf(task.fields, task.output);
    const read = assembled(leaves, draft.base, draft.texts);
    value = read.value;
    for (const [index, { key }] of leaves.entries()) {
      const problem = read.problems[key];
      if (problem !== undefined) wrong[fieldId(index)] = problem;
    }
  }
  if (reason === '') wrong['answer-reason'] = 'Say why: the reason goes into the audit trail.';
  return Object.keys(wrong).length > 0 ? { wrong } : { given: { output: value, reason }, wrong };
}

const fieldId = (index: number): string => `answer-field-${index}`;

/** The first field of an answer that can be changed. */
export const firstField = (draft: Draft): string => (draft.view === 'json' ? 'answer-json' : fieldId(0));

/** Says what a case should have come to. */
export function AnswerForm({
  task,
  draft,
  change,
  wrong,
  error,
  isBusy,
  submit,
  children,
}: {
  readonly task: ReviewTask;
  readonly draft: Draft;
  readonly change: (draft: Draft) => void;
  readonly wrong: Wrong;
  /** Why the server refused it. */
  readonly error: string | undefined;
  readonly isBusy: boolean;
  readonly submit: (goesOn: boolean) => void;
  /** Further buttons. */
  readonly children: ComponentChildren;
}) {
  const leaves = useMemo(() => leavesOf(task.fields, task.output), [task]);
  // A field stays what it was at first: one that changed under the hands of a person would lose the focus.
  const before = useMemo(() => textsOf(leaves, draft.base), [leaves, draft.base]);
  const form = useRef<HTMLFormElement>(null);
  // What is wrong is shown at its field, and the first one has the focus.
  useEffect(() => {
    const [first] = Object.keys(wrong);
    if (first !== undefined) form.current?.querySelector<HTMLElement>(`#${first}`)?.focus();
  }, [wrong]);

  const toJson = (): void => {
    const { value } = assembled(leaves, draft.base, draft.texts);
    change({ ...draft, view: 'json', json: value === undefined ? '' : JSON.stringify(value, null, 2) });
  };
  const toFields = (): void => {
    const { value, problem } = draft.json.trim() === '' ? { value: undefined } : parsed(draft.json);
    // What cannot be read is not thrown away: it stays as it was typed.
    if (problem === undefined) change({ ...draft, view: 'fields', base: value, texts: textsOf(leaves, value) });
  };

  return (
    <Card title="Your answer" wide>
      <form
        ref={form}
        class="answer"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit(true);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit(true);
        }}
      >
        {mayAgree(task) ? (
          <fieldset aria-describedby={wrong['answer-agree'] === undefined ? undefined : 'answer-agree-wrong'}>
            <legend>Does the model’s answer stand?</legend>
            <label class="tick">
              <input
                id="answer-agree"
                type="radio"
                name="stands"
                checked={draft.mode === 'agree'}
                onChange={() => change({ ...draft, mode: 'agree' })}
              />
              It stands: agree
            </label>
            <label class="tick">
              <input
                id="answer-correct"
                type="radio"
                name="stands"
                checked={draft.mode === 'correct'}
                onChange={() => change({ ...draft, mode: 'correct' })}
              />
              It does not: correct it
            </label>
            <Problem id="answer-agree-wrong" text={wrong['answer-agree']} />
          </fieldset>
        ) : (
          <p class="soft">
            {task.blind ? 'The model’s answer is hidden in this queue: give your own.' : 'No model has answered: give your own.'}
          </p>
        )}
        {draft.mode === 'correct' ? (
          <fieldset>
            <legend>What it should be</legend>
            {leaves.length === 0 ? null : (
              <div class="switch" role="group" aria-label="Edit as">
                <button type="button" aria-pressed={draft.view === 'fields'} onClick={toFields}>
                  Fields
                </button>
                <button type="button" aria-pressed={draft.view === 'json'} onClick={toJson}>
                  JSON
                </button>
              </div>
            )}
            {draft.view === 'json' ? (
              <Row id="answer-json" label="The answer as JSON" problem={wrong['answer-json']}>
                <textarea
                  id="answer-json"
                  class="code"
                  rows={8}
                  spellcheck={false}
                  value={draft.json}
                  {...describedBy('answer-json', wrong['answer-json'])}
                  onInput={(event) => change({ ...draft, json: event.currentTarget.value })}
                />
              </Row>
            ) : (
              <div class="fields">
                {leaves.map((leaf, index) => (
                  <Field
                    key={leaf.key}
                    id={fieldId(index)}
                    leaf={leaf}
                    text={draft.texts[leaf.key] ?? ''}
                    isLong={leaf.type === 'json' || /.{61}|\n/.test(before[leaf.key] ?? '')}
                    problem={wrong[fieldId(index)]}
                    change={(text) => change({ ...draft, texts: { ...draft.texts, [leaf.key]: text } })}
                  />
                ))}
              </div>
            )}
          </fieldset>
        ) : null}
        <Row
          id="answer-reason"
          label={draft.mode === 'correct' ? 'Why' : 'Why (may be left out)'}
          problem={wrong['answer-reason']}
        >
          <textarea
            id="answer-reason"
            rows={2}
            maxLength={1000}
            value={draft.reason}
            {...describedBy('answer-reason', wrong['answer-reason'])}
            onInput={(event) => change({ ...draft, reason: event.currentTarget.value })}
          />
        </Row>
        <div role="alert">{error === undefined ? null : <Notice level="breach">{error}</Notice>}</div>
        <div class="buttons">
          <button id="answer-submit" type="submit" class="primary" aria-disabled={isBusy} aria-keyshortcuts="s Control+Enter">
            Submit and next
          </button>
          <button type="button" aria-disabled={isBusy} onClick={() => submit(false)}>
            Submit
          </button>
          {children}
        </div>
      </form>
    </Card>
  );
}

const describedBy = (id: string, problem: string | undefined) =>
  problem === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-wrong` };

function Problem({ id, text }: { readonly id: string; readonly text: string | undefined }) {
  return text === undefined ? null : (
    <p id={id} class="wrong">
      {text}
    </p>
  );
}

function Row({
  id,
  label,
  problem,
  children,
}: {
  readonly id: string;
  readonly label: string;
  readonly problem: string | undefined;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="row">
      <label class="name" for={id}>
        {label}
      </label>
      {children}
      <Problem id={`${id}-wrong`} text={problem} />
    </div>
  );
}

/** One value, edited as its type asks for. */
function Field({
  id,
  leaf,
  text,
  isLong,
  problem,
  change,
}: {
  readonly id: string;
  readonly leaf: Leaf;
  readonly text: string;
  readonly isLong: boolean;
  readonly problem: string | undefined;
  readonly change: (text: string) => void;
}) {
  const { type, values, label, optional, nullable } = leaf;
  const more = describedBy(id, problem);
  const note = optional ? ' (may be left out)' : nullable ? ' (may be empty)' : '';
  if (type === 'choice') {
    const texts = values.map((value) => JSON.stringify(value));
    const isOther = text !== '' && !texts.includes(text);
    return (
      <Row id={id} label={label + note} problem={problem}>
        <select id={id} value={text} {...more} onChange={(event) => change(event.currentTarget.value)}>
          <option value="">{optional ? 'left out' : nullable ? 'empty (null)' : 'choose'}</option>
          {isOther ? <option value={text}>{text}</option> : null}
          {values.map((value) => (
            <option key={String(value)} value={JSON.stringify(value)}>
              {String(value)}
            </option>
          ))}
        </select>
      </Row>
    );
  }
  return (
    <Row id={id} label={label + (type === 'json' ? `, as JSON${note}` : note)} problem={problem}>
      {isLong ? (
        <textarea
          id={id}
          class={type === 'json' ? 'code' : ''}
          rows={4}
          spellcheck={type !== 'json'}
          value={text}
          {...more}
          onInput={(event) => change(event.currentTarget.value)}
        />
      ) : (
        <input
          id={id}
          type="text"
          inputMode={type === 'number' ? 'decimal' : type === 'integer' ? 'numeric' : undefined}
          value={text}
          autoComplete="off"
          {...more}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    </Row>
  );
}
