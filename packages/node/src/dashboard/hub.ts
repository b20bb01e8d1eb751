import type { DecisionEvent, DefinedModel, EventType, ModelStatus, Understudy, UnderstudyEvent } from '@understudy/core';
import type { Clock } from '@understudy/core/authoring';
import { ModelFeed } from './model-feed.ts';
import { bareDecision, bareStatus } from './privacy.ts';
import { Ring } from './ring.ts';
import { sampleOf } from './sample.ts';
import type { ModelView, OtherEvent, SeriesAnswer } from './wire.ts';

/** Other events that are kept of the whole runtime, and those of a second that readers are sent. */
const [EVENTS_KEPT, EVENTS_SENT] = [500, 50];
/** Outcomes that are kept of the whole runtime, and apart from them those that people made: truths of a busy model would drive them out. */
const OUTCOMES_KEPT = 300;
/** Truths and KPIs of a second that readers are sent. */
const OUTCOMES_SENT = 20;

const OTHERS = [
  'outcome',
  'circuit-changed',
  'control-changed',
  'rollout-changed',
  'monitor-changed',
  'alert-raised',
  'retrain-requested',
  'registry-changed',
  'review-changed',
  'callback-failed',
  'telemetry-dropped',
] as const satisfies readonly EventType[];

/** What the dashboard remembers of a runtime: bounded, whatever the traffic. It has no timer: calls and readers make it take samples. */
export class Hub {
  readonly #understudy: Understudy;
  readonly #clock: Clock;
  readonly #content: boolean;
  readonly #feeds = new Map<string, ModelFeed>();
  readonly #events = new Ring<OtherEvent>(EVENTS_KEPT);
  readonly #outcomes = new Ring<OtherEvent>(OUTCOMES_KEPT);
  readonly #reviews = new Ring<OtherEvent>(OUTCOMES_KEPT);
  readonly #ends: readonly (() => void)[];
  readonly since: number;
  #pendingEvents: OtherEvent[] = [];
  #sampledAt = Number.NEGATIVE_INFINITY;
  #isSampling = false;
  samples = 0;

  constructor(understudy: Understudy, clock: Clock, content: boolean) {
    this.#understudy = understudy;
    this.#clock = clock;
    this.#content = content;
    this.since = clock.wall();
    this.#ends = [understudy.on('decision', this.#decided), ...OTHERS.map((type) => understudy.on(type, this.#happened))];
  }

  /** Whether there is a model of this name. */
  has(model: string): boolean {
    return this.#understudy.models.has(model);
  }

  /** Views of all models in brief, or of one in full. */
  views(model?: string): ModelView[] {
    const now = this.#clock.now();
    const found = [...this.#understudy.models.values()].filter(({ name }) => model === undefined || name === model);
    return found.map((one) => this.#view(one, now, model !== undefined));
  }

  /** Decisions that are kept of a model, the newest first. */
  decisions(model: string): DecisionEvent[] {
    return this.#feeds.get(model)?.kept() ?? [];
  }

  /** All events that are kept. */
  *kept(): Generator<UnderstudyEvent> {
    for (const feed of this.#feeds.values()) yield* feed.kept();
    yield* this.events();
  }

  /** Leaves events out; answers how many. */
  drop(isDropped: (event: UnderstudyEvent) => boolean): number {
    this.#pendingEvents = this.#pendingEvents.filter((event) => !isDropped(event));
    const parts = [this.#events, this.#outcomes, this.#reviews, ...this.#feeds.values()];
    return parts.reduce((all, part) => all + part.drop(isDropped), 0);
  }

  /** Other events that are kept, the newest first. */
  events(): OtherEvent[] {
    return [this.#events, this.#outcomes, this.#reviews].flatMap((ring) => ring.newest()).sort((a, b) => b.at - a.at);
  }

  series(model: string, prefixes: readonly string[]): Omit<SeriesAnswer, 'process'> {
    this.sampleIfDue();
    const { series } = this.#feed(model);
    return { everyMs: series.everyMs, ...series.read(prefixes) };
  }

  /** What came since the last tick, to be sent to readers. */
  takeEvents(): OtherEvent[] {
    const taken = this.#pendingEvents;
    this.#pendingEvents = [];
    return taken;
  }

  /** The same of each model's decisions. */
  takeDecisions(): ReadonlyMap<string, { readonly decisions: readonly DecisionEvent[]; readonly skipped: number }> {
    const taken = new Map<string, { decisions: readonly DecisionEvent[]; skipped: number }>();
    for (const [name, feed] of this.#feeds) {
      taken.set(name, { decisions: feed.pending, skipped: feed.skipped });
      feed.pending = [];
      feed.skipped = 0;
    }
    return taken;
  }

  /** Takes a point of each series, unless that is too soon. */
  sampleIfDue(): void {
    const [at, now] = [this.#clock.wall(), this.#clock.now()];
    if (now - this.#sampledAt < 1000) return;
    for (const name of this.#feeds.keys()) if (!this.#understudy.models.has(name)) this.#feeds.delete(name);
    const due = [...this.#understudy.models.values()].filter(({ name }) => this.#feed(name).series.isDue(at));
    if (due.length === 0) return;
    this.#sampledAt = now;
    for (const model of due) {
      const feed = this.#feed(model.name);
      feed.series.add(at, sampleOf(model.status(), feed));
    }
    this.samples++;
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #view(model: DefinedModel, now: number, isWhole: boolean): ModelView {
    const status = this.#statusOf(model.status());
    const { spend, recent } = this.#feed(model.name);
    return {
      status: isWhole ? status : brief(status),
      ...(spend.size === 0
        ? {}
        : { spend: Object.fromEntries([...spend].map(([variant, sum]) => [variant, structuredClone(sum)])) }),
      recent: recent.read(now),
    };
  }

  #statusOf(status: ModelStatus): ModelStatus {
    return this.#content ? status : bareStatus(status);
  }

  #feed(model: string): ModelFeed {
    let feed = this.#feeds.get(model);
    if (feed === undefined) {
      feed = new ModelFeed(this.#clock.now());
      this.#feeds.set(model, feed);
    }
    return feed;
  }

  readonly #bare = (event: DecisionEvent): DecisionEvent => (this.#content ? event : bareDecision(event));

  readonly #decided = (event: DecisionEvent): void => {
    const now = this.#clock.now();
    this.#feed(event.model).add(event, now, this.#bare);
    if (this.#isSampling || now - this.#sampledAt < 10_000) return;
    this.#isSampling = true;
    // Not on the path of this call.
    this.#clock.schedule(this.#sample, 0, true);
  };

  readonly #sample = (): void => {
    this.#isSampling = false;
    this.sampleIfDue();
    // Where no point was due, calls need not ask again at once.
    this.#sampledAt = this.#clock.now();
  };

  readonly #happened = (event: UnderstudyEvent): void => {
    if (event.type === 'decision') return;
    const isRoutine = event.type === 'outcome' && (event.kind === 'truth' || event.kind === 'kpi');
    (event.type !== 'outcome' ? this.#events : isRoutine ? this.#outcomes : this.#reviews).push(event);
    if (this.#pendingEvents.length < (isRoutine ? OUTCOMES_SENT : EVENTS_SENT)) this.#pendingEvents.push(event);
  };
}

type Monitors = NonNullable<ModelStatus['monitors']>;

/** Less what only the page of a model shows. */
function brief(status: ModelStatus): ModelStatus {
  const { rollout, monitors } = status;
  return {
    ...status,
    ...(rollout === undefined ? {} : { rollout: { ...rollout, history: [] } }),
    ...(monitors === undefined ? {} : { monitors: { ...monitors, reports: monitors.reports.map(briefReport) } }),
  };
}

function briefReport({ distributions: _, readings, ...report }: Monitors['reports'][number]): Monitors['reports'][number] {
  return { ...report, readings: readings.slice(0, 1) };
}
