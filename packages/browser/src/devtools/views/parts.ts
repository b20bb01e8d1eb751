import type { Level } from '../happening.ts';
import { line } from '../outline.ts';
import { type Attributes, type Branch, type Child, h } from '../tree.ts';
import { ROWS } from '../ui.ts';
import type { Scene } from './scene.ts';

/** A word with a sign of its own shape: colour alone says nothing. */
export const mark = (level: Level, text: string, key?: string): Branch =>
  h(
    'span',
    { class: `mark ${level}`, ...(key === undefined ? {} : { key }) },
    h('i', { 'aria-hidden': 'true' }),
    h('span', null, line(text)),
  );

/** A name that is not ours: cut where there is no room, and whole in its tooltip. */
export const name = (text: string, tag = 'span', attributes: Attributes = {}): Branch =>
  h(tag, { class: 'name', title: line(text, 500), ...attributes }, line(text));

/** @param about what else a reader of the screen hears, where several buttons say the same */
export const button = (label: string, about: string, onclick: () => void, attributes: Attributes = {}): Branch =>
  h(
    'button',
    { type: 'button', onclick, ...(about === '' ? {} : { 'aria-label': line(`${label}, ${about}`) }), ...attributes },
    label,
  );

export interface Column {
  readonly title: string;
  /** `number` aligns to the right; `wide` is left out where there is little room. */
  readonly kind?: string;
}

export interface Row {
  readonly key: string | number;
  readonly cells: readonly Child[];
  readonly attributes?: Attributes;
}

/** A table whose first column names its rows. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Branch {
  const kinds = columns.map(({ kind }) => kind);
  return h(
    'table',
    { class: 'table' },
    h('caption', { class: 'unseen' }, caption),
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        columns.map(({ title }, index) => h('th', { scope: 'col', class: kinds[index] }, title)),
      ),
    ),
    h(
      'tbody',
      null,
      rows.map(({ key, cells, attributes }) =>
        h(
          'tr',
          { key, ...attributes },
          cells.map((cell, index) =>
            index === 0
              ? h('th', { scope: 'row', class: kinds[index] }, cell)
              : h('td', { class: kinds[index], 'data-head': columns[index]?.title }, cell),
          ),
        ),
      ),
    ),
  );
}

/** What is not drawn of a long list, so that a page with a thousand models stays quick. */
export const more = ({ ui, acts }: Scene, total: number): Child =>
  total > ui.rows ? button(`${total - ui.rows} more`, '', () => acts.set({ rows: ui.rows + ROWS }), { key: 'more' }) : null;

export const empty = (title: string, text: string): Branch =>
  h('div', { class: 'empty' }, h('p', { class: 'title' }, title), h('p', null, text));

/** Names with their texts. */
export const facts = (pairs: readonly (readonly [string, Child])[]): Branch =>
  h(
    'dl',
    { class: 'facts' },
    pairs.map(([title, value], index) => h('div', { key: index }, h('dt', null, line(title)), h('dd', null, value))),
  );

export interface Option {
  readonly value: string;
  readonly title: string;
}

export const choice = (label: string, value: string, options: readonly Option[], chosen: (value: string) => void): Branch =>
  h(
    'label',
    { class: 'choice' },
    h('span', null, label),
    h(
      'select',
      { value, 'aria-label': label, onchange: (event: Event) => chosen((event.currentTarget as HTMLSelectElement).value) },
      options.map((option) => h('option', { key: option.value, value: option.value }, line(option.title, 60))),
    ),
  );

/** Options of names, the first of which stands for all. */
export const anyOf = (all: string, names: readonly string[]): readonly Option[] => [
  { value: '', title: all },
  ...names.map((one) => ({ value: one, title: one })),
];
