import { count, duration, listed, NONE, percent } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { statusChip } from '../page/status-chip.ts';
import { table } from '../page/table.ts';
import type { ModelReport } from '../report-data.ts';
import { challengerOf } from '../summary-sentences.ts';

const WORST = 5;

/** What serves now and how good it is, in words and figures, and the monitors that need a look. */
export function summarySection({ summary, basis, monitors, variants, rollout }: ModelReport, page: PageFormat): Html {
  const { sentences, calls, availability, degradedShare, latencyMs, paused, pausedBy, worst } = summary;
  const challenger = challengerOf(rollout);
  const isMost = challenger !== undefined && challenger.share >= 0.5;
  const figures = [
    [
      'Serves now',
      paused ? 'fallback tiers' : (summary.pinned ?? (isMost ? challenger.name : summary.champion) ?? NONE),
      paused
        ? `paused by ${listed(pausedBy)}`
        : isMost && summary.pinned === null
          ? `${percent(challenger.share)} of traffic, by the rollout`
          : '',
    ],
    ['Availability', percent(availability), `${count(calls.served)} served, ${count(calls.failed)} failed`],
    ['Degraded', percent(degradedShare), `${count(calls.degraded)} of served calls`],
    ['Latency, median', duration(latencyMs.p50), `90 % ${duration(latencyMs.p90)}, 99 % ${duration(latencyMs.p99)}`],
    ['Calls', count(calls.total), `${count(calls.invalidInput)} invalid, ${count(calls.cancelled)} cancelled`],
  ] as const;
  const cards = figures.map(
    ([name, value, note]) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${page.clip(value, 60)}<small>${page.clip(note, 120)}</small></dd>
      </div>`,
  );
  const bad = monitors.items.filter(({ status }) => status === 'breach' || status === 'warn').slice(0, page.rowsToKeep(WORST));
  const items = bad.map(({ monitor, status, readings }) => {
    const [reading] = readings.items;
    return html`<li>${statusChip(status)} <b>${page.clip(monitor, 80)}</b> ${page.clip(reading?.reason ?? '', 400)}</li>`;
  });
  return html`<section>
    <h3>Summary</h3>
    <p class="lead">${worst === null ? NOTHING : html`${statusChip(worst)} `}${page.clip(sentences.join(' '), 1200)}</p>
    ${basis === 'events' ? html`<p class="note">Derived from events: no status of the model was given.</p>` : NOTHING}
    <dl class="cards">${cards}</dl>
    ${
      items.length === 0
        ? NOTHING
        : html`<ul class="worst">
            ${items}
          </ul>`
    }
    ${variants.items.length === 0 ? NOTHING : variantsTable(variants, page)}
  </section> `;
}

function variantsTable({ items, omitted }: ModelReport['variants'], page: PageFormat): Html {
  const shown = items.slice(0, page.rows(50));
  const rows = shown.map(({ variant, version, role, share, isolated, served, failures, agreement, pairs }) => [
    page.clip(variant, 80),
    page.clip(version, 80),
    `${page.clip(role, 40)}${isolated ? ', isolated' : ''}`,
    percent(share),
    count(served),
    failures === null ? NONE : count(failures),
    pairs === 0 ? NONE : `${percent(agreement)} of ${count(pairs)}`,
  ]);
  const heads = ['variant or tier', 'version', 'role', 'share', 'served', 'failures', 'agreement in shadow'];
  return table('What may serve', heads, rows, page, omitted + items.length - shown.length);
}
