import { html, type Html, NOTHING } from './html.ts';

/** So short a text, a number above all, stays on one line. */
const UNBROKEN = 14;

export type Cell = Html | string | number;

/** `left-out rows` in words; nothing where there are none. */
export const omission = (omitted: number, what: string): Html =>
  omitted === 0 ? NOTHING : html`<p class="cut">Not shown: ${omitted.toLocaleString('en')} more ${what}.</p>`;

/**
 * A table whose first column names the row. On a narrow screen each row becomes a block, with the column's name before each value.
 *
 * @param omitted rows that are not in it
 */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[], omitted = 0): Html {
  const head = heads.map((name) => html`<th scope="col">${name}</th>`);
  const body = rows.map(([first = '', ...cells]) => {
    const data = cells.map((cell, index) => {
      const whole = typeof cell === 'string' && cell.length <= UNBROKEN ? html` class="s"` : '';
      return html`<td data-of="${heads[index + 1] ?? ''}" ${whole}>${cell}</td>`;
    });
    return html`<tr>
      <th scope="row">${first}</th>
      ${data}
    </tr>`;
  });
  return html`<table>
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
