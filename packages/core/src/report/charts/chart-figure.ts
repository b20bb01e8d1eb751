import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';

/** What is drawn, what it says in words, and the same numbers as a table. */
export interface Chart {
  readonly title: string;
  /** For those who do not see it: what is drawn, and what it shows. */
  readonly description: string;
  /** In pixels; its width is that of the page. */
  readonly height: number;
  /** Not wider than a phone. */
  readonly narrow?: boolean;
  readonly drawing: Html;
  readonly legend?: string;
  readonly table: Html;
}

export function chartFigure(
  { title, description, height, narrow = false, drawing, legend, table }: Chart,
  page: PageFormat,
): Html {
  const id = page.id();
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg role="img" ${narrow ? html` class="narrow"` : NOTHING} aria-labelledby="${id}t ${id}d" width="100%" height="${height}">
      <title id="${id}t">${title}</title>
      <desc id="${id}d">${description}</desc>
      ${drawing}
    </svg>
    ${legend === undefined ? NOTHING : html`<p class="legend">${legend}</p>`}
    <details>
      <summary>The numbers as a table</summary>
      ${table}
    </details>
  </figure> `;
}
