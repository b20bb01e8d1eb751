import { describe, expect, it } from 'vitest';
import { sampleDecision, sampleOutcome } from '../../tests/support/sample-events.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { valueBuilder, type ValueOptions } from './value.ts';

const DAY = 86_400_000;
const START = Date.parse('2026-01-05');
const OPTIONS: ValueOptions = { model: 'claims', kpi: 'saved', baseline: 'v1', worth: 10, currency: 'EUR' };

/** Weeks in which the share of v2 grows, and everybody saves more: v2 saves 0.5 more than v1. */
function played(seed: number, perWeek = 400, options: Partial<ValueOptions> = {}, effect = 0.5) {
  const random = seededRandom(seed);
  const builder = valueBuilder({ ...OPTIONS, ...options });
  for (let week = 0; week < 4; week++) {
    for (let index = 0; index < perWeek; index++) {
      const at = START + week * 7 * DAY + index * 1000;
      const assigned = random() < 0.05 + 0.3 * week ? 'v2' : 'v1';
      const usage = {
        costMicroUsd: assigned === 'v2' ? 2000 : 1000,
        estimated: false,
        inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 1, text: 1, reasoning: 0 },
      };
      builder.add(sampleDecision({ model: 'claims', at, assigned, usage, weight: 1, outcome: 'served' }));
      const saved = week * 3 + (assigned === 'v2' ? effect : 0) + random() - 0.5;
      builder.add(
        sampleOutcome({ model: 'claims', at: at + DAY, delayMs: DAY, kind: 'kpi', result: 'counted', assigned, kpi: { saved } }),
      );
    }
  }
  return builder.report();
}

describe('the value of a model', () => {
  it('is its effect against the baseline in money, by variant and over time, with what it cost', () => {
    const report = played(1, 400, { fixedCost: 100 });
    const [v1, v2] = report.variants;
    expect(v1).toMatchObject({ variant: 'v1', effect: null, gain: null });
    // Without the weeks, the growing share would make it look like 3 more.
    expect(v2?.effect?.value).toBeCloseTo(0.5, 1);
    expect(v2?.effect?.lower).toBeGreaterThan(0.4);
    expect(v2?.gain?.value).toBeCloseTo((v2?.effect?.value ?? 0) * (v2?.decisions ?? 0) * 10, 6);
    expect(v2?.cost).toBeCloseTo((v2?.decisions ?? 0) * 0.002 + 100, 6);
    expect(v2?.returnOnInvestment?.value).toBeCloseTo(((v2?.gain?.value ?? 0) - (v2?.cost ?? 0)) / (v2?.cost ?? 1), 6);
    expect(report).toMatchObject({ gain: v2?.gain, cost: v2?.cost, unpriced: 0, from: START });
    expect(report.periods.map(({ from }) => from)).toEqual(
      [0, 1, 2, 3].map((week) => Math.floor((START + week * 7 * DAY) / (7 * DAY)) * 7 * DAY),
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('has the true one within its interval in about 95 % of 200 times', () => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed++) {
      const effect = played(seed, 120).variants[1]?.effect;
      if ((effect?.lower ?? 1) <= 0.5 && 0.5 <= (effect?.upper ?? 0)) covered++;
    }
    expect(covered).toBeGreaterThan(180);
    expect(covered).toBeLessThan(200);
  });

  it('is turned where less of the KPI is better', () => {
    const report = played(2, 400, { worth: -10 });
    expect(report.gain?.value).toBeLessThan(0);
    expect(report.gain?.lower).toBeLessThan(report.gain?.value ?? 0);
    expect(report.gain?.upper).toBeGreaterThan(report.gain?.value ?? 0);
  });

  it('is not told without a period that has both, and outcomes that say nothing are left out', () => {
    const builder = valueBuilder(OPTIONS);
    builder.add(sampleDecision({ model: 'other', at: START, assigned: 'v2' }));
    builder.add(sampleDecision({ model: 'claims', at: START, assigned: 'v2', outcome: 'served', weight: 1 }));
    for (const change of [
      { kpi: { saved: Number.NaN } },
      { kpi: {} },
      { result: 'duplicate' as const },
      { kind: 'truth' as const },
    ])
      builder.add(
        sampleOutcome({
          model: 'claims',
          at: START,
          kind: 'kpi',
          result: 'counted',
          assigned: 'v2',
          kpi: { saved: 1 },
          ...change,
        }),
      );
    expect(builder.report()).toMatchObject({
      gain: null,
      returnOnInvestment: null,
      variants: [{ variant: 'v2', decisions: 1, known: 0, mean: null, effect: null }],
    });
  });

  it('tells calls whose cost is not known', () => {
    const builder = valueBuilder(OPTIONS);
    const usage = {
      costMicroUsd: null,
      estimated: false,
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    };
    builder.add(sampleDecision({ model: 'claims', at: START, assigned: 'v2', usage, weight: 3, outcome: 'served' }));
    expect(builder.report()).toMatchObject({ unpriced: 3, cost: 0 });
  });

  it('refuses wrong options with their names', () => {
    expect(() => valueBuilder({ ...OPTIONS, worth: 0, currency: '', periodMs: -1 })).toThrow(
      /currency[^]*worth[^]*periodMs|worth[^]*currency[^]*periodMs/,
    );
  });
});
