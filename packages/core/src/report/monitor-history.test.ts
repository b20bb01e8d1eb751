import { describe, expect, it } from 'vitest';
import type { MonitorReading, MonitorStatus } from '../types/index.ts';
import { MonitorHistory } from './monitor-history.ts';

const reading = (change: Partial<MonitorReading> = {}): MonitorReading => ({
  measure: 'psi',
  n: 100,
  value: 0.1,
  interval: null,
  limit: 0.2,
  status: 'ok',
  reason: '',
  ...change,
});

const to = (status: MonitorStatus, at: number) => ({ at, kind: 'drift', from: 'insufficient', to: status }) as const;

describe('the status', () => {
  it('before any event is that too little is known', () => {
    expect(new MonitorHistory('drift').report()).toMatchObject({
      monitor: 'drift',
      kind: '',
      status: 'insufficient',
      since: null,
    });
  });

  it('holds since the first process told it', () => {
    const history = new MonitorHistory('drift');
    history.changed(to('breach', 1000));
    history.changed(to('breach', 1500));
    expect(history.report()).toMatchObject({ kind: 'drift', status: 'breach', since: 1000 });
    history.changed(to('ok', 2000));
    expect(history.report()).toMatchObject({ status: 'ok', since: 2000 });
  });

  it('is not changed by what comes late', () => {
    const history = new MonitorHistory('drift');
    history.changed(to('ok', 2000));
    history.changed(to('breach', 1000));
    expect(history.report()).toMatchObject({ status: 'ok', since: 2000 });
  });
});

describe('the readings', () => {
  it('are the newest of each series, the worst first', () => {
    const history = new MonitorHistory('drift');
    history.read(1, reading({ field: 'a', value: 0.1 }));
    history.read(3, reading({ field: 'a', value: 0.3, status: 'warn' }));
    history.read(2, reading({ field: 'a', value: 0.2 }));
    history.read(1, reading({ field: 'b', value: 0.9, status: 'breach' }));
    const { readings, history: series } = history.report();
    expect(readings.items.map(({ field, value }) => [field, value])).toEqual([
      ['b', 0.9],
      ['a', 0.3],
    ]);
    expect(series.map(({ field, points }) => [field, points.map(({ at }) => at)])).toEqual([
      ['a', [1, 2, 3]],
      ['b', [1]],
    ]);
  });

  it('are bounded: 20 series, 100 newest readings, a point in many', () => {
    const history = new MonitorHistory('drift');
    for (let field = 0; field < 150; field++) history.read(field, reading({ field: `f${field}` }));
    for (let at = 0; at < 5000; at++) history.read(1000 + at, reading({ field: 'f0' }));
    const { readings, history: series } = history.report();
    expect([readings.items.length, series.length]).toEqual([100, 20]);
    const [{ points, omitted } = { points: [], omitted: 0 }] = series;
    expect(points.length).toBeLessThanOrEqual(121);
    expect(points.length + omitted).toBe(5001);
    expect(points.at(-1)?.at).toBe(5999);
  });
});

describe('with what the status of the model says', () => {
  const history = new MonitorHistory('drift');
  history.changed(to('breach', 1000));
  history.read(1000, reading({ field: 'a', value: 0.5, status: 'breach' }));
  const status = { monitor: 'drift', kind: 'drift', status: 'ok', since: 2000 } as const;

  it('that wins, and is a point more of each series that it knows', () => {
    const readings = [reading({ field: 'a', value: 0.1 }), reading({ field: 'new' })];
    const report = history.reportWith({ ...status, readings }, 3000);
    expect(report).toMatchObject({ status: 'ok', since: 2000 });
    expect(report.readings.items.map(({ field }) => field)).toEqual(['a', 'new']);
    expect(report.history.map(({ field, points }) => [field, points.map(({ at, value }) => [at, value])])).toEqual([
      [
        'a',
        [
          [1000, 0.5],
          [3000, 0.1],
        ],
      ],
    ]);
  });

  it('without a time adds no point, and a status of no time has none', () => {
    const report = history.reportWith({ ...status, since: 0, readings: [reading({ field: 'a' })] }, null);
    expect([report.since, report.history[0]?.points.length]).toEqual([null, 1]);
  });

  it('counts the readings that there is no room for', () => {
    const readings = Array.from({ length: 1500 }, (_, index) => reading({ field: `f${index}` }));
    const report = history.reportWith({ ...status, readings }, null);
    expect([report.readings.items.length, report.readings.omitted]).toEqual([100, 1400]);
  });
});
