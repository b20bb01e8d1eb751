import { calibration, dataQuality, drift, errorStream, estimatedPerformance, fairness, liveMetric, overrides, serviceLevel } from '@understudy/core';
import { profileFromRows } from '@understudy/core/profiles';
import { thirtyFields, wideRows } from './contracts.ts';
import { InputNumbers } from '../../packages/core/src/monitors/input-numbers.ts';
import { MonitorFailures } from '../../packages/core/src/monitors/monitor-failures.ts';
import { monitorSetting } from '../../packages/core/src/model/monitored.ts';
import { predictionOf } from '../../packages/core/src/monitors/target-value.ts';
const target = { kind: 'probability', field: 'malignant' } as const;
const reference = await profileFromRows(wideRows.map((input) => ({ input, output: { malignant: 0.5 } })), { name: 'm', ...thirtyFields });
const all = [dataQuality({ reference }), drift({ reference }), estimatedPerformance({ metric: 'accuracy', floor: 0.5 }), liveMetric({ metric: 'accuracy', floor: 0.5 }), errorStream({}), calibration(), fairness({ by: ({ feature0 = 0 }: any) => (feature0 < 50 ? 'low' : 'high') }), overrides(), serviceLevel()];
const setting: any = { ...monitorSetting({ name: 'm', ...thirtyFields, target } as any, { variants: { v1: {} }, champion: 'v1' } as any), random: Math.random, numbers: new InputNumbers(), clock: {} };
for (const m of all as any[]) {
  const run = m.start({ ...setting, failures: new MonitorFailures() });
  const facts = wideRows.map((input, i) => ({ id: 'd' + i, input: { ...input }, output: { malignant: Math.random() }, tier: 'model', servedBy: 'v1', version: '1', durationMs: 1, at: Date.now(), probability: 1 }));
  const go = (n: number) => { const s = performance.now(); for (let k = 0; k < n; k++) for (const f of facts) { run.observe?.(f); if (typeof run.keep === 'function') run.keep(f, f.output.malignant); } return ((performance.now() - s) * 1e6) / n / facts.length; };
  go(20); const t = go(30);
  if (run.outcome) for (const f of facts) run.outcome({ tier: 'model', servedBy: 'v1', decidedAt: f.at, at: f.at, probability: 1, truth: { value: { malignant: Math.random() < f.output.malignant ? 1 : 0 } } }, typeof run.keep === 'function' ? run.keep(f, f.output.malignant) : f.output.malignant);
  const reads: number[] = [];
  for (let i = 0; i < 60; i++) { go(1); const s = performance.now(); run.read(Date.now()); reads.push(performance.now() - s); }
  reads.sort((a, b) => a - b);
  console.log(m.kind.padEnd(22), 'call', t.toFixed(0), 'ns  read median', reads[30].toFixed(3), 'max', reads[59].toFixed(3), 'ms');
}
