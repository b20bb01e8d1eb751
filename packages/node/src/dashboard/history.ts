import type { DecisionEvent, EventType, UnderstudyEvent } from '@understudy/core';
import type { Clock } from '@understudy/core/authoring';
import type { DecisionQuery, DecisionStore } from '../decisions/decision-store.ts';
import { within } from '../within.ts';
import type { Hub } from './hub.ts';
import { bareDecision, bareEvent } from './privacy.ts';
import type { DecisionAnswer, PageAnswer } from './wire.ts';

const HISTORY_MS = 5000;
const [PAGE, MOST] = [50, 200];
const PROBLEM = 'The history did not answer. What this process remembers is shown.';

const OUTCOMES = ['served', 'failed', 'cancelled', 'invalid-input'] as const;
const TIERS = ['model', 'cache', 'rules', 'always', 'none'] as const;

/** Where decisions and events are looked up: the store where there is one and it answers, else what the process remembers. */
export class History {
  readonly #hub: Hub;
  readonly #store: DecisionStore | undefined;
  readonly #clock: Clock;
  readonly #content: boolean;

  constructor(hub: Hub, store: DecisionStore | undefined, clock: Clock, content: boolean) {
    this.#hub = hub;
    this.#store = store;
    this.#clock = clock;
    this.#content = content;
  }

  async decisions(model: string, query: URLSearchParams): Promise<PageAnswer<DecisionEvent>> {
    const asked = decisionQuery(model, query);
    const found = await this.#ask((store) => store.decisions(asked));
    if (found.answer !== undefined)
      return { from: 'history', ...found.answer, items: found.answer.items.map((event) => this.#bare(event)) };
    const items = this.#hub.decisions(model).filter((event) => fits(event, asked));
    return { from: 'memory', items: items.slice(0, asked.limit), ...problemOf(found) };
  }

  async decision(model: string, id: string): Promise<DecisionAnswer> {
    const found = await this.#ask((store) => store.decision(id));
    if (found.answer?.decision.model === model) {
      const { decision, outcomes, comparisons } = found.answer;
      return { from: 'history', decision: this.#bare(decision), outcomes, comparisons };
    }
    const decision = this.#hub.decisions(model).find((event) => event.id === id) ?? null;
    const outcomes = this.#hub
      .events()
      .filter((event) => event.type === 'outcome' && event.model === model && event.decisionId === id);
    return { from: 'memory', decision, outcomes: outcomes as DecisionAnswer['outcomes'], comparisons: [], ...problemOf(found) };
  }

  /** @param model `''`: of all models */
  async events(model: string, query: URLSearchParams): Promise<PageAnswer<UnderstudyEvent>> {
    const types = (query.get('types') ?? '').split(',').filter((type) => type !== '') as EventType[];
    const [limit, after] = [limitOf(query), query.get('after')];
    const kinds = (query.get('kinds') ?? '').split(',').filter((kind) => kind !== '');
    const isAsked = (event: UnderstudyEvent): boolean =>
      kinds.length === 0 || (event.type === 'outcome' && kinds.includes(event.kind));
    const found = await this.#ask((store) =>
      store.events({
        ...(model === '' ? {} : { model }),
        ...(types.length === 0 ? {} : { types }),
        ...(after === null ? {} : { after }),
        limit,
      }),
    );
    if (found.answer !== undefined)
      return {
        from: 'history',
        ...found.answer,
        items: found.answer.items.filter(isAsked).map((event) => (this.#content ? event : bareEvent(event))),
      };
    const items = this.#hub
      .events()
      .filter(
        (event) =>
          (model === '' || event.model === model) && (types.length === 0 || types.includes(event.type)) && isAsked(event),
      );
    return { from: 'memory', items: items.slice(0, limit), ...problemOf(found) };
  }

  #bare(event: DecisionEvent): DecisionEvent {
    return this.#content ? event : bareDecision(event);
  }

  async #ask<T>(work: (store: DecisionStore) => Promise<T>): Promise<{ readonly answer?: T; readonly isBroken?: true }> {
    const store = this.#store;
    if (store === undefined) return {};
    try {
      return { answer: await within(this.#clock, HISTORY_MS, 'The history', () => work(store)) };
    } catch {
      return { isBroken: true };
    }
  }
}

const problemOf = ({ isBroken }: { readonly isBroken?: true }): { readonly problem?: string } =>
  isBroken === true ? { problem: PROBLEM } : {};

function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? PAGE);
  return Number.isSafeInteger(limit) && limit > 0 ? Math.min(limit, MOST) : PAGE;
}

type Asked = DecisionQuery & { readonly limit: number };

/** What the address asks for; what makes no sense is not asked. */
function decisionQuery(model: string, query: URLSearchParams): Asked {
  const text = (name: 'servedBy' | 'assigned' | 'after'): object => {
    const value = query.get(name);
    return value === null || value === '' ? {} : { [name]: value };
  };
  const time = (name: 'from' | 'to'): object => {
    const value = Number(query.get(name) ?? Number.NaN);
    return Number.isFinite(value) ? { [name]: value } : {};
  };
  const outcome = OUTCOMES.find((name) => name === query.get('outcome'));
  const tier = TIERS.find((name) => name === query.get('tier'));
  return {
    model,
    limit: limitOf(query),
    ...(outcome === undefined ? {} : { outcome }),
    ...(tier === undefined ? {} : { tier }),
    ...text('servedBy'),
    ...text('assigned'),
    ...text('after'),
    ...time('from'),
    ...time('to'),
  };
}

function fits(event: DecisionEvent, { outcome, tier, servedBy, assigned, from, to }: Asked): boolean {
  return (
    (outcome === undefined || event.outcome === outcome) &&
    (tier === undefined || event.tier === tier) &&
    (servedBy === undefined || event.servedBy === servedBy) &&
    (assigned === undefined || event.assigned === assigned) &&
    (from === undefined || event.at >= from) &&
    (to === undefined || event.at < to)
  );
}
