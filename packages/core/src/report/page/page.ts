import { spanOf } from '../charts/time-span.ts';
import { count } from '../figures.ts';
import type { ModelReport, ReportData } from '../report-data.ts';
import { monitorsSection } from '../sections/monitors-section.ts';
import { outcomesSection } from '../sections/outcomes-section.ts';
import { rolloutSection } from '../sections/rollout-section.ts';
import { summarySection } from '../sections/summary-section.ts';
import { timelineSection } from '../sections/timeline-section.ts';
import { trafficSection } from '../sections/traffic-section.ts';
import { html, type Html, NOTHING } from './html.ts';
import type { PageFormat } from './page-format.ts';
import { PAGE_STYLE } from './page-style.ts';
import { statusChip } from './status-chip.ts';
import { omission } from './table.ts';

/** Nothing is loaded and nothing is run, whatever a text says: the icon stops the browser from asking for one. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

export function pageOf(data: ReportData, title: string, page: PageFormat): Html {
  const shown = data.models.items.slice(0, page.rows(20));
  const headline = page.clip(title, 200);
  const parts = shown.map((model, index) => modelPart(model, index, data.at, page));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <link rel="icon" href="data:," />
        <title>${page.clip([title, ...shown.map(({ model }) => model)].join(' – '), 200)}</title>
        <style>
          ${PAGE_STYLE}${page.columnNames}
        </style>
      </head>
      <body>
        <header>
          <h1>${headline}</h1>
          ${head(data, page)}${shown.length < 2 ? NOTHING : contents(shown, page)}
        </header>
        <main>
          ${shown.length === 0 ? html`<p class="lead">There is nothing to report: no status and no event was given.</p>` : NOTHING}
          ${parts}${omission(data.models.omitted + data.models.items.length - shown.length, 'models')}
        </main>
        <footer>
          <p>
            Made by Understudy. Intervals are of 95 %; times are in
            ${page.timeZone}.${
              page.detail < 1 ? ' Lists and texts are cut so that this page stays small; the JSON report has more.' : ''
            }
          </p>
        </footer>
      </body>
    </html> `;
}

function head({ at, period, events, lost }: ReportData, page: PageFormat): Html {
  const span =
    period === null
      ? html`no events`
      : html`${count(events.total)} events from ${page.timeElement(period.from)} to ${page.timeElement(period.to)}`;
  const left = [
    [events.unreadable, 'unreadable lines'],
    [events.repeated, 'repeated events'],
    [events.undated, 'events without a valid time'],
    [events.ofOtherModels, 'events of further models'],
  ] as const;
  const told = left.filter(([number]) => number > 0).map(([number, what]) => `${what}: ${count(number)}`);
  const sinks = lost.items.slice(0, page.rows(20)).map(({ sink, count: number }) => `${count(number)} at ${page.clip(sink, 60)}`);
  return html`<p class="note">
      ${at === null ? NOTHING : html`As of ${page.timeElement(at)}; `}${span}.${
        told.length === 0 ? '' : ` Left out: ${told.join(', ')}.`
      }
    </p>
    ${sinks.length === 0 ? NOTHING : html`<p class="alarm">Events were lost before they got here, so that counts are too low: ${sinks.join(', ')}.</p>`}`;
}

function contents(models: readonly ModelReport[], page: PageFormat): Html {
  const items = models.map(({ model, summary: { worst } }, index) => {
    const chip = worst === null ? NOTHING : statusChip(worst);
    return html`<li><a href="#m${index}">${page.clip(model, 80)}</a> ${chip}</li>`;
  });
  return html`<nav aria-label="Models">
    <ul>
      ${items}
    </ul>
  </nav>`;
}

function modelPart(report: ModelReport, index: number, at: number | null, page: PageFormat): Html {
  const span = spanOf(report, at);
  return html`<section id="m${index}">
    <h2>${page.clip(report.model, 120) || '(no name)'}</h2>
    ${summarySection(report, page)}${trafficSection(report.traffic, span, page)}${monitorsSection(report.monitors, span, page)}${rolloutSection(report.rollout, at, span, page)}${outcomesSection(report.outcomes, span, page)}${timelineSection(report.timeline, page)}
  </section> `;
}
