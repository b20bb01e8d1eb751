import { shareOr0 } from '../../src/errors/index.ts';
import type { DecisionFact, MonitorReading, MonitorRun, MonitorStatus } from '../../src/types/index.ts';
import { seededRandom } from '../../src/statistics/seeded-random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { InputNumbers } from '../../src/monitors/input-numbers.ts';
import { MonitorFailures } from '../../src/monitors/monitor-failures.ts';
import type { AnyMonitor, ModelMonitor, ModelDescription, MonitorOptions, TargetView } from '../../src/monitors/monitor.ts';
import { monitorBase } from '../../src/monitors/monitor-base.ts';
import { predictionOf } from '../../src/monitors/target-value.ts';
import { nextReading, type ReadingState, UNREAD } from '../../src/monitors/reading-state.ts';

/** What a monitor of a test's own is made of. */
export function probeBase(
  options: MonitorOptions & { readonly pausedSampleRate?: number } = {},
): Omit<ModelMonitor, 'check' | 'start' | '~reads'> {
  return monitorBase<typeof options>('probe', options, { confirmations: 1 }, { pausedSampleRate: shareOr0 }).base;
}

/** One decision and what became known of it. */
export interface DrivenCase {
  readonly input?: unknown;
  readonly output: unknown;
  readonly truth?: unknown;
  readonly tier?: 'model' | 'rules';
}

/** A monitor at work without a model: for the tests of monitors. */
export class DrivenMonitor {
  readonly run: MonitorRun;
  readonly #monitor: AnyMonitor;
  readonly #target: TargetView | undefined;
  readonly #states = new Map<string, ReadingState>();
  #at = 0;

  constructor(monitor: AnyMonitor, target: TargetView | undefined, seed = 1) {
    this.#monitor = monitor;
    this.#target = target;
    const [clock, random, numbers] = [new VirtualClock(), seededRandom(seed), new InputNumbers()];
    this.run = monitor.start({ ...contextOf(target), clock, random, numbers, failures: new MonitorFailures() });
  }

  /** Tells of a decision and, where there is one, of its truth. */
  add({ input, output, truth, tier = 'model' }: DrivenCase): void {
    const at = this.#at++;
    const { run } = this;
    const fact = { id: `d${at}`, input, output, tier, servedBy: 'v1', version: '1', durationMs: 1, at, probability: 1 } as const;
    run.observe?.(fact);
    const kept = this.kept(fact);
    if (truth === undefined) return;
    run.outcome?.({ tier, servedBy: 'v1', decidedAt: at, at, probability: 1, truth: { value: truth } }, kept);
  }

  /** What a model would keep of a decision for the monitor. */
  kept(fact: DecisionFact): unknown {
    const prediction = this.#target === undefined ? undefined : predictionOf(fact, this.#target);
    return this.run.keep === 'prediction' ? prediction : this.run.keep?.(fact, prediction);
  }

  reading(measure: string, segment?: string): MonitorReading {
    const found = this.run.read(this.#at).find((one) => one.measure === measure && one.segment === segment);
    if (found === undefined) throw new Error(`There is no reading of ${measure} ${segment ?? ''}`);
    return found;
  }

  /** The case at which a breach is confirmed, judged every 20 cases; Infinity without one. */
  breachAt(cases: number, next: (at: number) => DrivenCase): number {
    for (let at = 0; at < cases; at++) {
      this.add(next(at));
      if (at % 20 === 19 && this.judge() === 'breach') return at;
    }
    return Infinity;
  }

  /** As a model does: confirmed. */
  judge(): MonitorStatus {
    let worst: MonitorStatus = 'ok';
    for (const reading of this.run.read(this.#at)) {
      const key = `${reading.measure}|${reading.field ?? ''}|${reading.segment ?? ''}`;
      const state = nextReading(this.#states.get(key) ?? UNREAD, reading, this.#monitor, this.run.cases?.());
      this.#states.set(key, state);
      if (state.status === 'breach') worst = 'breach';
    }
    return worst;
  }
}

/** What a monitor is told of a model that matters to none of these. */
export function contextOf(target: TargetView | undefined): ModelDescription {
  return { model: 'm', target, input: undefined, output: undefined, kpis: {}, variants: ['v1'], champion: 'v1' };
}

export const PROBABILITY: TargetView = { kind: 'probability', field: 'p', positiveAt: 0.5 };
export const LABEL: TargetView = { kind: 'label', field: 'y', positiveAt: 0.5 };
export const NUMBER: TargetView = { kind: 'number', field: 'v', positiveAt: 0.5 };
