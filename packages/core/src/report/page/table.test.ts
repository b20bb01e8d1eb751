import { expect, it } from 'vitest';
import { html } from './html.ts';
import { PageFormat } from './page-format.ts';
import { omission, table } from './table.ts';

const page = new PageFormat('UTC', 1);

it('names each column and each row, and escapes what is no markup', () => {
  const { markup } = table(
    'Gates',
    ['gate', 'verdict'],
    [
      ['kpi', html`<b>ok</b>`],
      ['<spend>', 7],
    ],
    page,
  );
  expect(markup).toContain('<th scope="col">gate</th><th scope="col">verdict</th>');
  expect(markup).toMatch(/<th scope="row">kpi<\/th>\s*<td[^>]*><b>ok<\/b><\/td>/);
  expect(markup).toMatch(/<th scope="row">&lt;spend&gt;<\/th>\s*<td[^>]*>7<\/td>/);
  expect(markup).not.toContain('Not shown');
});

it('a row may be empty', () => {
  expect(table('t', ['a'], [[]], page).markup).toContain('<th scope="row"></th>');
});

it('tells what is left out', () => {
  expect(omission(0, 'rows').markup).toBe('');
  expect(omission(12_345, 'models').markup).toBe('<p class="cut">Not shown: 12,345 more models.</p>');
  expect(table('t', ['a'], [], page, 3).markup).toContain('Not shown: 3 more rows.');
});
