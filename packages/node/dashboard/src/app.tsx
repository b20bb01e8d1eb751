import type { ComponentType, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ModelView } from '../../src/dashboard/wire.ts';
import { attentionOf } from './attention.ts';
import { Command, ConfirmDialog, ControlsContext, type Pending } from './parts/controls.tsx';
import { exact } from './format.ts';
import { Empty, type Level, Mark, Notice } from './parts/small.tsx';
import type { ReviewsProps } from './reviews/reviews.tsx';
import { addressOf, type Place, reviewAddressOf, usePlace } from './route.ts';
import { Models } from './sections/models.tsx';
import { SECTIONS } from './sections/sections.ts';
import { type Live, useLive } from './server.ts';

interface Told {
  readonly level: Level;
  readonly text: string;
}

export function App() {
  const place = usePlace();
  const live = useLive(place.model);
  const [pending, setPending] = useState<Pending>();
  const [told, setTold] = useState<Told>();
  const view = live.models.find(({ status }) => status.model === place.model);
  const mayControl = live.status?.viewer.may === 'control';
  const title = place.reviews === undefined ? place.model : (place.reviews.id ?? place.reviews.queue ?? 'Reviews');
  useEffect(() => {
    document.title = title === undefined ? 'Understudy' : `${title} · Understudy`;
  }, [title]);
  useEffect(() => {
    if (told === undefined) return undefined;
    const timer = setTimeout(() => setTold(undefined), told.level === 'ok' ? 8000 : 30_000);
    return () => clearTimeout(timer);
  }, [told]);

  return (
    <ControlsContext.Provider
      value={{ mayControl, propose: (command, of, variant) => setPending({ command, view: of, variant }) }}
    >
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('#main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Top live={live} place={place} />
      <main id="main" tabIndex={-1}>
        <Warnings live={live} />
        {place.reviews === undefined ? (
          <Content live={live} place={place} view={view} />
        ) : (
          <LazyReviews live={live} place={place.reviews} say={(level, text) => setTold({ level, text })} />
        )}
      </main>
      <div class="toast" role="status">
        {told === undefined ? null : <Mark level={told.level}>{told.text}</Mark>}
      </div>
      {pending === undefined ? null : (
        <ConfirmDialog
          pending={pending}
          close={() => setPending(undefined)}
          done={(text) => {
            setPending(undefined);
            setTold({ level: 'ok', text });
          }}
          failed={(text) => setTold({ level: 'breach', text })}
        />
      )}
    </ControlsContext.Provider>
  );
}

/** Its code is loaded by who looks at it, and by nobody else. */
function LazyReviews(props: ReviewsProps) {
  const [View, setView] = useState<ComponentType<ReviewsProps> | 'lost'>();
  useEffect(() => {
    import('./reviews/reviews.tsx').then(
      ({ Reviews, styled }) => styled.then(() => setView(() => Reviews)),
      () => setView('lost'),
    );
  }, []);
  const { status, error } = props.live;
  if (View === 'lost') return <Notice level="breach">This part of the page could not be loaded. Reload the page.</Notice>;
  if (View === undefined || (status === undefined && error === undefined)) return <p class="soft">Asking the process…</p>;
  return <View {...props} />;
}

const MAY = { read: 'look', review: 'review', control: 'control' } as const;

const CONNECTIONS = {
  connecting: ['info', 'connecting'],
  live: ['ok', 'live'],
  lost: ['warn', 'connection lost, trying again'],
} as const;

function Top({ live, place }: { readonly live: Live; readonly place: Place }) {
  const { status, connection } = live;
  const [level, words] = CONNECTIONS[connection];
  return (
    <header class="top">
      <nav aria-label="Where you are">
        <a class="brand" href="#/" aria-current={place.model === undefined && place.reviews === undefined ? 'page' : undefined}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="4" />
            <path d="M4.5 4v4a3.5 3.5 0 0 0 7 0V4" />
          </svg>
          Understudy
        </a>
        {status?.application === undefined ? null : (
          <span class="where" title={[status.application, status.environment].filter(Boolean).join(' ')}>
            {status.application}
            {status.environment === undefined ? null : <span class="soft"> {status.environment}</span>}
          </span>
        )}
        {status?.reviews === undefined ? null : (
          <a href={reviewAddressOf()} aria-current={place.reviews === undefined ? undefined : 'page'}>
            Reviews
          </a>
        )}
      </nav>
      <div class="who">
        <Mark level={level}>{words}</Mark>
        {status === undefined ? null : (
          <span class="soft" title={status.viewer.id ?? undefined}>
            {status.viewer.id === null ? 'open to look' : `${status.viewer.id}, may ${MAY[status.viewer.may]}`}
          </span>
        )}
      </div>
    </header>
  );
}

function Warnings({ live }: { readonly live: Live }) {
  return (
    <>
      {live.error === undefined ? null : <Notice level="breach">{live.error.message}</Notice>}
      {!live.isStale || live.status === undefined ? null : (
        <Notice level="warn">Nothing has come since {exact(live.at)}: what is below is of then.</Notice>
      )}
      {live.isMixed ? (
        <Notice level="warn">
          Several processes answer this address: figures of one are mixed with those of another. Let the load balancer keep a
          browser at one process.
        </Notice>
      ) : null}
      {live.missed > 0 ? (
        <Notice level="info">This page was too slow for {live.missed} messages: they were left out.</Notice>
      ) : null}
    </>
  );
}

function Content({ live, place, view }: { readonly live: Live; readonly place: Place; readonly view: ModelView | undefined }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(`${place.model ?? ''}/${place.section}`);
  const now = `${place.model ?? ''}/${place.section}`;
  useEffect(() => {
    if (shown.current !== now) heading.current?.focus();
    shown.current = now;
  }, [now]);
  if (live.status === undefined && live.error === undefined) return <p class="soft">Asking the process…</p>;
  if (place.model === undefined)
    return (
      <>
        <h1 ref={heading} tabIndex={-1}>
          All models
        </h1>
        <Models views={live.models} />
      </>
    );
  if (view === undefined)
    return (
      <>
        <h1 ref={heading} tabIndex={-1}>
          {place.model}
        </h1>
        <Empty title="There is no such model in this process">
          <p>
            It may have been renamed, or another process defines it. <a href="#/">All models</a>
          </p>
        </Empty>
      </>
    );
  const section = SECTIONS.find(({ id }) => id === place.section) ?? SECTIONS[0];
  return (
    <>
      <ModelHead view={view} heading={heading} />
      <nav class="tabs" aria-label={`Parts of ${view.status.model}`}>
        {SECTIONS.map(({ id, title, badge }) => {
          const text = badge?.(view);
          return (
            <a key={id} href={addressOf(view.status.model, id)} aria-current={id === section?.id ? 'page' : undefined}>
              {title}
              {text === undefined ? null : <span class="badge">{text}</span>}
            </a>
          );
        })}
      </nav>
      {section === undefined ? null : <section.View key={`${view.status.model}/${section.id}`} view={view} live={live} />}
    </>
  );
}

function ModelHead({ view, heading }: { readonly view: ModelView; readonly heading: RefObject<HTMLHeadingElement | null> }) {
  const { model, control } = view.status;
  const attention = attentionOf(view).filter(({ section }) => section === '');
  return (
    <div class="model-head">
      <div class="title">
        <h1 ref={heading} tabIndex={-1} title={model}>
          {model}
        </h1>
        <div class="commands">
          {control.pinned === null ? null : (
            <Command name="unpin" view={view}>
              Unpin
            </Command>
          )}
          {control.paused ? (
            <Command name="resume" view={view}>
              Resume
            </Command>
          ) : (
            <Command name="pause" view={view} isGrave>
              Pause
            </Command>
          )}
        </div>
      </div>
      {attention.length === 0 ? null : (
        <ul class="attention">
          {attention.map(({ level, text }) => (
            <li key={text}>
              <Mark level={level}>
                <span class="name">{text}</span>
              </Mark>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
