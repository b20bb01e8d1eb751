import type { MonitorReading, MonitorStatus } from '../types/index.ts';
import type { MonitorChangedEvent } from '../events/event.ts';
import type { MonitorReport } from '../monitors/monitor.ts';
import { FirstNames, firstOf, Newest, Thinned } from './bounded.ts';
import { monitorStatus, plainReading, pointOf, readingKey, severity, text } from './plain.ts';
import { distributionsOf } from './status-parts.ts';
import type { ReadingSeries, ReportMonitor, ReportReading, SeriesPoint } from './report-data.ts';

const MAX_SERIES = 20;
const MAX_POINTS = 120;
const MAX_READINGS = 100;
const MAX_CHANGES = 40;

type About = Omit<ReadingSeries, 'points' | 'omitted'>;

interface Series {
  readonly about: About;
  readonly points: Thinned<SeriesPoint>;
}

/** What events tell of one monitor over time. */
export class MonitorHistory {
  readonly #monitor: string;
  readonly #series = new Map<string, Series>();
  readonly #newest = new FirstNames<{ at: number; reading: ReportReading | undefined }>(MAX_READINGS, () => ({
    at: -Infinity,
    reading: undefined,
  }));
  readonly #changes = new Newest<{ at: number; status: MonitorStatus }>(MAX_CHANGES);
  #before: MonitorStatus | undefined;
  #kind = '';
  #status: MonitorStatus = 'insufficient';
  #since: number | null = null;

  constructor(monitor: string) {
    this.#monitor = monitor;
  }

  changed({ at, kind, from, to }: Pick<MonitorChangedEvent, 'at' | 'kind' | 'from' | 'to'>): void {
    this.#kind = text(kind);
    if (at < (this.#since ?? -Infinity)) return;
    // Every process of a fleet tells it: the first one says since when.
    if (this.#since === null || to !== this.#status) {
      this.#since = at;
      this.#before ??= monitorStatus(from);
      this.#changes.add({ at, status: monitorStatus(to) });
    }
    this.#status = monitorStatus(to);
  }

  read(at: number, reading: MonitorReading): void {
    const plain = plainReading(reading);
    const key = readingKey(plain);
    const newest = this.#newest.of(key);
    if (newest !== undefined && at >= newest.at) Object.assign(newest, { at, reading: plain });
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= MAX_SERIES) return;
      const { measure, field, segment } = plain;
      series = { about: { measure, field, segment }, points: new Thinned(MAX_POINTS) };
      this.#series.set(key, series);
    }
    series.points.add(pointOf(at, plain));
  }

  /** As of its events alone. */
  report(): ReportMonitor {
    const readings = this.#newest.entries.flatMap(([, { reading }]) => (reading === undefined ? [] : [reading]));
    return {
      monitor: this.#monitor,
      kind: this.#kind,
      status: this.#status,
      since: this.#since,
      readings: firstOf(worstFirst(readings), MAX_READINGS),
      history: this.#history([], null),
      ...this.#statuses(),
    };
  }

  /** With what its status says, which is a point more of each series. @param at of the status */
  reportWith({ monitor, kind, status, since, readings, distributions: told }: MonitorReport, at: number | null): ReportMonitor {
    const distributions = distributionsOf(told);
    const plain = readings.slice(0, 1000).map(plainReading);
    const { items, omitted } = firstOf(worstFirst(plain), MAX_READINGS);
    return {
      monitor: text(monitor),
      kind: text(kind),
      status: monitorStatus(status),
      since: since > 0 ? since : null,
      readings: { items, omitted: omitted + Math.max(0, readings.length - plain.length) },
      ...(distributions === undefined ? {} : { distributions }),
      history: this.#history(plain, at),
      ...this.#statuses(),
    };
  }

  #statuses(): Pick<ReportMonitor, 'before' | 'changes'> {
    const changes = this.#changes.list;
    return { before: changes.omitted > 0 ? null : (this.#before ?? null), changes };
  }

  #history(now: readonly ReportReading[], at: number | null): ReadingSeries[] {
    const current = new Map(now.map((reading) => [readingKey(reading), reading]));
    return [...this.#series].map(
      ([
        key,
        {
          about: { measure, field, segment },
          points,
        },
      ]) => {
        const reading = current.get(key);
        const later = reading === undefined || at === null ? [] : [pointOf(at, reading)];
        const { items, omitted } = points.list;
        return { measure, field, segment, points: [...items, ...later].sort((a, b) => a.at - b.at), omitted };
      },
    );
  }
}

const worstFirst = (readings: readonly ReportReading[]): ReportReading[] =>
  readings.toSorted((a, b) => severity(a.status) - severity(b.status));
