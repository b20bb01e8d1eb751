import type { DecisionEvent, EventType, OutcomeEvent, ShadowComparedEvent, Understudy, UnderstudyEvent } from '@understudy/core';
import { EVENT_TYPES } from '@understudy/core/authoring';
import { type Recent, RecentCalls } from './recent-calls.ts';
import { Ring } from './ring.ts';

/** The part of a runtime that the panel reads. */
export type WatchedUnderstudy = Pick<Understudy, 'models' | 'on'> & Partial<Pick<Understudy, 'application' | 'environment'>>;

/** What became known of a decision after it. */
export type Afterwards = OutcomeEvent | ShadowComparedEvent;

/** What happens beside decisions, as the tab Events lists it. */
export type Happening = Exclude<UnderstudyEvent, DecisionEvent | Afterwards>;

/** Which decisions are asked for; what is empty is any. */
export interface Wanted {
  readonly model: string;
  /** What a decision was assigned to or served by. */
  readonly variant: string;
  /** Only those that were degraded, or not served. */
  readonly troubled: boolean;
}

/** Decisions and events that are kept, each. */
export const KEPT = 200;
const KEPT_AFTERWARDS = 400;
/** Models whose decisions are kept apart, so that a busy model does not push out those of a quiet one. */
const MOST_MODELS = 100;

const isHappening = (type: EventType): type is Happening['type'] =>
  type !== 'decision' && type !== 'outcome' && type !== 'shadow-compared';
const HAPPENINGS = EVENT_TYPES.filter(isHappening);

interface OfModel {
  readonly decisions: Ring<DecisionEvent>;
  readonly recent: RecentCalls;
  /** The newest decision with a failed attempt. */
  failed: DecisionEvent | undefined;
}

/**
 * Listens to a runtime, and keeps the newest of what it tells: a few steps an event, whatever the traffic, and a bounded memory. It changes
 * nothing of the runtime.
 */
export class Recorder {
  readonly #now: () => number;
  readonly #decisions = new Ring<DecisionEvent>(KEPT);
  readonly #troubled = new Ring<DecisionEvent>(KEPT);
  readonly #happenings = new Ring<Happening>(KEPT);
  readonly #afterwards = new Ring<Afterwards>(KEPT_AFTERWARDS);
  readonly #models = new Map<string, OfModel>();
  readonly #ends: (() => void)[];

  /** @param now monotonic milliseconds */
  constructor(understudy: Pick<Understudy, 'on'>, now: () => number) {
    this.#now = now;
    const after = (event: Afterwards): void => this.#afterwards.add(event);
    const happened = (event: Happening): void => this.#happenings.add(event);
    this.#ends = [
      understudy.on('decision', (event) => this.#decided(event)),
      understudy.on('outcome', after),
      understudy.on('shadow-compared', after),
      ...HAPPENINGS.map((type) => understudy.on(type, happened)),
    ];
  }

  /** Decisions since the start, or since they were cleared. */
  get decided(): number {
    return this.#decisions.added;
  }

  get happened(): number {
    return this.#happenings.added;
  }

  /** The newest decisions, the newest first. */
  decisions({ model, variant, troubled }: Wanted): readonly DecisionEvent[] {
    const kept = model === '' ? (troubled ? this.#troubled : this.#decisions) : this.#models.get(model)?.decisions;
    return (kept?.newest() ?? []).filter(
      (event) => (variant === '' || event.assigned === variant || event.servedBy === variant) && (!troubled || isTroubled(event)),
    );
  }

  happenings(): readonly Happening[] {
    return this.#happenings.newest();
  }

  /** What became known of one decision, the newest first. */
  afterwards(id: string): readonly Afterwards[] {
    return this.#afterwards.newest().filter(({ decisionId }) => decisionId === id);
  }

  recent(model: string): Recent | undefined {
    return this.#models.get(model)?.recent.read(this.#now());
  }

  lastFailed(model: string): DecisionEvent | undefined {
    return this.#models.get(model)?.failed;
  }

  clear(): void {
    for (const kept of [this.#decisions, this.#troubled, this.#afterwards]) kept.clear();
    for (const { decisions } of this.#models.values()) decisions.clear();
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  #decided(event: DecisionEvent): void {
    this.#decisions.add(event);
    if (isTroubled(event)) this.#troubled.add(event);
    const model = this.#models.get(event.model) ?? this.#begin(event.model);
    if (model === undefined) return;
    model.decisions.add(event);
    model.recent.add(event, this.#now());
    if (event.outcome === 'failed' || event.attempts.some(({ resultClass }) => resultClass === 'failed')) model.failed = event;
  }

  #begin(name: string): OfModel | undefined {
    if (this.#models.size === MOST_MODELS) return undefined;
    const model = { decisions: new Ring<DecisionEvent>(KEPT), recent: new RecentCalls(this.#now()), failed: undefined };
    this.#models.set(name, model);
    return model;
  }
}

const isTroubled = ({ outcome, degraded }: DecisionEvent): boolean => degraded || outcome !== 'served';
