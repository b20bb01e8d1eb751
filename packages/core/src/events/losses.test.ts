import { describe, expect, it } from 'vitest';
import { Losses, LossesReported } from './losses.ts';

function some(): Losses {
  const losses = new Losses();
  losses.add('file', 'routine', 'queue-full', 'e1');
  losses.add('file', 'routine', 'queue-full', 'e2');
  losses.add('file', 'audit', 'closed', 'e3');
  losses.add('http', 'routine', 'queue-full', 'e4');
  return losses;
}

it('counts in total, and of each sink by reason and lane', () => {
  const losses = some();
  expect([losses.total, losses.of('file'), losses.of('http'), losses.of('other')]).toEqual([
    4,
    { 'queue-full/routine': 2, 'closed/audit': 1 },
    { 'queue-full/routine': 1 },
    {},
  ]);
});

describe('reports', () => {
  it('tell each loss once, with an id that no other report has', () => {
    const [losses, reported] = [some(), new LossesReported()];
    const reports = losses.since(reported, 5000);
    expect(reports.map(({ id, sink, lane, reason, count }) => [id, sink, lane, reason, count])).toEqual([
      ['e2/dropped/file', 'file', 'routine', 'queue-full', 2],
      ['e3/dropped/file', 'file', 'audit', 'closed', 1],
      ['e4/dropped/http', 'http', 'routine', 'queue-full', 1],
    ]);
    expect(reports[0]).toMatchObject({ v: 1, type: 'telemetry-dropped', at: 5000, model: '' });
    reported.add(reports);
    expect([losses.since(reported, 6000), reported.total]).toEqual([[], 4]);
  });

  it('tell what came after them alone', () => {
    const [losses, reported] = [some(), new LossesReported()];
    reported.add(losses.since(reported, 5000));
    losses.add('http', 'routine', 'queue-full', 'e5');
    expect(losses.since(reported, 6000).map(({ id, count }) => [id, count])).toEqual([['e5/dropped/http', 1]]);
  });

  it('that did not arrive are told again, together with what came meanwhile', () => {
    const [losses, reported] = [some(), new LossesReported()];
    const reports = losses.since(reported, 5000);
    reported.add(reports);
    losses.add('file', 'audit', 'closed', 'e6');
    reported.remove(reports.slice(1, 2));
    expect(losses.since(reported, 6000).map(({ id, count }) => [id, count])).toEqual([['e6/dropped/file', 2]]);
    expect(reported.total).toBe(3);
  });
});
