import { type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { safeErrorText } from '@understudy/core/authoring';

/** What has become of the events of one batch, over all of its tries: nothing that is settled is sent again. */
export class BatchProgress {
  readonly #arrived = new Set<string>();
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
    for (const { id } of events) {
      this.#arrived.add(id);
      this.#settled.add(id);
    }
  }

  /** These will never be taken. */
  refused(events: readonly UnderstudyEvent[], why: UnderstudyError): void {
    for (const { id } of events) this.#settled.add(id);
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

  /** The failure of this try, as the queue reads it: what has arrived is not lost, whatever becomes of the rest. */
  failed(error: unknown): unknown {
    return withArrived(error, [...this.#arrived]);
  }

  #clear(): void {
    this.#arrived.clear();
    this.#settled.clear();
    this.#refused = [];
    this.#why = undefined;
  }
}

/** A failure of a batch of which some events have arrived, or are safe elsewhere. */
export function withArrived(error: unknown, ids: readonly string[]): unknown {
  if (ids.length === 0) return error;
  if (!UnderstudyError.is(error)) {
    return new UnderstudyError('SINK_FAILED', safeErrorText(error), { cause: error, retryable: true, details: { arrived: ids } });
  }
  const { code, message, cause, retryable, details } = error;
  return new UnderstudyError(code, message, { cause, retryable, details: { ...details, arrived: ids } });
}

/** Ids of the events of a failed batch that have arrived all the same. */
export function arrivedOf(error: unknown): readonly unknown[] {
  const arrived = UnderstudyError.is(error) ? error.details['arrived'] : undefined;
  return Array.isArray(arrived) ? (arrived as unknown[]) : [];
}

/** A failure that another try does not mend. */
export const isFinal = (error: unknown): error is UnderstudyError => UnderstudyError.is(error) && !error.retryable;

/** A `write` that sends events one by one. The first that fails stops it; those before it are not sent again. */
export function oneByOne(send: (event: UnderstudyEvent, signal: AbortSignal) => Promise<void>): Sink<UnderstudyEvent>['write'] {
  const progress = new BatchProgress();
  return async (batch, { signal }) => {
    for (const event of progress.left(batch)) {
      try {
        await send(event, signal);
      } catch (error) {
        throw progress.failed(error);
      }
      progress.arrived([event]);
    }
    progress.end();
  };
}
