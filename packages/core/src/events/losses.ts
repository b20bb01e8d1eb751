import type { EventOrigin, TelemetryDroppedEvent } from './event.ts';
import type { Lane } from './lane.ts';

export type LossReason = TelemetryDroppedEvent['reason'];

interface Loss {
  readonly sink: string;
  readonly lane: Lane;
  readonly reason: LossReason;
  total: number;
  /** The event that was lost last: its id makes the report's id unique, in any process. */
  lastId: string;
}

/** What the sinks of one runtime have lost. They share it, so that the loss of a dead sink is told to the others. */
export class Losses {
  readonly #all = new Map<string, Loss>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(sink: string, lane: Lane, reason: LossReason, eventId: string): void {
    const key = `${sink}/${reason}/${lane}`;
    const loss = this.#all.get(key) ?? { sink, lane, reason, total: 0, lastId: '' };
    loss.total++;
    loss.lastId = eventId;
    this.#all.set(key, loss);
    this.#total++;
  }

  /** Totals of one sink by `reason/lane`. */
  of(sink: string): Record<string, number> {
    return Object.fromEntries(
      [...this.#all.values()].filter((loss) => loss.sink === sink).map((loss) => [`${loss.reason}/${loss.lane}`, loss.total]),
    );
  }

  /** A report of each loss that `reported` does not cover. */
  since(reported: LossesReported, at: number, origin: EventOrigin = {}): readonly TelemetryDroppedEvent[] {
    return [...this.#all].flatMap(([key, { sink, lane, reason, total, lastId }]) => {
      const count = total - reported.of(key);
      return count === 0
        ? []
        : [
            {
              v: 1,
              type: 'telemetry-dropped',
              id: `${lastId}/dropped/${sink}`,
              at,
              model: '',
              ...origin,
              sink,
              lane,
              reason,
              count,
            },
          ];
    });
  }
}

/** How much of the losses one sink has been told. */
export class LossesReported {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(reports: readonly TelemetryDroppedEvent[]): void {
    for (const { sink, reason, lane, count } of reports) this.#count(`${sink}/${reason}/${lane}`, count);
  }

  /** Takes reports back that did not arrive after all. */
  remove(reports: readonly TelemetryDroppedEvent[]): void {
    for (const { sink, reason, lane, count } of reports) this.#count(`${sink}/${reason}/${lane}`, -count);
  }

  #count(key: string, count: number): void {
    this.#counts.set(key, this.of(key) + count);
    this.#total += count;
  }
}
