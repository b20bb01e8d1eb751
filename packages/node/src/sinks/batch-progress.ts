import { type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';

/** What has become of the events of one batch, over all of its tries: nothing that is settled is sent again. */
export class BatchProgress {
  readonly #settled = new Set<string>();
  #refused: string[] = [];
  #why: UnderstudyError | undefined;

  /** The events of a batch that are still to be sent. */
  left(batch: readonly UnderstudyEvent[]): readonly UnderstudyEvent[] {
    // The queue has given up the batch before.
    if (!batch.some(({ id }) => this.#settled.has(id))) this.#clear();
    return batch.filter(({ id }) => !this.#settled.has(id));
  }

  arrived(events: readonly UnderstudyEvent[]): void {
    for (const { id } of events) this.#settled.add(id);
  }

  /** These will never be taken. */
  refused(events: readonly UnderstudyEvent[], why: UnderstudyError): void {
    this.arrived(events);
    this.#refused.push(...events.map(({ id }) => id));
    this.#why = why;
  }

  /** All of the batch is settled. @throws UnderstudyError `SINK_FAILED` that names those that were refused */
  end(): void {
    const [why, refused] = [this.#why, this.#refused];
    this.#clear();
    if (why === undefined) return;
    throw new UnderstudyError('SINK_FAILED', why.message, { details: { ...why.details, refused } });
  }

  #clear(): void {
    this.#settled.clear();
    this.#refused = [];
    this.#why = undefined;
  }
}

/** A failure that another try does not mend. */
export const isFinal = (error: unknown): error is UnderstudyError => UnderstudyError.is(error) && !error.retryable;

/** A `write` that sends events one by one. The first that fails stops it; those before it are not sent again. */
export function oneByOne(send: (event: UnderstudyEvent, signal: AbortSignal) => Promise<void>): Sink<UnderstudyEvent>['write'] {
  const progress = new BatchProgress();
  return async (batch, { signal }) => {
    for (const event of progress.left(batch)) {
      await send(event, signal);
      progress.arrived([event]);
    }
    progress.end();
  };
}
