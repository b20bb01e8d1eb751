import { describe, expect, it, test } from 'vitest';
import * as z from 'zod';
import { attributions } from '../monitors/attributions.ts';
import { calibration } from '../monitors/calibration-monitor.ts';
import { monitor } from '../monitors/custom-monitor.ts';
import { dataQuality } from '../monitors/data-quality.ts';
import { drift } from '../monitors/drift.ts';
import { errorStream } from '../monitors/error-stream.ts';
import { estimatedPerformance } from '../monitors/estimated-performance.ts';
import { fairness } from '../monitors/fairness-monitor.ts';
import { kpiValue } from '../monitors/kpi-value.ts';
import { liveMetric } from '../monitors/live-metric.ts';
import { overrides } from '../monitors/overrides-monitor.ts';
import { profileFromRows } from '../monitors/profile/profile-from-rows.ts';
import { serviceLevel } from '../monitors/service-level.ts';
import { spendBudget } from '../monitors/spend-budget.ts';
import { trafficProfile } from '../monitors/profile/traffic-profile.ts';
import type { ModelDescription } from '../monitors/monitor.ts';
import type { DecisionFact, FieldView, MonitorReading, MonitorRun } from '../types/index.ts';
import { type MonitorSubject, monitorConformanceCases } from './monitor-conformance.ts';

const numberField = (path: string): FieldView => ({ path, type: 'number', optional: false, nullable: false });
const model: Partial<ModelDescription> = {
  target: { kind: 'probability', field: 'p', positiveAt: 0.5 },
  input: [numberField('x')],
  output: [numberField('p')],
  kpis: { minutes: 'lower' },
};
const inputOf = (index: number) => ({ x: (index * 7) % 100 });
const outputOf = (index: number) => ({ p: ((index * 13) % 100) / 100 });
const call: MonitorSubject['call'] = (index) => ({ input: inputOf(index), output: outputOf(index) });
const segmentOf = (input: unknown): string => (Number((input as { readonly x?: number } | undefined)?.x) > 50 ? 'high' : 'low');
const truth: MonitorSubject['outcome'] = (index) => ({ truth: { value: { p: index % 3 === 0 ? 1 : 0 } } });

const reference = await profileFromRows(
  Array.from({ length: 600 }, (_, index) => ({ input: inputOf(index), output: outputOf(index) })),
  { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number() }) },
);

/** What each monitor of the library is tried with. */
const subjects: Readonly<Record<string, Omit<MonitorSubject, 'call'> & Partial<Pick<MonitorSubject, 'call'>>>> = {
  dataQuality: { monitor: () => dataQuality() },
  drift: { monitor: () => drift({ reference, window: { cases: 500 } }) },
  'drift by segment': { monitor: () => drift({ reference, window: { cases: 500 }, segmentBy: segmentOf }) },
  errorStream: { monitor: () => errorStream({}), outcome: truth },
  'liveMetric, accuracy': {
    monitor: () => liveMetric({ metric: 'accuracy', breachBelow: 0.5, segmentBy: segmentOf }),
    outcome: truth,
  },
  'liveMetric, auc': { monitor: () => liveMetric({ metric: 'auc', breachBelow: 0.2 }), outcome: truth },
  'liveMetric, f1': { monitor: () => liveMetric({ metric: 'f1', breachBelow: 0.1 }), outcome: truth },
  'liveMetric, mae': {
    monitor: () => liveMetric({ metric: 'mae', breachAbove: 9 }),
    model: { ...model, target: { kind: 'number', field: 'p', positiveAt: 0.5 } },
    outcome: truth,
  },
  estimatedPerformance: { monitor: () => estimatedPerformance({ metric: 'accuracy', breachBelow: 0.1 }), outcome: truth },
  calibration: { monitor: () => calibration(), outcome: truth },
  fairness: { monitor: () => fairness({ groupBy: segmentOf }), outcome: truth },
  overrides: {
    monitor: () => overrides({}),
    outcome: (index) => ({ override: { output: outputOf(index), by: 'ana', reason: 'seen' } }),
  },
  serviceLevel: { monitor: () => serviceLevel({ objective: 0.9 }) },
  spendBudget: { monitor: () => spendBudget({ cost: () => 0.01, perDay: 100 }) },
  kpiValue: { monitor: () => kpiValue('minutes', { limit: 1000 }), outcome: (index) => ({ kpi: { minutes: index % 9 } }) },
  trafficProfile: { monitor: () => trafficProfile() },
  attributions: { monitor: () => attributions({ explainer: { explain: () => new Promise(() => undefined) }, sampleRate: 1 }) },
  'monitor()': {
    monitor: () => monitor({ name: 'high', start: () => new HighRun() }),
  },
};

/** A monitor of a user's own: the share of high predictions, over all processes. */
class HighRun implements MonitorRun {
  #n = 0;
  #high = 0;
  #others: readonly Readonly<Record<string, number>>[] = [];

  observe({ output }: DecisionFact): void {
    if (typeof output !== 'object' || output === null) return;
    this.#n++;
    if (Number(Reflect.get(output, 'p')) > 0.8) this.#high++;
  }

  counters(): Readonly<Record<string, number>> {
    return { n: this.#n, high: this.#high };
  }

  merge(others: readonly { readonly counters: Readonly<Record<string, number>> }[]): void {
    this.#others = others.map(({ counters }) => counters);
  }

  read(): readonly MonitorReading[] {
    const all = [this.counters(), ...this.#others];
    const sum = (name: string): number => all.reduce((total, counters) => total + (counters[name] ?? 0), 0);
    const n = sum('n');
    const value = n === 0 ? null : sum('high') / n;
    const status = value === null ? 'insufficient' : value > 0.5 ? 'breach' : 'ok';
    return [{ measure: 'high', n, value, interval: null, limit: 0.5, status, reason: `${n} predictions were seen.` }];
  }
}

describe.each(Object.entries(subjects))('%s', (_name, subject) => {
  it.each(monitorConformanceCases)('$title', ({ run }) => {
    expect(() => {
      run({ model, call, ...subject });
    }).not.toThrow();
  });
});

/** Titles of the cases that a run with a fault does not pass. */
function failing(fault: (run: HighRun) => Partial<MonitorRun>): string[] {
  const faulty = (): MonitorRun => {
    const run = new HighRun();
    const bound: MonitorRun = {
      observe: (decision) => run.observe(decision),
      counters: () => run.counters(),
      merge: (others) => run.merge(others),
      read: () => run.read(),
    };
    return { ...bound, ...fault(run) };
  };
  const subject: MonitorSubject = { monitor: () => monitor({ name: 'high', start: faulty }), model, call };
  return monitorConformanceCases.flatMap(({ title, run }) => {
    try {
      run(subject);
      return [];
    } catch {
      return [title.split(':')[0] ?? ''];
    }
  });
}

describe('a monitor with a fault fails the case about it', () => {
  const reading = new HighRun().read()[0];
  test.each<[string, readonly string[], (run: HighRun) => Partial<MonitorRun>]>([
    ['none', [], () => ({})],
    ['in breach at once', ['read'], () => ({ read: () => [{ ...reading, status: 'breach' } as MonitorReading] })],
    ['a reading without a reason', ['read'], () => ({ read: () => [{ ...reading, reason: '' } as MonitorReading] })],
    ['a value of NaN', ['read'], () => ({ read: () => [{ ...reading, value: Number.NaN } as MonitorReading] })],
    ['two readings of one thing', ['read'], () => ({ read: () => [reading, reading] as MonitorReading[] })],
    [
      'other steps than readings',
      ['steps'],
      () => ({
        *steps() {
          yield undefined;
          return [];
        },
      }),
    ],
    [
      'an input of another form throws',
      ['observe', 'outcome'],
      () => ({ observe: ({ input }) => void (input as { x: number }).x.toFixed() }),
    ],
    [
      'an input that it is told is changed',
      ['observe'],
      (run) => ({
        observe: (decision) => {
          if (typeof decision.input === 'object' && decision.input !== null) Reflect.set(decision.input, 'seen', true);
          run.observe(decision);
        },
      }),
    ],
    ['counters that are promised', ['functions'], () => ({ counters: (async () => ({})) as never, merge: () => undefined })],
    ['a counter for every call', ['counters'], (run) => counterOfEveryCall(run)],
    ['what others counted is added up', ['merge'], (run) => addsUp(run)],
  ])('%s', (_name, expected, fault) => {
    expect(failing(fault)).toEqual(expected);
  });
});

function counterOfEveryCall(run: HighRun): Partial<MonitorRun> {
  const counters: Record<string, number> = {};
  return {
    observe: (decision) => {
      counters[decision.id] = 1;
      run.observe(decision);
    },
    counters: () => counters,
    merge: () => undefined,
  };
}

function addsUp(run: HighRun): Partial<MonitorRun> {
  const all: { readonly counters: Readonly<Record<string, number>> }[] = [];
  return {
    merge: (others) => {
      all.push(...others);
      run.merge(all);
    },
  };
}

test('two runs that share a counter fail', () => {
  const run = new HighRun();
  const shared: MonitorRun = { observe: (decision) => run.observe(decision), read: () => run.read() };
  const start = monitorConformanceCases.find(({ title }) => title.startsWith('start'));
  expect(() => start?.run({ monitor: () => monitor({ name: 'high', start: () => shared }), model, call })).toThrow(
    'the readings of the run that was told nothing',
  );
});

test('a monitor whose options are wrong fails', () => {
  const [definition] = monitorConformanceCases;
  const nameless = () => monitor({ start: () => new HighRun() } as never);
  expect(() => definition?.run({ monitor: nameless, call })).toThrow('expected a name');
});
