import { expect, it } from 'vitest';
import type { RolloutStatus } from '../rollout/rollout-status.ts';
import type { ReportTransition } from './report-data.ts';
import { rolloutOf } from './status-parts.ts';

const MINUTE = 60_000;
const transition = (at: number, from: string, to: string) => ({ at, from, to, by: 'rollout', reason: 'proven', evidence: '' });
const told = (at: number, from: string, to: string): ReportTransition => ({
  at,
  from,
  to,
  by: 'rollout',
  reason: 'proven',
  share: 0.05,
});
const status = (history: RolloutStatus['history']): RolloutStatus => ({
  id: 'v2@2 over v1@1 #1',
  phase: 'canary',
  share: 0.05,
  held: null,
  inconclusive: false,
  approval: 'none',
  enteredAt: 0,
  cooldownUntil: 0,
  clockSkewMs: 0,
  blocked: null,
  gates: [],
  units: { champion: 0, challenger: 0 },
  pairs: 0,
  evidence: { waiting: 0, dropped: 0, unscored: 0, repeated: 0 },
  storeFailure: null,
  history,
});

it('B5 lists each transition once, though its event is told a little later than it was written', () => {
  const { transitions } = rolloutOf(
    status([
      transition(0, 'draft', 'shadow'),
      transition(10 * MINUTE, 'shadow', 'canary 5 %'),
      // The same step again, much later: another transition.
      transition(90 * MINUTE, 'shadow', 'canary 5 %'),
    ]),
    { items: [told(10 * MINUTE + 850, 'shadow', 'canary 5 %')], omitted: 0 },
    10,
  );
  expect(transitions.items.map(({ at, to, share }) => [at, to, share])).toEqual([
    [0, 'shadow', null],
    [10 * MINUTE + 850, 'canary 5 %', 0.05],
    [90 * MINUTE, 'canary 5 %', null],
  ]);
});
