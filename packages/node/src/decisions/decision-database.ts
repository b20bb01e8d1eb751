import { UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { safeCause, safeErrorText } from '@understudy/core/authoring';
import type { DecisionStore, DecisionStoreOptions } from './decision-store.ts';
import { type EventRows, rowsOf } from './event-rows.ts';
import { keyText } from '../stores/key-text.ts';
import {
  aboutSql,
  decisionOf,
  decisionSql,
  decisionsSql,
  type DecisionTables,
  eventOf,
  eventsSql,
  type FoundRow,
  pageOf,
  type Sql,
} from './queries.ts';
import { type Retention, Sweeps, type Swept } from './sweeps.ts';

/** What a database does for a decision store. Each call is atomic; each rejects with an `UnderstudyError`. */
export interface DecisionDatabase extends Swept {
  readonly tables: DecisionTables;
  /** Keeps rows that are not there yet. */
  insert(rows: EventRows, signal: AbortSignal): Promise<void>;
  select(query: Sql): Promise<readonly FoundRow[]>;
  /** Deletes some decisions of a unit, by the text of `keyText`, and answers how many. */
  deleteUnit(unit: string): Promise<number>;
  /** A unit was deleted: nothing of it may be left on the disk where the database can see to that. */
  erased?(): Promise<void>;
  /** Whether a failed insert would fail each time, whatever else is tried: one of its rows is at fault. */
  isRowAtFault(error: unknown): boolean;
  close(): Promise<void>;
}

type Settings = Required<Pick<DecisionStoreOptions, 'name' | 'content' | 'segments'>> & Retention;

const NO_UNIT = /^0*$/;

/** A decision store on a database. */
export function decisionStoreOn(database: DecisionDatabase, settings: Settings): DecisionStore {
  const { name, content, segments } = settings;
  const { tables } = database;
  const sweeps = new Sweeps(database, settings);

  /** Ids of those that the database refuses, whatever is with them. */
  const insert = async (events: readonly UnderstudyEvent[], signal: AbortSignal): Promise<readonly UnderstudyEvent[]> => {
    if (events.length === 0) return [];
    try {
      await database.insert(rowsOf(events, segments), signal);
      return [];
    } catch (error) {
      if (!database.isRowAtFault(error)) throw error;
      if (events.length === 1) return events;
    }
    const half = Math.ceil(events.length / 2);
    return [...(await insert(events.slice(0, half), signal)), ...(await insert(events.slice(half), signal))];
  };

  return {
    name,
    content,
    write: async (batch, { signal }) => {
      const [timed, timeless] = [batch.filter(hasTime), batch.filter((event) => !hasTime(event))];
      let refused: readonly UnderstudyEvent[];
      try {
        refused = [...timeless, ...(await insert(timed, signal))];
      } catch (error) {
        signal.throwIfAborted();
        throw sinkFailed(name, error);
      }
      sweeps.written();
      if (refused.length === 0) return;
      throw new UnderstudyError('SINK_FAILED', `The decision store ${name} cannot hold ${refused.length} of the events.`, {
        details: { refused: refused.map(({ id }) => id) },
      });
    },
    decision: async (id) => {
      if (typeof id !== 'string') throw new UnderstudyError('INPUT_INVALID', 'decision() expects the id of a decision, as text.');
      const [found] = await database.select(decisionSql(tables, id));
      if (found === undefined) return undefined;
      const about = (await database.select(aboutSql(tables, id))).map(eventOf);
      return {
        decision: decisionOf(found),
        outcomes: about.filter((event) => event.type === 'outcome'),
        comparisons: about.filter((event) => event.type === 'shadow-compared'),
      };
    },
    decisions: async (query = {}) =>
      pageOf(await database.select(decisionsSql(tables, segments, query)), decisionOf, query.limit),
    events: async (query = {}) => pageOf(await database.select(eventsSql(tables, query)), eventOf, query.limit),
    eraseUnit: async (unitHash) => {
      if (typeof unitHash !== 'string' || NO_UNIT.test(unitHash)) {
        throw new UnderstudyError('INPUT_INVALID', 'eraseUnit() expects the unitHash of a unit; this one stands for no unit.');
      }
      let erased = 0;
      for (;;) {
        const some = await database.deleteUnit(keyText(unitHash));
        if (some === 0) {
          await database.erased?.();
          return erased;
        }
        erased += some;
      }
    },
    sweep: () => sweeps.run(),
    close: async () => {
      await sweeps.stop();
      await database.close();
    },
  };
}

const hasTime = ({ at }: UnderstudyEvent): boolean => Number.isFinite(at);

/** What the queue tries again, but for what no try would mend. */
function sinkFailed(name: string, error: unknown): UnderstudyError {
  if (UnderstudyError.is(error) && !error.retryable) return error;
  const said = UnderstudyError.is(error) ? error.message : safeErrorText(error);
  return new UnderstudyError('SINK_FAILED', `The decision store ${name} did not take the events. ${said}`, {
    cause: safeCause(error),
    retryable: true,
  });
}
