import { readOptions, readProperty as read, UnderstudyError } from '../errors/index.ts';
import type { PolicySnapshot, Repair, RepairMachine, SlotPolicy } from '../types/index.ts';

const UNREADABLE = new WeakMap<UnderstudyError, string>();

/** Keeps the whole answer beside the error that tells of it: errors are logged, so that they hold its start only. */
export function withAnswer(error: UnderstudyError, answer: string): UnderstudyError {
  UNREADABLE.set(error, answer);
  return error;
}

/** Problems that are shown: a model mends what it is told first. */
const MOST_PROBLEMS = 20;

/**
 * Shows a model what is wrong with its answer, and asks once more. An output that breaks the contract, or that is no JSON, costs one attempt
 * more, with the answer and its problems in `call.repair`, which the chat adapters add to the conversation. It comes before any retry, is
 * counted as an attempt, and happens once for each variant of a call. A variant with `effects: 'once'` is not asked again.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function repairJson(options: Readonly<Record<string, never>> = {}): SlotPolicy<'repairJson'> {
  readOptions('repairJson', options, {}, {});
  return { kind: 'repairJson', slot: () => new RepairCount() };
}

class RepairCount implements RepairMachine {
  #begun = 0;
  #mended = 0;

  /** @param output that broke the contract; an adapter that could not read any keeps it {@link withAnswer}, or has its start in `details.body` */
  repairOf(error: unknown, output: unknown): Repair | undefined {
    if (!UnderstudyError.is(error) || (error.code !== 'OUTPUT_INVALID' && error.code !== 'RESPONSE_INVALID')) return undefined;
    const { details, message } = error;
    const problems: unknown = read(details, 'problems');
    this.#begun++;
    return {
      output: output ?? UNREADABLE.get(error) ?? read(details, 'body'),
      problems: Array.isArray(problems) ? problems.slice(0, MOST_PROBLEMS) : [{ path: '', message }],
    };
  }

  mended(): void {
    this.#mended++;
  }

  snapshot(): PolicySnapshot {
    return { repairs: this.#begun, mended: this.#mended };
  }
}
