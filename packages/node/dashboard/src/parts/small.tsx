import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { ago, exact, percent } from '../format.ts';

export type Level = 'ok' | 'warn' | 'breach' | 'insufficient' | 'info';

const SHAPES: Readonly<Record<Level, string>> = {
  // A disc with a tick, a triangle, an octagon with a bar, a hollow disc, a disc with a letter: told apart without colour.
  ok: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.1-4.3 5a.9.9 0 0 1-1.3.1L4.2 9.5l1-1.2 1.3 1.1 3.7-4.4Z',
  warn: 'M8 1.2c.5 0 .9.2 1.1.7l5.8 10.7c.4.8-.2 1.8-1.1 1.8H2.2c-1 0-1.5-1-1.1-1.8L6.9 1.9c.2-.5.6-.7 1.1-.7ZM7.2 5.5v4.2h1.6V5.5Zm0 5.2v1.6h1.6v-1.6Z',
  breach: 'M5 1h6l4 4v6l-4 4H5l-4-4V5Zm2.2 2.8v5h1.6v-5Zm0 6.4v1.8h1.6v-1.8Z',
  insufficient: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6Z',
  info: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.8 3h1.6v1.6H7.2Zm0 3h1.6v5H7.2Z',
};

export function Mark({ level, children }: { readonly level: Level; readonly children: ComponentChildren }) {
  return (
    <span class={`mark ${level}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[level]} fill-rule="evenodd" />
      </svg>
      <span>{children}</span>
    </span>
  );
}

/** Relative, with the moment itself as its title. */
export function Time({ at, now }: { readonly at: number; readonly now: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {ago(at, now)}
    </time>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Notice({ level, children }: { readonly level: Level; readonly children: ComponentChildren }) {
  return (
    <div class={`notice ${level}`}>
      <Mark level={level}>{children}</Mark>
    </div>
  );
}

export function Card({
  title,
  aside,
  children,
  wide,
}: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}) {
  const id = useId();
  return (
    <section class={wide === true ? 'card wide' : 'card'} aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly note?: ComponentChildren;
}

/** A row of figures. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span class="value">{value}</span>
            {note === undefined ? null : <span class="note">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export const TIER_NAMES: Readonly<Record<string, string>> = {
  model: 'model',
  cache: 'cache',
  rules: 'rules',
  always: 'fixed output',
  failed: 'failed',
  cancelled: 'cancelled',
  'invalid-input': 'invalid input',
  none: 'nothing',
};
const TIER_ORDER = ['model', 'cache', 'rules', 'always', 'failed', 'cancelled', 'invalid-input'];

/** What part of the calls each tier served: a bar, and the same in words. */
export function TierBar({ byTier }: { readonly byTier: Readonly<Record<string, number>> }) {
  const parts = TIER_ORDER.map((tier) => [tier, byTier[tier] ?? 0] as const).filter(([, calls]) => calls > 0);
  const total = parts.reduce((sum, [, calls]) => sum + calls, 0);
  if (total === 0) return <span class="soft">no calls in the last minute</span>;
  return (
    <div class="tierbar">
      <div class="bar" aria-hidden="true">
        {parts.map(([tier, calls]) => (
          <span key={tier} class={`tier-${tier}`} style={{ flexGrow: calls / total }} />
        ))}
      </div>
      <ul class="inline">
        {parts.map(([tier, calls]) => (
          <li key={tier}>
            <span class={`key tier-${tier}`} aria-hidden="true" />
            {TIER_NAMES[tier]} {percent(calls / total)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A share as a bar and as a figure. */
export function Share({ share }: { readonly share: number }) {
  return (
    <span class="share">
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
      </span>
      {percent(share)}
    </span>
  );
}

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly isNumber?: boolean;
}

/** A table that becomes a list of cards where there is no room: each cell then carries the head of its column. */
export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
  rowClass,
}: {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly rowClass?: (row: T) => string;
}) {
  return (
    <table class="table">
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ head, isNumber }) => (
            <th key={head} scope="col" class={isNumber === true ? 'number' : ''}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} class={rowClass?.(row) ?? ''}>
            {columns.map(({ head, cell, isNumber }, index) =>
              index === 0 ? (
                <th key={head} scope="row">
                  {cell(row)}
                </th>
              ) : (
                <td key={head} data-head={head} class={isNumber === true ? 'number' : ''}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
