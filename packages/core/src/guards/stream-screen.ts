import { isPromise } from '../time/index.ts';
import type { UnderstudyError } from '../errors/index.ts';
import { blockedError, type GuardRun, type Screened } from './guard-run.ts';
import { type Stage, stageOf } from './redactor.ts';

/** Whether a guard can check a text as it comes. */
export const isIncremental = ({ guard }: GuardRun): boolean => guard['~part'].of === 'parts' || guard['~part'].of === 'length';

/** Checks the text of one stream: as it comes where a guard can, else when it is whole. */
export class StreamScreen {
  /** Why nothing more of it may pass; `undefined`: all may so far. */
  stop: { readonly error: UnderstudyError; readonly isFinal: boolean } | undefined;
  readonly #stages: readonly { readonly run: GuardRun; readonly stage: Stage }[];
  readonly #found = new Set<GuardRun>();
  readonly #others: (value: unknown) => Screened | Promise<Screened>;

  /**
   * @param runs guards that check it as it comes
   * @param others the other guards of outputs
   */
  constructor(runs: readonly GuardRun[], model: string, others: (value: unknown) => Screened | Promise<Screened>) {
    this.#others = others;
    this.#stages = runs.map((run) => {
      const { guard } = run;
      const blocked = (labels: readonly string[]): UnderstudyError => {
        this.#found.add(run);
        const error = blockedError(guard, 'output', model, labels);
        this.stop = { error, isFinal: guard.action !== 'fall-back' };
        return error;
      };
      return { run, stage: stageOf(guard, blocked, () => this.#found.add(run)) };
    });
  }

  /**
   * What of it may be handed out by now.
   *
   * @throws UnderstudyError `GUARD_BLOCKED`, before anything of what was found is handed out; `stop` says what follows
   */
  take(chunk: string, isEnd: boolean): string {
    try {
      return this.#stages.reduce((text, { stage }) => stage.take(text, isEnd), chunk);
    } finally {
      if (isEnd || this.stop !== undefined) this.#count();
    }
  }

  /** What the guards say that need it whole. Never rejects. */
  whole(value: unknown): Screened | Promise<Screened> {
    const told = (screened: Screened): Screened => {
      const { stop: error, isFinal } = screened;
      if (error !== undefined) this.stop = { error, isFinal };
      return screened;
    };
    const screened = this.#others(value);
    return isPromise(screened) ? screened.then(told) : told(screened);
  }

  #count(): void {
    for (const { run } of this.#stages) {
      run.checked++;
      run.texts++;
      if (this.#found.has(run)) run.found++;
    }
  }
}
