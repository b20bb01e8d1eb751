import { html, type Html, NOTHING } from './html.ts';
import type { PageFormat } from './page-format.ts';

/** A longer text may be broken; what is shorter, a number above all, stays on one line. */
const UNBROKEN = 24;

export type Cell = Html | string | number;

/** `left-out rows` in words; nothing where there are none. */
export const omission = (omitted: number, what: string): Html =>
  omitted === 0 ? NOTHING : html`<p class="cut">Not shown: ${omitted.toLocaleString('en')} more ${what}.</p>`;

/**
 * A table whose first column names the row. On a narrow screen each row becomes a block, with the column's name before each value.
 *
 * @param heads of the code, no texts from outside: they are named in the style of the page
 * @param omitted rows that are not in it
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  page: PageFormat,
  omitted = 0,
): Html {
  const head = heads.map((name) => html`<th scope="col">${name}</th>`);
  const body = rows.map(([first = '', ...cells]) => {
    const data = cells.map((cell) =>
      typeof cell === 'string' && cell.length > UNBROKEN ? html`<td class="w">${cell}</td>` : html`<td>${cell}</td>`,
    );
    return html`<tr>
      <th scope="row">${first}</th>
      ${data}
    </tr>`;
  });
  return html`<table class="${page.columnsClass(heads)}">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
    ${omission(omitted, 'rows')}`;
}
