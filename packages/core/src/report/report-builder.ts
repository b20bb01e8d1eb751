import { UnderstudyError } from '../errors/index.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import type { ModelStatus } from '../model/status.ts';
import { FirstNames, firstOf, RecentIds } from './bounded.ts';
import { ModelHistory } from './model-history.ts';
import { finite, LAST_DATE, text } from './plain.ts';
import { plainEvent } from './plain-event.ts';
import type { ReportData } from './report-data.ts';

const MAX_MODELS = 20;
const MAX_SINKS = 20;
const REMEMBERED_IDS = 20_000;

export interface ReportDataOptions {
  /** When the report holds, in milliseconds since the Unix epoch. @defaultValue the time of the newest event */
  readonly at?: number;
  /** Lines that held no event: the report says how many. @defaultValue 0 */
  readonly unreadable?: number;
}

/** Reads events one by one, in memory that does not grow with their number, and makes a report of them at any time. */
export interface ReportBuilder {
  /** Events come in any order; one that has come already is left out, what is no event is counted as unreadable. Never throws. */
  add(event: UnderstudyEvent): void;
  /**
   * What is to be shown, as plain JSON.
   *
   * @param status of the model or models. @defaultValue what the events say
   * @throws UnderstudyError `CONFIGURATION_INVALID` for an `at` that is no time
   */
  data(status?: ModelStatus | readonly ModelStatus[], options?: ReportDataOptions): ReportData;
}

/** A report from events that come one by one: from a file of any length, or while they happen. */
export function reportBuilder(): ReportBuilder {
  const models = new FirstNames(MAX_MODELS, (name) => new ModelHistory(name));
  const sinks = new FirstNames(MAX_SINKS, () => ({ count: 0 }));
  const ids = new RecentIds(REMEMBERED_IDS);
  const seen = { total: 0, repeated: 0, undated: 0, ofOtherModels: 0 };
  let otherSinks = 0;
  let malformed = 0;
  let [from, to] = [Infinity, -Infinity];

  return {
    add(given) {
      const event = plainEvent(given);
      if (event === undefined) return void malformed++;
      if (!ids.add(event.id)) return void seen.repeated++;
      if (!(Math.abs(event.at) <= LAST_DATE)) return void seen.undated++;
      if (event.type === 'telemetry-dropped') {
        const sink = sinks.of(event.sink);
        if (sink === undefined) otherSinks++;
        else sink.count += event.count;
      } else {
        const history = models.of(event.model);
        if (history === undefined) seen.ofOtherModels++;
        else history.add(event);
      }
      seen.total++;
      from = Math.min(from, event.at);
      to = Math.max(to, event.at);
    },

    data(status = [], { at = to, unreadable = 0 } = {}) {
      // -Infinity: no event, and none was given.
      if (at !== -Infinity && !(Math.abs(at) <= LAST_DATE)) throw invalidTime(at);
      const statuses: readonly ModelStatus[] = Array.isArray(status) ? status : [status];
      const now = finite(at);
      const known = new Map(models.entries);
      const named = new Set(statuses.map(({ model }) => model));
      const withStatus = statuses.map((one) => (known.get(one.model) ?? new ModelHistory(one.model)).report(one, now));
      const others = models.entries.filter(([name]) => !named.has(name)).map(([, history]) => history.report(undefined, now));
      return {
        v: 1,
        at: now,
        period: from <= to ? { from, to } : null,
        events: { ...seen, unreadable: unreadable + malformed },
        lost: {
          items: sinks.entries.map(([sink, { count }]) => ({ sink: text(sink), count })),
          omitted: otherSinks,
        },
        models: firstOf([...withStatus, ...others], MAX_MODELS),
      };
    },
  };
}

function invalidTime(at: number): UnderstudyError {
  return new UnderstudyError('CONFIGURATION_INVALID', `The report's at: expected milliseconds since the Unix epoch, got ${at}.`, {
    details: { at },
  });
}
