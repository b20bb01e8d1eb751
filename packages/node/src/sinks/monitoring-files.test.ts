import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sampleCircuit, sampleDecision, sampleRescue } from '../../../core/tests/support/sample-events.ts';
import { metricNames } from './prometheus-metrics.ts';
import { prometheus } from './prometheus.ts';

const folder = resolve(import.meta.dirname, '../../monitoring');
const read = (name: string): string => readFileSync(resolve(folder, name), 'utf8');
const promtool = process.env['PROMTOOL_PATH'] ?? '/usr/bin/promtool';
const withPromtool = existsSync(promtool) || process.env['CI'] === 'true';
if (!withPromtool) console.warn(`Skipped: no promtool at ${promtool}. Install Prometheus, or set PROMTOOL_PATH.`);

/** Names of metrics in an expression of PromQL: what follows neither a bracket nor a comma of labels. */
function namesIn(text: string): Set<string> {
  const withoutLabels = text.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, '');
  return new Set(withoutLabels.match(/\b(?:inference|gen_ai)_[a-z_]+/g));
}
const known = new Set(metricNames('').flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
const dashboard = JSON.parse(read('grafana-dashboard.json')) as {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[] };
};

describe('the dashboard', () => {
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('asks for metrics that the sink has, and for most of them', () => {
    const used = new Set(expressions.flatMap((expression) => [...namesIn(expression)]));
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
    const shown = new Set(metricNames('').filter((name) => [...used].some((one) => one === name || one.startsWith(`${name}_`))));
    expect(metricNames('').filter((name) => !shown.has(name))).toEqual(['inference_monitor_changes_total']);
  });

  it('is of a schema that Grafana 10 and 11 read, with the data source as a variable', () => {
    expect(dashboard.schemaVersion).toBe(39);
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['application', 'query'],
      ['environment', 'query'],
      ['model', 'query'],
    ]);
    for (const { type, datasource, targets = [] } of dashboard.panels) {
      if (type === 'row') continue;
      expect(datasource?.uid).toBe('${datasource}');
      expect(targets.map((target) => target.datasource.uid)).toEqual(targets.map(() => '${datasource}'));
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('tells applications and environments apart, but for what a registry sums up', () => {
    const mixed = expressions.filter((one) => !/by \(inference_application, inference_environment, .*\$environment/.test(one));
    expect(mixed).toEqual([expect.stringContaining('inference_telemetry_series_overflow_total')]);
  });

  it('has no panels that overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it.runIf(withPromtool)('asks in PromQL that Prometheus reads', () => {
    const groups = [
      {
        name: 'dashboard',
        rules: expressions.map((expression, index) => ({
          record: `panel:${index}`,
          expr: expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:application|environment|model)/g, '.*'),
        })),
      },
    ];
    const directory = mkdtempSync(join(tmpdir(), 'understudy-dashboard-'));
    const file = join(directory, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups }));
    const checked = execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(directory, { recursive: true });
    expect(checked).toContain(`SUCCESS: ${expressions.length} rules found`);
  });
});

describe('the alert rules', () => {
  const rules = read('alert-rules.yml');
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

  it('ask for metrics that the sink has; each has a case', () => {
    const expressions = [...rules.matchAll(/expr: (?:\|\n((?: {10,}.*\n)+)|(.*))/g)].map(
      ([, block = '', line = '']) => block + line,
    );
    expect(expressions).toHaveLength(alerts.length);
    expect(expressions.flatMap((expression) => [...namesIn(expression)].filter((name) => !known.has(name)))).toEqual([]);
    const tested = new Set([...read('rules.test.yml').matchAll(/alertname: (\w+)/g)].map(([, name = '']) => name));
    expect([...tested].toSorted()).toEqual(alerts.toSorted());
  });

  it.runIf(withPromtool)('hold what promtool asks of them, and fire when they should', () => {
    expect(execFileSync(promtool, ['check', 'rules', resolve(folder, 'alert-rules.yml')], { encoding: 'utf8' })).toContain(
      `SUCCESS: ${alerts.length} rules found`,
    );
    expect(execFileSync(promtool, ['test', 'rules', resolve(folder, 'rules.test.yml')], { encoding: 'utf8' })).toContain(
      'SUCCESS',
    );
  });
});

it.runIf(withPromtool)('a scrape holds what promtool asks of metrics', async () => {
  const sink = prometheus();
  await sink.write([sampleDecision(), sampleRescue(), sampleCircuit()], { signal: new AbortController().signal });
  const input = await sink.render();
  expect(() => execFileSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' })).not.toThrow();
});
