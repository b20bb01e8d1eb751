import { describe, expect, it } from 'vitest';
import { estimateBytes, isRoutine, laneOf } from './lane.ts';
import {
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleOutcome,
  sampleRescue,
  sampleShadow,
} from '../../tests/support/sample-events.ts';

describe('lanes', () => {
  it('keeps commands, circuits, overrides and what was no routine longest', () => {
    const failed = sampleDecision({ outcome: 'failed', errorType: 'NOTHING_SERVED' });
    const retried = sampleDecision({ attempts: sampleRescue().attempts });
    for (const event of [
      sampleControl(),
      sampleCircuit(),
      sampleOutcome({ kind: 'override' }),
      sampleRescue(),
      failed,
      retried,
      sampleDecision({ degraded: true }),
    ]) {
      expect(laneOf(event)).toBe('audit');
      expect(isRoutine(event)).toBe(false);
    }
  });

  it('puts truth, KPIs, feedback and shadows in the middle, routine decisions last', () => {
    for (const event of [
      sampleOutcome(),
      sampleOutcome({ kind: 'kpi' }),
      sampleOutcome({ kind: 'feedback' }),
      sampleShadow(),
      sampleDropped(),
    ])
      expect(laneOf(event)).toBe('aggregate');
    expect(laneOf(sampleDecision())).toBe('routine');
    expect(isRoutine(sampleDecision())).toBe(true);
  });
});

describe('estimated bytes', () => {
  it('is within a factor of two of the JSON, for every kind of event', () => {
    const long = 'x'.repeat(5000);
    const content = {
      input: { text: long, list: Array.from({ length: 200 }, (_, index) => ({ index })) },
      output: { a: null, b: true, c: [1.5, 2.5] },
    };
    const events = [
      sampleDecision(),
      sampleRescue(),
      sampleDecision({ reason: long, tenant: long }),
      sampleRescue({ attempts: sampleRescue().attempts.map((attempt) => Object.assign({}, attempt, { message: long })) }),
      sampleDecision({ facts: { digest: long } }),
      sampleDecision(content),
      sampleOutcome({ kind: 'override', by: 'ana', reason: long }),
      sampleControl({ reason: long, roles: [long, long] }),
      sampleCircuit({ reason: long }),
      sampleShadow(),
      sampleDropped(),
    ];
    for (const event of events) {
      const ratio = estimateBytes(event) / JSON.stringify(event).length;
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    }
  });
});
