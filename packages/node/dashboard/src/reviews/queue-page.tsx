import { useState } from 'preact/hooks';
import type { ReviewBrief, ReviewCasesAnswer, ReviewQueueView } from '../../../src/dashboard/wire.ts';
import { duration } from '../format.ts';
import { Card, Empty, type Fact, Facts, Mark, Notice, Table, Time } from '../parts/small.tsx';
import { reviewAddressOf } from '../route.ts';
import { useAnswer } from '../server.ts';
import { Due } from './due.tsx';
import { Keys } from './keys.tsx';

/** How a queue does, in figures. */
export function QueueFacts({ queue: { name, status } }: { readonly queue: ReviewQueueView }) {
  if (status === null)
    return <Notice level="breach">The queue {name} could not be asked: its store may be away. The page goes on trying.</Notice>;
  const { waiting, taken, oldestMs, answerMs, overdue, escalated, agreement, resolved, resolutionMs } = status;
  const kappa = agreement?.kappa;
  const facts: readonly Fact[] = [
    { name: 'Waiting', value: waiting, note: `${taken} with somebody` },
    { name: 'Oldest', value: waiting === 0 ? '–' : duration(oldestMs), note: `to be answered within ${duration(answerMs)}` },
    {
      name: 'Overdue',
      value: overdue === 0 ? <Mark level="ok">none</Mark> : <Mark level="breach">{overdue}</Mark>,
      note: `${escalated} escalated`,
    },
    {
      name: 'Agreement of two',
      value: kappa === undefined || kappa === null ? '–' : `κ ${kappa.toFixed(2)}`,
      note: `${agreement?.count ?? 0} cases with two answers`,
    },
    {
      name: 'Time to resolve',
      value: `${duration(resolutionMs.p50)} / ${duration(resolutionMs.p90)}`,
      note: `p50 / p90 of ${resolved}`,
    },
  ];
  return (
    <>
      {status.storeFailure === null ? null : <Notice level="breach">{status.storeFailure}</Notice>}
      <Facts facts={facts} />
    </>
  );
}

/** The button that takes the next case, for who may take one. */
export function TakeNext({
  queue: { name, rights, status },
  takeNext,
}: {
  readonly queue: ReviewQueueView;
  readonly takeNext: () => Promise<void>;
}) {
  const [isBusy, setBusy] = useState(false);
  if (!rights.take) return <p class="soft">You may look, and not take cases of {name}.</p>;
  return (
    <button
      type="button"
      class="primary"
      aria-disabled={isBusy}
      aria-keyshortcuts="n"
      onClick={() => {
        if (isBusy) return;
        setBusy(true);
        void takeNext().finally(() => setBusy(false));
      }}
    >
      Take the next case{status === null || status.waiting === 0 ? '' : ` of ${status.waiting}`}
    </button>
  );
}

/** One queue and its cases. */
export function QueuePage({
  queue,
  takeNext,
  again,
}: {
  readonly queue: ReviewQueueView;
  readonly takeNext: () => Promise<void>;
  readonly again: unknown;
}) {
  const { name, rights } = queue;
  const [skip, setSkip] = useState(0);
  const { answer, error } = useAnswer<ReviewCasesAnswer>(`cases?queue=${encodeURIComponent(name)}&skip=${skip}`, again);
  const cases = answer?.cases ?? [];
  const now = answer?.at ?? 0;
  return (
    <div class="stack">
      <QueueFacts queue={queue} />
      <div class="commands">
        <TakeNext queue={queue} takeNext={takeNext} />
        <Keys keys={rights.take ? { n: () => void takeNext() } : {}} />
      </div>
      <Card title="Cases that wait" wide>
        {error === undefined ? null : <Notice level="breach">{error.message}</Notice>}
        {answer !== undefined && cases.length === 0 ? (
          <Empty title="Nothing waits">
            <p>Cases appear here when a model asks for people, in the order in which they are taken.</p>
          </Empty>
        ) : (
          <Table
            caption={`Cases of ${name}, in the order in which they are taken`}
            rows={cases}
            keyOf={({ id }) => id}
            columns={[
              { head: 'Case', cell: ({ id }) => <a href={reviewAddressOf(name, id)}>{id}</a> },
              { head: 'Model', cell: ({ model }) => <span class="name">{model}</span> },
              { head: 'Why', cell: ({ why }) => <span class="name">{why}</span> },
              { head: 'Due', cell: ({ dueAt }) => <Due at={dueAt} now={now} /> },
              { head: 'Since', cell: ({ createdAt }) => <Time at={createdAt} now={now} /> },
              { head: 'Priority', isNumber: true, cell: ({ priority }) => priority },
              { head: 'Escalated', isNumber: true, cell: ({ escalated }) => escalated },
              { head: 'Answers', isNumber: true, cell: ({ answers, needed }) => `${answers} of ${needed}` },
              { head: 'With', cell: (one) => <span class="name">{holderOf(one, now)}</span> },
            ]}
          />
        )}
        {skip === 0 && answer?.next === undefined ? null : (
          <div class="buttons">
            <button type="button" disabled={skip === 0} onClick={() => setSkip(0)}>
              First
            </button>
            <button
              type="button"
              disabled={answer?.next === undefined}
              onClick={() => {
                if (answer?.next !== undefined) setSkip(answer.next);
              }}
            >
              Next 50
            </button>
          </div>
        )}
      </Card>
    </div>
  );
}

function holderOf({ leases, assigned }: ReviewBrief, now: number): string {
  const held = leases.filter(({ until }) => until > now).map(({ by }) => by);
  if (held.length > 0) return held.join(', ');
  return assigned === null ? 'nobody' : `assigned to ${assigned}`;
}
