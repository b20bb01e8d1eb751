import type { Amount, ValuePeriod, ValueReport } from '@understudy/core/value';
import { escaped, plainPage } from './plain-page.ts';

const WIDTH = 720;
const HEIGHT = 220;
const MARGIN = 40;

/** A page that is read in a minute: what it was worth, how sure that is, by variant and over time. */
export function valuePage(report: ValueReport): string {
  const { model, kpi, baseline, currency, variants, periods, from, to, unpriced } = report;
  const rows = variants.map(
    ({ variant, decisions, known, mean, effect, gain, cost, returnOnInvestment }) =>
      `<tr><td>${escaped(variant)}${variant === baseline ? ' (baseline)' : ''}</td><td>${whole(decisions)}</td><td>${whole(known)}</td><td>${figure(mean)}</td><td>${ranged(effect)}</td><td>${money(gain, currency)}</td><td>${figure(cost)}</td><td>${percent(returnOnInvestment)}</td></tr>`,
  );
  const head = ['variant', 'decisions', `${kpi} known`, `mean ${kpi}`, 'against the baseline', 'worth', 'cost', 'return'];
  const tried = [...new Set(periods.map(({ variant }) => variant))];
  const charts = tried.map(
    (variant) =>
      `<h2>${escaped(variant)} over time</h2>${chart(
        periods.filter((period) => period.variant === variant),
        `${kpi} of ${variant} against ${baseline}, a decision, with 95 % intervals`,
      )}`,
  );
  const missing = unpriced === 0 ? '' : `<p>${whole(unpriced)} calls were of models without a price: their cost is missing.</p>`;
  return plainPage(
    `What ${model} is worth`,
    `<p class="big">${sentence(report)}</p>
<p class="soft">${day(from)} to ${day(to)}, against ${escaped(baseline)}. Ranges hold the true value with 95 % confidence.</p>${missing}
<h2>By variant</h2><div class="wide" tabindex="0" role="region" aria-label="By variant"><table><thead><tr>${head.map((one) => `<th scope="col">${escaped(one)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
${charts.join('\n')}`,
  );
}

/** The answer, in one sentence. */
export function sentence({ gain, cost, currency, returnOnInvestment, baseline }: ValueReport): string {
  if (gain === null) return escaped(`Nothing can be said yet: no period has outcomes of ${baseline} and of another variant.`);
  const { value, lower, upper } = gain;
  const what =
    lower !== null && lower > 0
      ? `It was worth about ${figure(value)} ${currency}`
      : upper !== null && upper < 0
        ? `It lost about ${figure(-value)} ${currency}`
        : `It is not clear whether it was worth anything: about ${figure(value)} ${currency}`;
  const sure = lower === null || upper === null ? '' : `, between ${figure(lower)} and ${figure(upper)}`;
  const back = returnOnInvestment === null ? '' : `, which is a return of ${percent(returnOnInvestment)}`;
  return escaped(`${what}${sure}. It cost ${figure(cost)} ${currency}${back}.`);
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const figure = (value: number | null): string => {
  if (value === null) return '–';
  return Math.abs(value) >= 100 ? whole(value) : value.toLocaleString('en', { maximumSignificantDigits: 3 });
};
const ranged = (amount: Amount | null): string =>
  amount === null ? '–' : `${figure(amount.value)} (${figure(amount.lower)} to ${figure(amount.upper)})`;
const money = (amount: Amount | null, currency: string): string =>
  amount === null ? '–' : `${ranged(amount)} ${escaped(currency)}`;
const percent = (amount: Amount | null): string => {
  if (amount === null) return '–';
  const of = (value: number | null): string => (value === null ? '–' : `${whole(100 * value)} %`);
  return `${of(amount.value)} (${of(amount.lower)} to ${of(amount.upper)})`;
};
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Effects with their intervals, from left to right. */
function chart(periods: readonly ValuePeriod[], title: string): string {
  const known = periods.flatMap(({ from, effect }) =>
    effect === null || effect.lower === null || effect.upper === null ? [] : [{ from, ...effect }],
  );
  if (known.length === 0) return '<p>No period has outcomes of both.</p>';
  const ends = known.flatMap(({ lower, upper }) => [lower ?? 0, upper ?? 0]);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const y = (value: number): number => HEIGHT - MARGIN - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * MARGIN);
  const x = (index: number): number => MARGIN + ((index + 0.5) / known.length) * (WIDTH - 2 * MARGIN);
  const every = Math.ceil(known.length / 8);
  const marks = known.map(
    ({ from, value, lower, upper }, index) =>
      `<line class="bar" x1="${x(index).toFixed(1)}" x2="${x(index).toFixed(1)}" y1="${y(lower ?? 0).toFixed(1)}" y2="${y(upper ?? 0).toFixed(1)}"/><circle class="dot" cx="${x(index).toFixed(1)}" cy="${y(value).toFixed(1)}" r="4"/>${index % every === 0 ? `<text x="${x(index).toFixed(1)}" y="${HEIGHT - 12}" text-anchor="middle">${day(from).slice(5)}</text>` : ''}`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}"><line class="zero" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y(0).toFixed(1)}" y2="${y(0).toFixed(1)}"/><text x="4" y="${(y(0) + 4).toFixed(1)}">0</text><text x="4" y="${MARGIN + 4}">${figure(high)}</text>${marks.join('')}</svg><p class="soft">${escaped(title)}.</p>`;
}
