import { html, type Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { table } from '../page/table.ts';
import type { ModelReport, ReportChange } from '../report-data.ts';

const SIGNS: Readonly<Record<ReportChange['type'], string>> = {
  control: '● command',
  rollout: '◆ rollout',
  alert: '■ alert',
  retrain: '↻ retrain',
  monitor: '○ monitor',
  circuit: '⌁ circuit',
  callback: '! callback',
  registry: '▤ registry',
};

/** Who changed what, and why: the newest first. */
export function timelineSection({ items, omitted }: ModelReport['timeline'], page: PageFormat): Html {
  if (items.length === 0)
    return html`<section>
      <h3>Changes and alerts</h3>
      <p>No change and no alert in these events.</p>
    </section> `;
  const shown = items.slice(-page.rows(64)).toReversed();
  const rows = shown.map(({ at, type, who, what, why, times }) => [
    page.timeCell(at),
    SIGNS[type],
    page.clip(who, 80),
    `${page.clip(what, 160)}${times > 1 ? ` (told ${times} times)` : ''}`,
    page.clip(why, 200),
  ]);
  return html`<section>
    <h3>Changes and alerts</h3>
    ${table('The newest first', ['at', 'what kind', 'who', 'what', 'why'], rows, page, omitted + items.length - shown.length)}
  </section> `;
}
