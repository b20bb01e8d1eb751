import { describe, expect, it } from 'vitest';
import { sampleControl } from '../../tests/support/sample-events.ts';
import { ControlHistory } from './control-history.ts';

type Change = Parameters<typeof sampleControl>[0];

function after(...changes: readonly Change[]) {
  const history = new ControlHistory();
  for (const change of changes) history.obey(sampleControl(change));
  const { pinned, isolated, pausedBy } = history;
  return { pinned, isolated, pausedBy };
}

const NOTHING = { pinned: null, isolated: [], pausedBy: [] };

it('pins and unpins, isolates and readmits', () => {
  const pin: Change = { command: 'pin', variant: 'v2' };
  const isolate = (variant: string): Change => ({ command: 'isolate', variant });
  expect(after(pin, isolate('v3'), isolate('v4'), isolate('v3'))).toEqual({ ...NOTHING, pinned: 'v2', isolated: ['v3', 'v4'] });
  expect(after(pin, isolate('v3'), { command: 'unpin' }, { command: 'readmit', variant: 'v3' })).toEqual(NOTHING);
});

it('does not take for done what was refused, nor what it does not know', () => {
  expect(after({ command: 'pause', result: 'forbidden' }, { command: 'rollout-promote' })).toEqual(NOTHING);
});

describe('a pause', () => {
  const pauses: Change[] = ['ana', 'monitor:drift', 'monitor:spend'].map((by) => ({ command: 'pause', by }));

  it('is that of everybody who asked for it', () => {
    expect(after(...pauses, ...pauses).pausedBy).toEqual(['ana', 'monitor:drift', 'monitor:spend']);
  });

  it('is taken back by a monitor for itself, by an operator for all', () => {
    expect(after(...pauses, { command: 'resume', by: 'monitor:drift' }).pausedBy).toEqual(['ana', 'monitor:spend']);
    expect(after(...pauses, { command: 'resume', by: 'bo' }).pausedBy).toEqual([]);
  });
});

it('remembers the newest fifty', () => {
  const { pausedBy } = after(...Array.from({ length: 60 }, (_, index): Change => ({ command: 'pause', by: `p${index}` })));
  expect([pausedBy.length, pausedBy[0], pausedBy.at(-1)]).toEqual([50, 'p10', 'p59']);
});
