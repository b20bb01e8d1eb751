/** Tests of the example: its whole day, with a fixed seed. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ReportData } from '@understudy/core/report';
import { findingsOf } from './fault-table.ts';
import { BIASED_SITE, BROKEN, SHIFTED, STUCK } from './phases.ts';
import { runExample } from './run-example.ts';
import { type Chapter, tellerOf, type Told } from './story.ts';

const folder = mkdtempSync(join(tmpdir(), 'live-monitoring-'));
const lines: string[] = [];
const day = await runExample({ seed: 1, report: join(folder, 'day.html'), print: (line) => lines.push(line) });
const page = readFileSync(join(folder, 'day.html'), 'utf8');
const data = JSON.parse(readFileSync(join(folder, 'day.json'), 'utf8')) as ReportData;
rmSync(folder, { recursive: true });

function chapter(name: string): Chapter {
  const found = day.chapters.find(({ phase }) => phase.name === name);
  assert.ok(found, name);
  return found;
}

const breachesOf = ({ told }: Chapter): string[] =>
  told.filter((one) => one.type === 'monitor-changed' && one.to === 'breach' && one.from !== 'breach').map(tellerOf);

const readingsOf = ({ monitors }: Chapter, name: string) => monitors.find(({ monitor }) => monitor === name)?.readings ?? [];

/** What a monitor told, such as `alert-raised` and `pause`, in its order. */
const toldBy = (name: string, ...chapters: Chapter[]): string[] =>
  chapters.flatMap(({ told }) => told.filter((one) => tellerOf(one) === name).map(wordOf));
function wordOf(told: Told): string {
  if (told.type === 'monitor-changed') return told.to;
  if (told.type === 'alert-raised') return `alert-${told.phase}`;
  return told.type === 'control-changed' ? told.command : told.type;
}

await test('in normal traffic all monitors judge, and none is in breach', () => {
  const normal = chapter('normal');
  assert.equal(normal.monitors.length, 11);
  assert.deepEqual(
    normal.monitors.filter(({ status }) => status === 'breach' || status === 'insufficient'),
    [],
  );
  assert.deepEqual(breachesOf(normal), []);
  assert.equal(normal.byModel, normal.calls);
});

await test('covariate shift: drift names the shifted fields and no other', () => {
  const shift = chapter('covariate shift');
  assert.deepEqual(breachesOf(shift), ['drift']);
  const inBreach = readingsOf(shift, 'drift').filter(({ status }) => status === 'breach');
  assert.deepEqual(new Set(inBreach.map(({ field }) => field)), new Set(SHIFTED));
  assert.equal(readingsOf(shift, 'drift').find(({ field }) => field === 'mean texture')?.status, 'ok');
  assert.equal(readingsOf(shift, 'accuracy')[0]?.status, 'ok');
  assert.ok(toldBy('drift', chapter('camera replaced')).includes('ok'));
});

await test('broken field: data quality names it, the stuck one too, and rules serve where it is missing', () => {
  const broken = chapter('broken field');
  assert.deepEqual(breachesOf(broken), ['drift', 'dataQuality']);
  const moved = readingsOf(broken, 'drift').filter(({ status }) => status === 'breach');
  assert.deepEqual(
    moved.map(({ field }) => field),
    [STUCK],
  );
  const bad = readingsOf(broken, 'dataQuality').filter(({ status }) => status === 'breach' || status === 'warn');
  assert.deepEqual(
    bad.map(({ measure, field, status }) => [measure, field, status]),
    [
      ['missing', BROKEN, 'breach'],
      ['constant', STUCK, 'warn'],
    ],
  );
  assert.ok(broken.byModel < 0.8 * broken.calls && broken.byModel > 0.6 * broken.calls, `${broken.byModel}`);
  assert.ok(toldBy('dataQuality', chapter('job repaired')).includes('ok'));
});

await test('concept drift: not in the estimate, but in the labels: alert, rules serve, and the model comes back', () => {
  const concept = chapter('concept drift');
  const withdrawn = chapter('guideline withdrawn');
  for (const monitor of ['accuracy', 'errorStream', 'calibration', 'overrides'])
    assert.ok(breachesOf(concept).includes(monitor), monitor);
  for (const monitor of ['drift', 'dataQuality', 'estimatedPerformance'])
    assert.ok(!breachesOf(concept).includes(monitor), monitor);

  const estimate = readingsOf(concept, 'estimatedPerformance');
  assert.equal(estimate.find(({ measure }) => measure === 'accuracy:estimated')?.status, 'ok');
  assert.equal(estimate.find(({ measure }) => measure === 'accuracy:estimated-minus-realised')?.status, 'warn');
  assert.ok(lines.some((line) => /estimatedPerformance +ok .*no concept drift/.test(line)));

  const acted = toldBy('accuracy', concept).filter((word) => word !== 'warn');
  assert.deepEqual(acted.slice(0, 3), ['breach', 'pause', 'alert-raised']);
  assert.ok(toldBy('errorStream', concept).includes('retrain-requested'));
  assert.ok(concept.byModel < concept.calls);
  const sampled = day.status.monitors?.outcomes.byTier['sampled'];
  assert.ok((sampled?.known ?? 0) > 500, `${sampled?.known}`);
  assert.deepEqual(toldBy('accuracy', withdrawn).slice(-3), ['ok', 'resume', 'alert-resolved']);
  assert.equal(day.status.control.paused, false);
  const biased = chapter('biased segment');
  assert.equal(biased.byModel, biased.calls);
});

await test('biased segment: fairness names the site', () => {
  const biased = chapter('biased segment');
  assert.ok(breachesOf(biased).includes('fairness'));
  const unfair = readingsOf(biased, 'fairness').find(({ status }) => status === 'breach');
  assert.match(unfair?.reason ?? '', new RegExp(`Lowest in ${BIASED_SITE}`));
});

await test('each fault is found: by drift where inputs change, by the labels where they do not, and by the monitor that is for it', () => {
  const findings = findingsOf(day.chapters);
  assert.deepEqual(
    findings.map(({ fault, monitor, subject }) => [fault, monitor, subject]),
    [
      ['covariate shift', 'drift', 'mean fractal dimension'],
      ['broken field', 'drift', STUCK],
      ['concept drift', 'errorStream', 'error-rate:adwin'],
      ['biased segment', 'drift', 'mean radius'],
    ],
  );
  assert.deepEqual(
    findings.map(({ then }) => Array.from(new Set(then.map((one) => one.split(' ')[0])))),
    [
      ['drift'],
      ['dataQuality'],
      ['overrides', 'accuracy', 'kpiValue:minutesSaved', 'calibration', 'serviceLevel'],
      ['drift', 'fairness', 'errorStream'],
    ],
  );
  for (const { fault, cases } of findings) assert.ok(cases > 0 && cases < 1500, `${fault}: ${cases}`);
  assert.ok(lines.at(-1)?.includes('accuracy (pause)'));
});

await test('no caller saw an error, nothing failed, and the report has every monitor', () => {
  assert.equal(day.callerErrors, 0);
  assert.equal(day.status.monitors?.failures, 0);
  assert.equal(day.status.monitors?.storeFailure, null);

  assert.ok(Buffer.byteLength(page) < 150_000);
  const [model] = data.models.items;
  assert.equal(model?.monitors.items.length, 11);
  for (const { monitor } of model.monitors.items) assert.ok(page.includes(monitor), monitor);
  assert.equal(model.summary.calls.total, day.calls);
});
