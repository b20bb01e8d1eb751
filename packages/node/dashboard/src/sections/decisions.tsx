import type { DecisionEvent } from '@understudy/core';
import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DecisionAnswer, PageAnswer } from '../../../src/dashboard/wire.ts';
import { count, dollars, duration, exact, percent, rate } from '../format.ts';
import { Card, Empty, type Level, Mark, Notice, TIER_NAMES, Time } from '../parts/small.tsx';
import { ask, ServerError, useAnswer } from '../server.ts';
import type { SectionProps } from './section.ts';

/** Rows that are shown of what comes in. */
const SHOWN = 30;

interface Filter {
  readonly outcome: string;
  readonly tier: string;
  readonly servedBy: string;
}
const EVERY: Filter = { outcome: '', tier: '', servedBy: '' };

const fits = (event: DecisionEvent, { outcome, tier, servedBy }: Filter): boolean =>
  (outcome === '' || event.outcome === outcome) &&
  (tier === '' || event.tier === tier) &&
  (servedBy === '' || event.servedBy === servedBy);

/** Decisions as they come, without content, each with why it is what it is. */
export function Decisions({ view, live }: SectionProps) {
  const { status, recent } = view;
  const [filter, setFilter] = useState(EVERY);
  const [isStill, setStill] = useState(false);
  const [stood, setStood] = useState<readonly DecisionEvent[]>([]);
  const [open, setOpen] = useState<string>();
  const [older, setOlder] = useState<PageAnswer<DecisionEvent> & { readonly isBusy?: boolean }>();
  const query = new URLSearchParams({
    model: status.model,
    ...Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '')),
  });
  const { answer: first, error } = useAnswer<PageAnswer<DecisionEvent>>(`decisions?${query.toString()}`);
  useEffect(() => setOlder(undefined), [query.toString()]);

  const known = new Set(live.decisions.map(({ id }) => id));
  const flowing = [...live.decisions, ...(first?.items ?? []).filter(({ id }) => !known.has(id))]
    .filter((event) => fits(event, filter))
    .slice(0, SHOWN);
  // A row that is open stays where it is: what is read must not move.
  const isHeld = isStill || open !== undefined;
  const rows = isHeld ? stood : flowing;
  const hold = (): void => {
    if (!isHeld) setStood(flowing);
  };
  const servers = [...Object.keys(status.variants), ...status.fallback.map(({ name }) => name)];
  const last = older ?? first;

  const loadOlder = async (): Promise<void> => {
    if (last?.next === undefined) return;
    hold();
    setStill(true);
    setOlder({ ...last, isBusy: true });
    try {
      const page = await ask<PageAnswer<DecisionEvent>>(`decisions?${query.toString()}&after=${encodeURIComponent(last.next)}`);
      setStood((before) => [...(isHeld ? before : flowing), ...page.items]);
      setOlder(page);
    } catch (thrown) {
      setOlder({ ...last, problem: thrown instanceof ServerError ? thrown.message : 'The process does not answer.' });
    }
  };

  return (
    <Card
      title="Decisions"
      wide
      aside={
        <span class="card-aside">
          <span class="soft">
            {rate(recent.calls / recent.seconds)}
            {live.skipped > 0 ? `, ${count(live.skipped)} more in the last second` : ''}
          </span>
          <button
            type="button"
            aria-pressed={isStill}
            onClick={() => {
              hold();
              setStill(!isStill);
            }}
          >
            {isStill ? 'Follow' : 'Stand still'}
          </button>
        </span>
      }
    >
      <div class="filters">
        <Choice
          name="Outcome"
          value={filter.outcome}
          values={['served', 'failed', 'cancelled', 'invalid-input']}
          onChange={(outcome) => setFilter({ ...filter, outcome })}
        />
        <Choice
          name="Tier"
          value={filter.tier}
          values={['model', 'cache', 'rules', 'always', 'none']}
          onChange={(tier) => setFilter({ ...filter, tier })}
        />
        <Choice
          name="Served by"
          value={filter.servedBy}
          values={servers}
          onChange={(servedBy) => setFilter({ ...filter, servedBy })}
        />
      </div>
      {error === undefined ? null : <Notice level="warn">{error.message}</Notice>}
      {last?.problem === undefined ? null : <Notice level="warn">{last.problem}</Notice>}
      {rows.length === 0 ? (
        <Empty title="No decision to show">
          <p>
            {Object.values(filter).some((value) => value !== '')
              ? 'None fits what you chose: choose less.'
              : 'Call the model: its decisions appear here within a second.'}
          </p>
        </Empty>
      ) : (
        <table class="table decisions">
          <caption class="hidden">Decisions, the newest first</caption>
          <thead>
            <tr>
              {['When', 'Outcome', 'Served by', 'Assigned', 'Took', 'Why'].map((head) => (
                <th key={head} scope="col" class={head === 'Took' ? 'number' : ''}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((event) => (
              <Fragment key={event.id}>
                <tr class={open === event.id ? 'open' : ''}>
                  <th scope="row">
                    <button
                      type="button"
                      class="link"
                      aria-expanded={open === event.id}
                      onClick={() => {
                        hold();
                        setOpen(open === event.id ? undefined : event.id);
                      }}
                    >
                      <Time at={event.at} now={live.at} />
                      <span class="hidden"> explain this decision</span>
                    </button>
                  </th>
                  <td data-head="Outcome">
                    <Mark level={levelOf(event)}>
                      {event.outcome === 'served' && event.degraded ? 'degraded' : event.outcome}
                    </Mark>
                  </td>
                  <td data-head="Served by">
                    {event.servedBy === '' ? <span class="soft">nothing</span> : event.servedBy}{' '}
                    <span class="soft">{TIER_NAMES[event.tier]}</span>
                  </td>
                  <td data-head="Assigned">
                    {event.assigned} <span class="soft">{percent(event.probability)}</span>
                  </td>
                  <td data-head="Took" class="number">
                    {duration(event.durationMs)}
                  </td>
                  <td data-head="Why" class="why">
                    <span class="name">{event.reason}</span>
                  </td>
                </tr>
                {open === event.id ? (
                  <tr class="detail">
                    <td colSpan={6}>
                      <Explained event={event} model={status.model} />
                    </td>
                  </tr>
                ) : null}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
      <div class="buttons">
        {last?.next === undefined ? (
          <p class="soft">
            {last?.from === 'history'
              ? 'That is all that the history holds.'
              : 'Only the newest are remembered. Give the dashboard a history to look further back.'}
          </p>
        ) : (
          <button type="button" disabled={older?.isBusy === true} onClick={() => void loadOlder()}>
            Older decisions
          </button>
        )}
      </div>
    </Card>
  );
}

function levelOf({ outcome, degraded }: DecisionEvent): Level {
  if (outcome === 'failed') return 'breach';
  if (outcome !== 'served') return 'insufficient';
  return degraded ? 'warn' : 'ok';
}

function Choice({
  name,
  value,
  values,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <label class="choice">
      {name}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

type Attempt = DecisionEvent['attempts'][number];

/** An event leaves out the attempts of a call that went well at once. */
function attemptsOf(event: DecisionEvent): readonly Attempt[] {
  const { attempts, outcome, tier, servedBy, durationMs } = event;
  if (attempts.length > 0 || outcome !== 'served' || tier === 'none') return attempts;
  return [{ name: servedBy, tier, attempt: 1, startMs: 0, durationMs, resultClass: 'ok' }];
}

/** Why a decision is what it is: what `explain()` says, from its event. */
function Explained({ event, model }: { readonly event: DecisionEvent; readonly model: string }) {
  const { answer } = useAnswer<DecisionAnswer>(`decision?model=${encodeURIComponent(model)}&id=${encodeURIComponent(event.id)}`);
  const attempts = attemptsOf(event);
  const whole = Math.max(event.durationMs, ...attempts.map(({ startMs, durationMs }) => startMs + durationMs), 0.001);
  const { usage, rules, facts, input, output } = event;
  return (
    <div class="explained">
      <p class="name">{event.reason}</p>
      <dl class="pairs">
        <Pair name="Assigned">
          {event.assigned}, by {event.assignedBy}, with {percent(event.probability)}
        </Pair>
        <Pair name="Served by">
          {event.servedBy === '' ? 'nothing' : `${event.servedBy} ${event.version}`} ({TIER_NAMES[event.tier]})
        </Pair>
        {event.errorType === undefined ? null : <Pair name="Failed with">{event.errorType}</Pair>}
        {rules === undefined ? null : <Pair name="Rules that fired">{rules.rows.join(', ') || 'the row “otherwise”'}</Pair>}
        {usage === undefined ? null : (
          <Pair name="Used">
            {count(usage.inputTokens.total ?? 0)} tokens in, {count(usage.outputTokens.total ?? 0)} out,{' '}
            {usage.costMicroUsd === null ? 'price not known' : dollars(usage.costMicroUsd)}
            {usage.estimated ? ' (in part an estimate)' : ''}
          </Pair>
        )}
        {event.firstContentMs === undefined ? null : <Pair name="First content">{duration(event.firstContentMs)}</Pair>}
        <Pair name="At">{exact(event.at)}</Pair>
        <Pair name="Control document">{event.control === 'known' ? 'was known' : 'was not known yet: no evidence'}</Pair>
        {event.tenant === undefined ? null : <Pair name="Tenant">{event.tenant}</Pair>}
        {Object.entries(facts ?? {}).map(([name, value]) => (
          <Pair key={name} name={name}>
            {value}
          </Pair>
        ))}
        <Pair name="Id">
          <code>{event.id}</code>
        </Pair>
      </dl>
      {attempts.length === 0 ? null : (
        <ol class="attempts">
          {attempts.map((attempt, index) => (
            <li key={index}>
              <span class="name">
                {attempt.name}{' '}
                <span class="soft">{attempt.attempt > 1 ? `attempt ${attempt.attempt}` : TIER_NAMES[attempt.tier]}</span>
              </span>
              <span class="track" aria-hidden="true">
                <span
                  class={attempt.resultClass === 'ok' || attempt.resultClass === 'slow' ? 'good' : 'bad'}
                  style={{
                    left: `${(attempt.startMs / whole) * 100}%`,
                    width: `${Math.max(0.5, (attempt.durationMs / whole) * 100)}%`,
                  }}
                />
              </span>
              <span class="number">{duration(attempt.durationMs)}</span>
              <span class="name">
                {attempt.resultClass}
                {attempt.errorType === undefined ? '' : `, ${attempt.errorType}`}
                {attempt.status === undefined ? '' : ` ${attempt.status}`}
                {attempt.message === undefined ? '' : `: ${attempt.message}`}
              </span>
            </li>
          ))}
        </ol>
      )}
      {input === undefined && output === undefined ? null : (
        <div class="pair">
          <Content name="Input, allowed fields" value={input} />
          <Content name="Output, allowed fields" value={output} />
        </div>
      )}
      {(answer?.outcomes ?? []).map((outcome) => (
        <p key={outcome.id} class="soft">
          {outcome.kind}: {outcome.result}
          {outcome.by === undefined ? '' : `, by ${outcome.by}`}
          {outcome.reason === undefined ? '' : `: ${outcome.reason}`}
        </p>
      ))}
      {(answer?.comparisons ?? []).map((pair) => (
        <p key={pair.id} class="soft">
          Shadow {pair.variant} {pair.version}: {pair.agrees === null ? 'not compared' : pair.agrees ? 'agrees' : 'disagrees'},{' '}
          {duration(pair.durationMs)}
        </p>
      ))}
    </div>
  );
}

function Pair({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="name">{children}</dd>
    </div>
  );
}

function Content({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (value === undefined) return null;
  return (
    <figure>
      <figcaption class="soft">{name}</figcaption>
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </figure>
  );
}
