import { isReading } from '../monitors/guarded-run.ts';
import { InputNumbers } from '../monitors/input-numbers.ts';
import type { AnyMonitor, BuiltInContext, ModelDescription } from '../monitors/monitor.ts';
import { MonitorFailures } from '../monitors/monitor-failures.ts';
import { predictionOf } from '../monitors/target-value.ts';
import type { DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { seededRandom } from './seeded-random.ts';
import { same, show } from './store-conformance/same.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A monitor under test, and the traffic that it is meant for. */
export interface MonitorSubject {
  /** Makes the monitor anew. */
  readonly monitor: () => AnyMonitor;
  /** The model that it watches. @defaultValue a model `m` without target, whose schemas cannot be read */
  readonly model?: Partial<ModelDescription>;
  /** Input and output of the call with this number, from 0. */
  readonly call: (index: number) => { readonly input: unknown; readonly output: unknown };
  /** What becomes known of that call. @defaultValue nothing */
  readonly outcome?: (index: number) => Pick<OutcomeFact, 'truth' | 'kpi' | 'override' | 'feedback'>;
}

export interface MonitorCase {
  readonly title: string;
  /** Throws with what was seen where the monitor does not do what the title says. */
  readonly run: (subject: MonitorSubject) => void;
}

const CALLS = 3000;
const MAX_COUNTERS = 1000;
const NO_MODEL: ModelDescription = {
  model: 'm',
  target: undefined,
  input: undefined,
  output: undefined,
  kpis: {},
  variants: ['v1'],
  champion: 'v1',
};

/** One run of the monitor under test, told as a model tells it. */
class Told {
  readonly run: MonitorRun;
  readonly clock = new VirtualClock();
  readonly #subject: MonitorSubject;
  readonly #model: ModelDescription;

  constructor(subject: MonitorSubject, seed = 1) {
    this.#subject = subject;
    this.#model = { ...NO_MODEL, ...subject.model };
    const context: BuiltInContext = {
      ...this.#model,
      clock: this.clock,
      random: seededRandom(seed),
      numbers: new InputNumbers(),
      failures: new MonitorFailures(),
    };
    this.run = subject.monitor().start(context);
  }

  /** Tells of the calls from `from` to under `to`, each with its outcome. */
  calls(from: number, to: number, more: Partial<DecisionFact> = {}): this {
    for (let index = from; index < to; index++) this.call(index, { ...this.#subject.call(index), ...more });
    return this;
  }

  /** @returns what it kept of the call */
  call(index: number, more: Partial<DecisionFact>): unknown {
    const at = this.clock.wall() + index;
    const fact: DecisionFact = {
      id: `d${index}`,
      input: undefined,
      output: undefined,
      tier: 'model',
      servedBy: 'v1',
      version: '1',
      durationMs: 1,
      at,
      probability: 1,
      ...more,
    };
    const { run } = this;
    const { target } = this.#model;
    run.observe?.(fact);
    const prediction = target === undefined ? undefined : predictionOf(fact, target);
    const kept = run.keep === 'prediction' ? prediction : run.keep?.(fact, prediction);
    const known = this.#subject.outcome?.(index);
    if (known === undefined) return kept;
    const { tier, servedBy } = fact;
    run.outcome?.({ tier, servedBy, decidedAt: at, at, probability: 1, ...known }, kept);
    return kept;
  }

  read(): readonly MonitorReading[] {
    return this.run.read(this.clock.wall() + CALLS);
  }

  /** What `steps` returns at its end. */
  stepped(): readonly MonitorReading[] | undefined {
    const steps = this.run.steps?.(this.clock.wall() + CALLS);
    if (steps === undefined) return undefined;
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  counters(): Readonly<Record<string, number>> | undefined {
    return this.run.counters?.(this.clock.wall() + CALLS);
  }
}

const keyOf = ({ measure, field = '', segment = '' }: MonitorReading): string => `${measure}|${field}|${segment}`;

/** What each monitor does, as cases for the test runner of your choice: for one of your own, see the guide about monitors. */
export const monitorConformanceCases: readonly MonitorCase[] = [
  {
    title: 'definition: its options are sound, and it fits the model',
    run(subject) {
      const monitor = subject.monitor();
      same(monitor.problems, [], 'the problems of its options');
      same(monitor.check?.({ ...NO_MODEL, ...subject.model }) ?? [], [], 'what does not fit the model');
    },
  },
  {
    title: 'start: two runs share nothing',
    run(subject) {
      const [one, other] = [new Told(subject), new Told(subject)];
      const before = other.read();
      one.calls(0, CALLS);
      same(other.read(), before, 'the readings of the run that was told nothing');
    },
  },
  {
    title: 'read: nothing is in breach before the first call',
    run(subject) {
      const bad = new Told(subject).read().filter(({ status }) => status === 'breach');
      same(bad, [], 'the readings in breach');
    },
  },
  {
    title: 'read: each reading is whole, its figures are finite or null, and no two are of the same thing',
    run(subject) {
      const readings = new Told(subject).calls(0, CALLS).read();
      for (const reading of readings) {
        same(isReading(reading), true, `whether ${JSON.stringify(reading)} is a reading`);
        const figures = [reading.n, reading.value, reading.limit, ...(reading.interval ?? [])];
        same(
          figures.filter((figure) => figure !== null && !Number.isFinite(figure)),
          [],
          `the figures of ${reading.measure} that are not finite`,
        );
        same(reading.n >= 0 && reading.reason.trim() !== '', true, `whether ${reading.measure} has cases and a reason`);
        same(reading.measure.startsWith('failures:'), false, 'whether a measure has the name of failures');
      }
      const keys = readings.map(keyOf);
      same(keys, [...new Set(keys)], 'measure, field and segment of the readings');
    },
  },
  {
    title: 'read: asked twice without a new call, it says the same',
    run(subject) {
      const told = new Told(subject).calls(0, CALLS);
      same(told.read(), told.read(), 'the second readings');
    },
  },
  {
    title: 'read: another run that is told the same calls, with the same chance, says the same',
    run(subject) {
      same(new Told(subject).calls(0, CALLS).read(), new Told(subject).calls(0, CALLS).read(), 'the readings of the second run');
    },
  },
  {
    title: 'steps: they end with what read says',
    run(subject) {
      const told = new Told(subject).calls(0, CALLS);
      const stepped = told.stepped();
      if (stepped !== undefined) same(stepped, told.read(), 'the readings');
    },
  },
  {
    title: 'observe: calls that nothing or a rule served, and values of any form, fail nothing',
    run(subject) {
      const told = new Told(subject).calls(0, 100);
      told.calls(100, 200, { tier: 'none', output: undefined, servedBy: '', version: '' });
      told.calls(200, 300, { tier: 'rules', servedBy: 'rules' });
      for (const [index, odd] of ODD_VALUES.entries()) told.call(300 + index, { input: odd, output: odd });
      told.run.invalidInput?.(['a', ''], told.clock.wall());
      same(told.read().every(isReading), true, 'whether it reads');
    },
  },
  {
    title: 'observe: it changes nothing of what it is told',
    run(subject) {
      const told = new Told(subject);
      for (let index = 0; index < 100; index++) {
        const { input, output } = subject.call(index);
        const before = show([input, output]);
        told.call(index, { input, output });
        same(show([input, output]), before, `input and output of call ${index} after it was told`);
      }
    },
  },
  {
    title: 'functions: none is async',
    run(subject) {
      const { run, clock } = new Told(subject).calls(0, 10);
      const now = clock.wall();
      const answers = {
        read: run.read(now),
        cases: run.cases?.(),
        counters: run.counters?.(now),
        merge: run.merge?.([]),
        invalidInput: run.invalidInput?.(['a'], now),
        steps: run.steps?.(now).next(),
      };
      for (const [name, answer] of Object.entries<unknown>(answers)) {
        const then = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'then') : undefined;
        same(typeof then, 'undefined', `the type of then of what ${name} returned`);
      }
    },
  },
  {
    title: 'outcome: any kind of outcome, of any decision, fails nothing',
    run(subject) {
      const told = new Told(subject).calls(0, 100);
      const { run } = told;
      const at = told.clock.wall();
      const base = { tier: 'model', servedBy: 'v1', decidedAt: at, at, probability: 1 } as const;
      for (const odd of [subject.call(0).output, ...ODD_VALUES]) {
        const kept = told.call(100, { input: odd, output: odd });
        for (const value of ODD_VALUES) run.outcome?.({ ...base, truth: { value } }, kept);
        run.outcome?.({ ...base, kpi: {} }, kept);
        run.outcome?.({ ...base, override: { output: null, by: 'ana', reason: 'seen' } }, kept);
        run.outcome?.({ ...base, feedback: { agree: false } }, kept);
      }
      same(told.read().every(isReading), true, 'whether it reads');
    },
  },
  {
    title: 'counters: a bounded number of finite numbers, however many calls there were',
    run(subject) {
      const counters = new Told(subject).calls(0, CALLS).counters() ?? {};
      same(Object.keys(counters).length <= MAX_COUNTERS, true, `whether ${Object.keys(counters).length} counters are few`);
      const odd = Object.entries(counters).filter(([, value]) => !Number.isFinite(value));
      same(odd, [], 'the counters that are not finite');
    },
  },
  {
    title: 'merge: what others counted replaces what they had before, and is never told as its own',
    run(subject) {
      const [one, other] = [new Told(subject).calls(0, 1000), new Told(subject).calls(1000, 2000)];
      const [own, counters] = [one.counters(), other.counters()];
      if (own === undefined || counters === undefined) return;
      one.run.merge?.([{ instance: 'b', counters }]);
      const merged = one.read();
      one.run.merge?.([{ instance: 'b', counters }]);
      same(one.read(), merged, 'the readings after the same counters again');
      same(one.counters(), own, 'its own counters');
    },
  },
];

const ODD_VALUES: readonly unknown[] = [
  undefined,
  null,
  '',
  'text',
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  12n,
  [],
  [1, 'a', null],
  {},
  { p: 'high', y: 7, x: {} },
  Object.create(null),
  new Date(Number.NaN),
  () => 1,
  Symbol('odd'),
];
