import type { ReadinessItem, ReadinessReport } from '@understudy/core/readiness';
import { escaped, plainPage } from './plain-page.ts';

export const VERDICTS = {
  go: 'Go: all five dimensions are ready.',
  'go-in-parallel': 'Go, with the fifth dimension in parallel: four of five are ready.',
  'no-go': 'No go: fewer than four of five dimensions are ready.',
} as const;

const DIMENSION_NAMES = {
  data: 'Data',
  integration: 'Integration',
  governance: 'Governance',
  change: 'Change readiness',
  monitoring: 'Monitoring',
} as const;

/** A page of its own, without scripts. */
export function readinessPage({ model, at, verdict, dimensions, checks }: ReadinessReport): string {
  const sections = dimensions.map(({ dimension, passed, waived, total, isReady }) => {
    const items = checks.filter((item) => item.dimension === dimension).map(itemOf);
    const waivers = waived === 0 ? '' : `, ${waived} waived`;
    return `<section><h2>${DIMENSION_NAMES[dimension]}: <span class="${isReady ? 'passed' : 'failed'}">${isReady ? 'ready' : 'not ready'}</span></h2>
<p class="soft">${passed} of ${total} checks passed${waivers}.</p><ul>${items.join('\n')}</ul></section>`;
  });
  return plainPage(
    `Readiness of ${model}`,
    `<p class="big ${verdict === 'no-go' ? 'failed' : 'passed'}">${VERDICTS[verdict]}</p>
<p class="soft">As of <time>${new Date(at).toISOString()}</time>.</p>
${sections.join('\n')}`,
  );
}

function itemOf({ title, result, evidence, remedy, isRequired }: ReadinessItem): string {
  const optional = isRequired ? '' : ' <span class="soft">(not required)</span>';
  const what = remedy === undefined ? '' : `<p>What to do: ${escaped(remedy)}</p>`;
  return `<li><p><strong class="${result}">${result}</strong> ${escaped(title)}${optional}</p><p class="soft">${escaped(evidence)}</p>${what}</li>`;
}
