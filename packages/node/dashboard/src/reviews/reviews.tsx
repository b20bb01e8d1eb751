import type { ReviewTask } from '@understudy/core/review';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReviewQueueView, ReviewsAnswer } from '../../../src/dashboard/wire.ts';
import { Card, Empty, Notice } from '../parts/small.tsx';
import { type Place, reviewAddressOf } from '../route.ts';
import { type Live, type ServerError, useAnswer } from '../server.ts';
import { CasePage } from './case-page.tsx';
import { review, type Say } from './desk.ts';
import { Keys } from './keys.tsx';
import { QueueFacts, QueuePage, TakeNext } from './queue-page.tsx';
import style from './reviews.css?url';

export interface ReviewsProps {
  readonly live: Live;
  readonly place: NonNullable<Place['reviews']>;
  readonly say: Say;
}

/** Its style, before anything is shown. By hand: what the bundler does for it would be in the code of those who have no reviews. */
export const styled = new Promise<unknown>((done) => {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: style });
  link.addEventListener('load', done);
  link.addEventListener('error', done);
  document.head.append(link);
});

/** Figures are asked for anew this often: other processes tell nothing to this one. */
const AGAIN_MS = 5000;

/** Whether the page came here from another one of its own: then its heading has the focus. */
let hasMoved = false;
addEventListener('hashchange', () => {
  hasMoved = true;
});

/** Cases that wait for people: all queues, one queue, one case. */
export function Reviews({ live, place, say }: ReviewsProps) {
  const { queue: name, id } = place;
  const [asked, setAsked] = useState(0);
  const newest = live.events.find(({ type }) => type === 'review-changed')?.id ?? '';
  const again = `${asked}/${newest}`;
  const { answer, error } = useAnswer<ReviewsAnswer>('reviews', again);
  const handed = useRef<ReviewTask | undefined>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setAsked((count) => count + 1), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const isThere = answer !== undefined;
  useEffect(() => {
    if (hasMoved && isThere) heading.current?.focus();
  }, [name, id, isThere]);

  const takeNext = async (queue: string, said = ''): Promise<void> => {
    const words = (text: string): string => [said, text].filter(Boolean).join(' ');
    try {
      const task = await review({ queue, action: 'take' });
      setAsked((count) => count + 1);
      handed.current = task;
      if (task === undefined) {
        say(said === '' ? 'info' : 'ok', words(`Nothing waits for you in ${queue}.`));
        location.hash = reviewAddressOf(queue);
      } else {
        say('ok', words(`The next case is yours. It is of ${task.model}.`));
        location.hash = reviewAddressOf(queue, task.id);
      }
    } catch (thrown) {
      say('breach', words((thrown as ServerError).message));
      // What was said before has been done: the case is no longer one's own.
      if (said !== '') location.hash = reviewAddressOf(queue);
    }
  };

  const queues = answer?.queues ?? [];
  const found = queues.find((one) => one.name === name);
  return (
    <>
      <nav class="crumbs" aria-label="Where you are in reviews">
        {name === undefined ? null : <a href={reviewAddressOf()}>All queues</a>}
        {name === undefined || id === undefined ? null : <a href={reviewAddressOf(name)}>{name}</a>}
      </nav>
      <h1 id="review-title" ref={heading} tabIndex={-1} title={id ?? name}>
        {id === undefined ? (name ?? 'Reviews') : `Case ${id}`}
      </h1>
      {error === undefined ? null : <Notice level="breach">{error.message}</Notice>}
      {answer === undefined ? (
        error === undefined && <p class="soft">Asking the process…</p>
      ) : name === undefined ? (
        <Overview queues={queues} takeNext={takeNext} />
      ) : found === undefined ? (
        <Empty title="There is no such queue here">
          <p>
            It may have been renamed. <a href={reviewAddressOf()}>All queues</a>
          </p>
        </Empty>
      ) : id === undefined ? (
        <QueuePage key={name} queue={found} takeNext={() => takeNext(name)} again={again} />
      ) : (
        <CasePage
          key={JSON.stringify([name, id])}
          queue={found}
          id={id}
          me={live.status?.viewer.id ?? null}
          handed={handed.current?.id === id && handed.current.queue === name ? handed.current : undefined}
          say={say}
          takeNext={(said) => takeNext(name, said)}
          again={again}
        />
      )}
    </>
  );
}

function Overview({
  queues,
  takeNext,
}: {
  readonly queues: readonly ReviewQueueView[];
  readonly takeNext: (queue: string) => Promise<void>;
}) {
  if (queues.length === 0)
    return (
      <Empty title="This dashboard has no review queues">
        <p>
          Name some: <code>dashboard(understudy, {'{ reviews: [queue] }'})</code>.
        </p>
      </Empty>
    );
  const [only] = queues.length === 1 ? queues : [];
  return (
    <>
      <div class="commands">
        <Keys keys={only?.rights.take === true ? { n: () => void takeNext(only.name) } : {}} />
      </div>
      {queues.map((queue) => (
        <Card key={queue.name} title={queue.name} wide aside={<a href={reviewAddressOf(queue.name)}>Cases of {queue.name}</a>}>
          <QueueFacts queue={queue} />
          <div class="buttons">
            <TakeNext queue={queue} takeNext={() => takeNext(queue.name)} />
          </div>
        </Card>
      ))}
    </>
  );
}
