import type { ReviewTask } from '@understudy/core/review';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ReviewBrief, ReviewCaseAnswer, ReviewQueueView } from '../../../src/dashboard/wire.ts';
import { duration, exact } from '../format.ts';
import { Empty, type Fact, Facts, Notice } from '../parts/small.tsx';
import { reviewAddressOf } from '../route.ts';
import { ServerError, useAnswer } from '../server.ts';
import { AnswerForm, firstDraft, firstField, givenBy, isTyped, type Wrong } from './answer-form.tsx';
import { AskDialog } from './ask-dialog.tsx';
import { Content } from './content.tsx';
import { review, type Say } from './desk.ts';
import { type Draft, draftOf, keepDraft } from './drafts.ts';
import { Due } from './due.tsx';
import { Keys, type KeyMap } from './keys.tsx';
import { useLease } from './lease.ts';

const GIVEN_BACK = 'Given back.';

const focusOn = (id: string): void => document.querySelector<HTMLElement>(`#${id}`)?.focus();

/** One case: who has it, what it is about, and what one says of it. */
export function CasePage({
  queue,
  id,
  me,
  handed,
  say,
  takeNext,
  again,
}: {
  readonly queue: ReviewQueueView;
  readonly id: string;
  /** Who looks; `null`: somebody unknown. */
  readonly me: string | null;
  /** The case, where it was just taken. */
  readonly handed: ReviewTask | undefined;
  readonly say: Say;
  /** Goes to the next case, or says that there is none; `said` comes first. */
  readonly takeNext: (said?: string) => Promise<void>;
  /** Changes where the case may have changed. */
  readonly again: unknown;
}) {
  const { name, rights, status } = queue;
  const [looks, setLooks] = useState(0);
  const path = `case?queue=${encodeURIComponent(name)}&id=${encodeURIComponent(id)}`;
  const { answer, error: unanswered } = useAnswer<ReviewCaseAnswer>(path, `${String(again)}/${looks}`);
  const [task, setTask] = useState(handed);
  const [draft, setDraft] = useState<Draft | undefined>(
    () => draftOf(name, id) ?? (handed === undefined ? undefined : firstDraft(handed)),
  );
  const [wrong, setWrong] = useState<Wrong>({});
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [asking, setAsking] = useState<'escalate' | 'assign'>();
  const [to, setTo] = useState('');
  // A queue that cannot be asked for a while has not changed.
  const leaseMs = useRef(600_000);
  if (status !== null) leaseMs.current = status.leaseMs;
  const lease = useLease(task, leaseMs.current);
  const found = answer?.found;
  const mine = found?.leases.some(({ by }) => by === me) === true;

  const change = (next: Draft): void => {
    setDraft(next);
    if (task !== undefined) keepDraft(name, id, isTyped(task, next) ? next : undefined);
  };

  const taking = useRef(false);
  const take = useCallback(async (): Promise<void> => {
    if (taking.current) return;
    taking.current = true;
    setBusy(true);
    setError(undefined);
    try {
      const taken = await review({ queue: name, action: 'take', id });
      setLooks((count) => count + 1);
      if (taken === undefined) return setError('It cannot be taken: somebody else has it, or it waits for nobody any more.');
      setTask(taken);
      setDraft((before) => before ?? firstDraft(taken));
      say('info', 'The case is yours.');
      focusOn('review-title');
    } catch (thrown) {
      setError((thrown as ServerError).message);
    } finally {
      taking.current = false;
      setBusy(false);
    }
  }, [name, id]);

  // A page that was loaded anew goes on with what its reader has.
  const hasResumed = useRef(false);
  useEffect(() => {
    if (!mine || task !== undefined || hasResumed.current) return;
    hasResumed.current = true;
    void take();
  }, [mine, task, take]);

  useEffect(() => {
    if (lease.isOver) say('warn', 'Your time for this case is over. Nothing that you typed is lost.');
  }, [lease.isOver]);

  /** Does what ends the work on this case. @throws ServerError */
  const end = async (work: () => Promise<unknown>, said: string, goesOn: boolean): Promise<void> => {
    await work();
    keepDraft(name, id, undefined);
    if (goesOn) return takeNext(said);
    say('ok', said);
    location.hash = reviewAddressOf(name);
  };
  const tried = async (work: () => Promise<void>): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (thrown) {
      setError((thrown as ServerError).message);
      if (thrown instanceof ServerError && thrown.code === 'CONTROL_CONFLICT') setLooks((count) => count + 1);
    } finally {
      setBusy(false);
    }
  };
  const submit = (goesOn: boolean): void => {
    if (task === undefined || draft === undefined) return;
    const read = givenBy(task, draft);
    setWrong(read.wrong);
    const { given } = read;
    if (given === undefined) return;
    const { token } = task;
    void tried(() => end(() => review({ queue: name, action: 'answer', id, token, ...given }), 'Answered.', goesOn));
  };
  const release = (): void => {
    if (task === undefined) return;
    const reason = draft?.reason.trim() || GIVEN_BACK;
    void tried(() => end(() => review({ queue: name, action: 'release', id, token: task.token, reason }), 'Given back.', false));
  };

  const isHeld = task !== undefined && draft !== undefined;
  const mayAnswer = isHeld && rights.answer;
  const choose = (mode: NonNullable<Draft['mode']>): void => {
    if (isHeld) change({ ...draft, mode });
  };
  /** Once what was chosen is there. */
  const afterwards = (target: () => string): void =>
    void requestAnimationFrame(() => requestAnimationFrame(() => focusOn(target())));
  const canAgree = isHeld && !task.blind && task.output !== undefined;
  const keys: KeyMap = {
    l: () => void (location.hash = reviewAddressOf(name)),
    ...(rights.take && !isHeld ? { n: () => void takeNext() } : {}),
    ...(mayAnswer
      ? {
          c: () => {
            choose('correct');
            afterwards(() => firstField(draft));
          },
          f: () => focusOn(draft.mode === 'correct' ? firstField(draft) : 'answer-agree'),
          w: () => focusOn('answer-reason'),
          s: () => submit(true),
        }
      : {}),
    ...(mayAnswer && canAgree
      ? {
          a: () => {
            choose('agree');
            afterwards(() => 'answer-submit');
          },
        }
      : {}),
    ...(isHeld ? { r: release, e: () => setAsking('escalate') } : {}),
    ...(rights.assign ? { g: () => setAsking('assign') } : {}),
  };

  const others = (
    <>
      {isHeld ? (
        <>
          <button type="button" aria-disabled={isBusy} aria-keyshortcuts="r" onClick={release}>
            Give back
          </button>
          <button type="button" aria-keyshortcuts="e" onClick={() => setAsking('escalate')}>
            Pass on…
          </button>
        </>
      ) : null}
      {rights.assign ? (
        <button type="button" aria-keyshortcuts="g" onClick={() => setAsking('assign')}>
          Assign…
        </button>
      ) : null}
    </>
  );

  return (
    <div
      class="stack"
      onKeyDown={(event) => {
        // Out of a field, to where single keys work. A dialog closes itself.
        if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) focusOn('review-title');
      }}
    >
      {unanswered === undefined ? null : <Notice level="breach">{unanswered.message}</Notice>}
      {answer !== undefined && found === null ? (
        <Empty title="There is no such case">
          <p>
            It may have been deleted when its time was over. <a href={reviewAddressOf(name)}>All cases of {name}</a>
          </p>
        </Empty>
      ) : null}
      {found === undefined || found === null ? null : (
        <Facts facts={factsOf(found, answer?.at ?? 0, me, isHeld && !lease.isOver ? lease.leftMs : undefined)} />
      )}
      <div class="commands">
        <Keys keys={keys} />
        {mayAnswer ? null : others}
      </div>
      {lease.isOver ? (
        <Notice level="warn">
          Your time for this case is over, and others may take it. Nothing that you typed is lost: take it again to go on.
        </Notice>
      ) : null}
      {error !== undefined && !mayAnswer ? (
        <div role="alert">
          <Notice level="breach">{error}</Notice>
        </div>
      ) : null}
      {found?.state === 'waiting' && rights.take && (!isHeld || lease.isOver) ? (
        <div class="buttons">
          <button type="button" class="primary" aria-disabled={isBusy} onClick={() => void take()}>
            {isHeld ? 'Take it again' : mine ? 'Go on with this case' : 'Take this case'}
          </button>
        </div>
      ) : null}
      {isHeld || found === undefined || found === null ? null : (
        <p class="soft">
          {found.state !== 'waiting'
            ? `It is ${found.state}: nobody needs to answer it.`
            : rights.take
              ? 'What it is about is shown to who has taken it.'
              : 'You may look, and not take cases: what this one is about is shown to who has taken it.'}
        </p>
      )}
      {isHeld ? (
        <>
          <div class="pair">
            <Content title="Input" value={task.input} />
            {task.blind || task.output === undefined ? null : <Content title="The model’s answer" value={task.output} />}
          </div>
          {rights.answer ? (
            <AnswerForm
              task={task}
              draft={draft}
              change={change}
              wrong={wrong}
              error={error}
              isBusy={isBusy}
              submit={(goesOn) => {
                if (!isBusy) submit(goesOn);
              }}
            >
              {others}
            </AnswerForm>
          ) : (
            <Notice level="info">
              You may not answer cases here: the runtime’s authorize() refuses it.
              {draft.mode === undefined ? '' : ' What you typed is kept as long as this window is open.'}
            </Notice>
          )}
        </>
      ) : null}
      {asking === 'escalate' && task !== undefined ? (
        <AskDialog
          title={`Pass ${id} on`}
          says="Others are given it before what waits; you are not given it as the next one any more. Say what they should know."
          verb="Pass on"
          close={() => setAsking(undefined)}
          act={(reason) =>
            end(() => review({ queue: name, action: 'escalate', id, token: task.token, reason }), 'Passed on.', false)
          }
        />
      ) : null}
      {asking === 'assign' ? (
        <AskDialog
          title={`Assign ${id}`}
          says="Only this reviewer may take it then, until it is escalated. Whoever has it now keeps it for their time."
          verb="Assign"
          close={() => setAsking(undefined)}
          act={async (reason) => {
            const reviewer = to.trim();
            await review({ queue: name, action: 'assign', id, to: reviewer === '' ? null : reviewer, reason });
            say('ok', reviewer === '' ? 'Assigned: it is for everybody.' : `Assigned: it is for ${reviewer}.`);
            setLooks((count) => count + 1);
          }}
        >
          <label>
            Reviewer (empty: everybody)
            <input
              name="to"
              type="text"
              maxLength={1000}
              autoComplete="off"
              value={to}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
          </label>
        </AskDialog>
      ) : null}
    </div>
  );
}

function factsOf(found: ReviewBrief, at: number, me: string | null, leftMs: number | undefined): readonly Fact[] {
  const { model, dueAt, why, leases, assigned, escalated, answers, needed, createdAt } = found;
  const others = leases.filter(({ by, until }) => by !== me && until > at).map(({ by }) => by);
  const place =
    leftMs !== undefined
      ? { value: `yours for ${duration(Math.ceil(leftMs / 1000) * 1000)}`, note: 'longer while you use this page' }
      : {
          value: others.length === 0 ? 'nobody' : others.join(', '),
          ...(assigned === null ? {} : { note: `assigned to ${assigned}` }),
        };
  return [
    { name: 'Model', value: <span class="name">{model}</span>, note: `chosen: ${why}` },
    { name: 'Due', value: <Due at={dueAt} now={at} />, note: exact(dueAt) },
    { name: 'With', ...place },
    {
      name: 'Answers',
      value: `${answers} of ${needed}`,
      note: `waits since ${exact(createdAt)}${escalated === 0 ? '' : `, escalated ${escalated}×`}`,
    },
  ];
}
