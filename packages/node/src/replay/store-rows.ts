import { UnderstudyError } from '@understudy/core';
import { callback, type Kinds, kind, readOptions, required, withMethods } from '@understudy/core/authoring';
import type { ReplayRow, ReplaySource } from '@understudy/core/replay';
import type { DecisionHistory, DecisionQuery, DecisionStore } from '../decisions/decision-store.ts';
import { decisionRow } from './decision-row.ts';

export interface StoreRowsOptions {
  /** Which decisions, as `decisions()` of the store takes them; those that were served. */
  readonly query?: Omit<DecisionQuery, 'after' | 'limit' | 'outcome'>;
  /** What a decision was worth, from what became known of it: `({ outcomes }) => outcomes.find(({ kpi }) => kpi)?.kpi?.saved`. Each decision is then asked for by itself. */
  readonly rewardOf?: (history: DecisionHistory) => number | undefined;
  /** The truth about a decision, from a table of yours: stores do not keep it. */
  readonly truthOf?: (id: string) => unknown;
}

const KINDS: Kinds<StoreRowsOptions> = {
  query: kind((value) => typeof value === 'object' && value !== null, 'a query, such as { model }'),
  rewardOf: callback,
  truthOf: callback,
};

const PAGE = 500;
const END = 'end';

/**
 * Rows of a decision store that keeps content (`content: true`), the newest first. It holds the fields that `redact` allows, and no
 * others.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; when it is read, what the store and the callbacks throw
 */
export function storeRows(store: Pick<DecisionStore, 'decisions' | 'decision'>, options: StoreRowsOptions = {}): ReplaySource {
  const { query = {}, rewardOf, truthOf } = readOptions<StoreRowsOptions, {}>('storeRows', options, KINDS, {});
  readOptions('storeRows', { store }, { store: required(withMethods('decisions', 'decision')) }, {});

  const rowOf = async (event: Parameters<typeof decisionRow>[0]): Promise<ReplayRow> => {
    const row = decisionRow(event);
    const history = rewardOf === undefined ? undefined : await store.decision(event.id);
    const reward = history === undefined ? undefined : rewardOf?.(history);
    const truth: unknown = await truthOf?.(event.id);
    return {
      ...row,
      ...(reward === undefined ? {} : { reward }),
      ...(truth === undefined ? {} : { truth }),
    };
  };

  return {
    batches: async function* (after) {
      if (after === END) return;
      if (after !== undefined && typeof after !== 'string')
        throw new UnderstudyError('CONFIGURATION_INVALID', 'storeRows(): what is gone on with is of another source.');
      let cursor = after;
      do {
        const { items, next } = await store.decisions({
          ...query,
          outcome: 'served',
          limit: PAGE,
          ...(cursor === undefined ? {} : { after: cursor }),
        });
        cursor = next;
        yield { rows: await Promise.all(items.map(rowOf)), cursor: next ?? END };
      } while (cursor !== undefined);
    },
  };
}
