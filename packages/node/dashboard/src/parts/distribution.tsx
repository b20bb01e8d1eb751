import type { ModelStatus } from '@understudy/core';
import { count, figure, percent } from '../format.ts';

type Report = NonNullable<ModelStatus['monitors']>['reports'][number];
type Distribution = NonNullable<Report['distributions']>[number];

function labelOf({ range, label }: Distribution['bins'][number]): string {
  if (range !== undefined) {
    const [from, to] = range;
    if (from !== null && from === to) return `= ${figure(from)}`;
    if (from === null) return `< ${figure(to)}`;
    return to === null ? `≥ ${figure(from)}` : `${figure(from)} – ${figure(to)}`;
  }
  if (label === null || label === undefined) return 'all others';
  return label === '' ? '(empty)' : label;
}

/** How a field is distributed now, beside its reference: a filled bar is live, the outline is the reference. */
export function DistributionChart({ distribution }: { readonly distribution: Distribution }) {
  const { field, segment, bins, live, reference } = distribution;
  const rows = [
    ...bins.map((bin) => ({ label: labelOf(bin), live: bin.live, reference: bin.reference })),
    ...(live.missing > 0 || reference.missing > 0
      ? [{ label: 'missing', live: live.missing, reference: reference.missing }]
      : []),
  ];
  const most = Math.max(0.01, ...rows.flatMap((row) => [row.live, row.reference]));
  const title = segment === undefined ? field : `${field} for ${segment}`;
  return (
    <figure class="distribution">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="soft">
          <span class="key live" aria-hidden="true" /> live, {count(live.n)} values{' '}
          <span class="key reference" aria-hidden="true" /> reference, {count(reference.n)}
        </span>
      </figcaption>
      <table>
        <caption class="hidden">Shares of {title} by bin, live and in the reference</caption>
        <thead class="hidden">
          <tr>
            <th scope="col">bin</th>
            <th scope="col">live</th>
            <th scope="col">reference</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`${index}-${row.label}`}>
              <th scope="row" title={row.label}>
                {row.label}
              </th>
              <td class="bars">
                <span class="live" style={{ width: `${(row.live / most) * 100}%` }} aria-hidden="true" />
                <span class="reference" style={{ width: `${(row.reference / most) * 100}%` }} aria-hidden="true" />
                <span class="hidden">{percent(row.live)}</span>
              </td>
              <td class="number">
                {percent(row.live)} <span class="soft">of {percent(row.reference)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
