import { describe, expect, it } from 'vitest';
import type { MonitorStatus } from '../types/index.ts';
import type { ReportMonitor, ReportRollout, ReportSummary } from './report-data.ts';
import { withSentences } from './summary-sentences.ts';

const SUMMARY: Omit<ReportSummary, 'sentences'> = {
  worst: null,
  champion: 'v1',
  pinned: null,
  isolated: [],
  paused: false,
  pausedBy: [],
  calls: { total: 0, served: 0, degraded: 0, failed: 0, cancelled: 0, invalidInput: 0 },
  availability: null,
  degradedShare: null,
  servedByTier: { model: 0, cache: 0, rules: 0, always: 0 },
  latencyMs: { p50: null, p90: null, p99: null },
};

function sentences(
  change: Partial<ReportSummary> = {},
  monitors: readonly ReportMonitor[] = [],
  rollout: ReportRollout | null = null,
): string[] {
  return withSentences({ ...SUMMARY, ...change }, monitors, rollout).sentences.map((sentence) =>
    sentence.replaceAll('\u00A0', ' '),
  );
}

const monitor = (name: string, status: MonitorStatus): ReportMonitor => ({
  monitor: name,
  kind: 'drift',
  status,
  since: null,
  readings: { items: [], omitted: 0 },
  history: [],
  before: null,
  changes: { items: [], omitted: 0 },
});

const rollout = (change: Partial<ReportRollout>): ReportRollout => ({
  id: 'r1',
  phase: 'canary',
  share: 0.1,
  held: null,
  inconclusive: false,
  approval: 'none',
  enteredAt: null,
  blocked: null,
  gates: { items: [], omitted: 0 },
  units: { champion: 0, challenger: 0, pairs: 0 },
  transitions: { items: [], omitted: 0 },
  ...change,
});

it('keeps the summary as it is', () => {
  expect(withSentences(SUMMARY, [], null)).toMatchObject(SUMMARY);
});

describe('what serves', () => {
  it.each<[Partial<ReportSummary>, string]>([
    [{}, 'The champion v1 serves.'],
    [{ champion: null }, 'Nothing is known to have served.'],
    [{ pinned: 'v2' }, 'All traffic is pinned to v2.'],
    [
      { paused: true, pinned: 'v2', pausedBy: ['ana', 'bo'] },
      'The model is paused by ana and bo: fallback tiers serve in its place.',
    ],
    [{ paused: true }, 'The model is paused by somebody: fallback tiers serve in its place.'],
  ])('%j', (change, sentence) => {
    expect(sentences(change)[0]).toBe(sentence);
  });

  it('and what does not', () => {
    expect(sentences({ isolated: ['v2', 'v3'] })[1]).toBe('Isolated, so that no traffic reaches it: v2 and v3.');
  });
});

describe('calls', () => {
  const calls = { ...SUMMARY.calls, total: 12_300, served: 12_000, failed: 300 };

  it('none', () => {
    expect(sentences()).toContain('No call has been seen.');
  });

  it('with what failed and how long it took', () => {
    const latencyMs = { p50: 12, p90: 50, p99: 3200 };
    expect(sentences({ calls, availability: 0.9756, degradedShare: 0.02, latencyMs })).toContain(
      'Calls: 12,300, 300 failed; availability 97.6 %, of served calls 2 % degraded. ' +
        'Half were answered within 12 ms, 99 % within 3.2 s.',
    );
  });

  it('of which none failed, and none has a duration', () => {
    expect(sentences({ calls: { ...calls, failed: 0 }, availability: 1, degradedShare: 0 })).toContain(
      'Calls: 12,300, none failed; availability 100 %, of served calls 0 % degraded.',
    );
  });
});

describe('monitors', () => {
  it('none', () => {
    expect(sentences()).toContain('No monitor has reported.');
  });

  it('by status, the worst first', () => {
    const monitors = [monitor('a', 'ok'), monitor('b', 'breach'), monitor('c', 'insufficient'), monitor('d', 'breach')];
    expect(sentences({}, monitors)).toContain('Monitors: 2 in breach (b and d), 1 with too little seen (c), 1 ok (a).');
    expect(sentences({}, [monitor('e', 'warn')])).toContain('Monitors: 1 with a warning (e).');
  });
});

describe('the rollout', () => {
  it.each<[Partial<ReportRollout>, string]>([
    [{}, 'The rollout is at canary.'],
    [{ blocked: { cause: 'bake', reason: '' } }, 'The rollout is at canary; it waits for bake.'],
    [
      { held: 'why', inconclusive: true, approval: 'awaited' },
      'The rollout is at canary. An operator holds it. It has ended without a decision: an operator must decide. It awaits approval.',
    ],
    [{ approval: 'given' }, 'The rollout is at canary.'],
  ])('%j', (change, sentence) => {
    expect(sentences({}, [], rollout(change)).at(-1)).toBe(sentence);
  });

  it('is not spoken of where there is none', () => {
    expect(sentences().join(' ')).not.toContain('rollout');
  });
});

it.each([
  [0.98, 'v2 serves 98 % of the traffic, the champion v1 the rest.'],
  [1, 'v2 serves all traffic in the place of v1.'],
  [0.05, 'v2 serves 5 % of the traffic, the champion v1 the rest.'],
  [0, 'The champion v1 serves.'],
])('B5 of a rollout with %d of traffic on the challenger says who serves', (share, said) => {
  expect(sentences({}, [], rollout({ id: 'v2@2.0 over v1@1.0 #1', share }))[0]).toBe(said);
});
