import * as core from '@understudy/core';
import * as monitors from '@understudy/core/monitors';
import * as rollout from '@understudy/core/rollout';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { runbookPage } from './runbook-page.ts';
import { ACTION_TEXTS, GATE_TEXTS, MONITOR_TEXTS, type GateFactory, type MonitorFactory } from './runbook-texts.ts';

describe('texts', () => {
  it('are there for every monitor and gate that core has', () => {
    // The types of both tables hold a text for each factory: a new one is no program that compiles.
    expectTypeOf<'drift' | 'monitor' | 'spendBudget'>().toExtend<MonitorFactory>();
    expectTypeOf<'errorRate' | 'gate' | 'spend'>().toExtend<GateFactory>();
    expectTypeOf<'parseProfile'>().not.toExtend<MonitorFactory>();
    expect(Object.keys(monitors)).toEqual(expect.arrayContaining(Object.keys(MONITOR_TEXTS)));
    expect(Object.keys(rollout)).toEqual(expect.arrayContaining(Object.keys(GATE_TEXTS)));
    expect(Object.keys(MONITOR_TEXTS).length).toBeGreaterThan(12);
  });

  it('are a sentence, and say what to look at', () => {
    for (const { means, look } of [...Object.values(MONITOR_TEXTS), ...Object.values(GATE_TEXTS)]) {
      expect(means).toMatch(/^[A-Z].*\.$/);
      expect(look.length).toBeGreaterThan(1);
    }
    expect(Object.keys(ACTION_TEXTS)).toEqual(['pause', 'isolate', 'roll-back']);
  });
});

function status(): core.ModelStatus {
  const understudy = core.createUnderstudy({ store: core.memoryStore({ acceptLoss: true }) });
  const model = understudy.defineModel(
    { name: 'claims', input: z.object({ amount: z.number() }), output: z.object({ score: z.number() }) },
    {
      variants: {
        v1: { version: '1', predictor: () => ({ score: 1 }), policies: [core.circuitBreaker()] },
        v2: { version: '2', predictor: () => ({ score: 2 }) },
      },
      champion: 'v1',
      fallback: [core.always({ score: 0 })],
      monitors: [monitors.serviceLevel()],
      rollout: { challenger: 'v2', canaryShares: [0.05], gates: [rollout.errorRate({ maxRatio: 1.5 })] },
    },
  );
  return model.status();
}

it('a page tells of the model, its tiers, its monitors, and how to undo what was done', () => {
  const page = runbookPage([status()]);
  for (const part of [
    '# Runbook: claims',
    'Last resort: always `always`.',
    'Nothing stands out.',
    '## Monitor serviceLevel (serviceLevel): ',
    MONITOR_TEXTS.serviceLevel.means,
    "await model.control.resume({ by, reason: 'why it is safe again' });",
  ])
    expect(page).toContain(part);
});

it('what is wrong stands first; names and reasons are no markup', () => {
  const now = status();
  const reading = {
    measure: 'psi',
    field: 'a`b',
    n: 400,
    value: 0.31234567,
    interval: null,
    limit: 0.2,
    status: 'breach',
    reason: '*a* <b>',
  } as const;
  const report = {
    monitor: 'inputs_of_eu',
    kind: 'drift',
    status: 'breach',
    since: 1_700_000_000_000,
    readings: [reading],
  } as const;
  const gate = {
    gate: 'errorRate:eu',
    required: true,
    verdict: 'harm',
    reason: 'Proven.',
    logHarm: 1,
    logHarmLimit: 1,
    logProof: 0,
    logProofLimit: 1,
    estimate: 2,
    bound: 1,
    champion: 100,
    challenger: 50,
    needed: null,
  } as never;
  const page = runbookPage([
    {
      ...now,
      control: { ...now.control, paused: true, pausedBy: ['monitor:inputs_of_eu'], isolated: ["it's"] },
      monitors: { reports: [report], outcomes: {} as never, failures: 0, storeFailure: null },
      rollout: {
        id: 'r',
        phase: 'rolled-back',
        share: 0,
        held: null,
        gates: [gate],
        blocked: null,
        history: [],
        approval: 'none',
      } as never,
    },
  ]);
  expect(page).toContain('- **Paused** by `monitor:inputs_of_eu`.');
  expect(page).toContain('- Monitor `inputs_of_eu` is in **breach**.');
  expect(page).toContain('- The rollout was **rolled back**.');
  expect(page).toContain('## Monitor inputs\\_of\\_eu (drift): breach since 2023-11-14T22:13:20.000Z');
  expect(page).toContain('- `psi` `a b`: 0.3123 (limit 0.2, 400 cases). \\*a\\* \\<b\\>');
  expect(page).toContain(MONITOR_TEXTS.drift.means);
  expect(page).toContain(GATE_TEXTS.errorRate.means);
  expect(page).toContain(String.raw`readmit('it\'s'`);
});

it('says of a model what holds for it: no rollout, no tier after its variants, a monitor that judges nothing, a time that is none', () => {
  const now = status();
  const report = (kind: string, since: number) => ({ monitor: kind, kind, status: 'ok', since, readings: [] }) as const;
  const reports = [report('drift', 1e300), report('trafficProfile', Number.NaN)];
  const { rollout: _, ...rest } = now;
  const page = runbookPage([
    { ...rest, fallback: [], monitors: { reports, outcomes: {} as never, failures: 0, storeFailure: null } },
  ]);
  expect(page).toContain('## Monitor drift (drift): ok\n');
  expect(page).toContain('// no model serves: calls are refused with PAUSED');
  expect(page).not.toMatch(/rollout|rules and fixed outputs/);
  expect(page.match(/What a breach does/g)).toHaveLength(1);
});

it('makes no links, entities, or turned text of names', () => {
  const page = runbookPage([{ ...status(), model: 'https://evil.example www.evil.example ~~a~~ &lt; \u202Eb' }]);
  expect(page).toContain(String.raw`# Runbook: https:\//evil.example www\.evil.example \~\~a\~\~ \&lt; b`);
});
