import type { Understudy } from '@understudy/core';
import type { Clock } from '@understudy/core/authoring';
import { json } from './respond.ts';

const READY_MS = 1000;
const STALE_MS = 1000;

type Statuses = ReturnType<Understudy['status']>['models'];

/**
 * Health for probes: without names and secrets, since nobody is asked who they are. Alive: the process answers. Ready: the control
 * document of every model is known. A store that is away later is told and changes nothing: calls are served without it, and
 * taking every process out at once would be the outage that it is not.
 */
export class Health {
  readonly #understudy: Understudy;
  readonly #clock: Clock;
  #loading: Promise<void> | undefined;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #read: { readonly at: number; readonly statuses: Statuses } | undefined;

  constructor(understudy: Understudy, clock: Clock) {
    this.#understudy = understudy;
    this.#clock = clock;
  }

  live(): Response {
    return json(200, { status: 'live' });
  }

  async ready(): Promise<Response> {
    if (this.#statuses().some(({ control }) => !control.known)) await this.#load();
    const statuses = this.#statuses();
    const count = (is: (status: (typeof statuses)[number]) => boolean): number => statuses.filter(is).length;
    const unknown = count(({ control }) => !control.known);
    const answer = {
      status: unknown === 0 ? 'ready' : 'not ready',
      models: statuses.length,
      controlUnknown: unknown,
      controlDamaged: count(({ control }) => control.problem !== undefined),
      storeTrouble: count(({ rollout, monitors }) => (rollout?.storeFailure ?? monitors?.storeFailure ?? null) !== null),
    };
    return json(unknown === 0 ? 200 : 503, answer, unknown === 0 ? {} : { 'retry-after': '1' });
  }

  /** Read once a second at most: whoever asks need not say who they are. */
  #statuses(): Statuses {
    const at = this.#clock.now();
    if (this.#read === undefined || at - this.#read.at >= STALE_MS || this.#read.statuses.length !== this.#understudy.models.size)
      this.#read = { at, statuses: [...this.#understudy.models.values()].map((model) => model.status()) };
    return this.#read.statuses;
  }

  /** Documents are read with the first call of a model, which a process that is not ready never gets. Probes share one read a second. */
  async #load(): Promise<void> {
    const now = this.#clock.now();
    if (this.#loading === undefined && now - this.#loadedAt >= STALE_MS) {
      this.#loadedAt = now;
      this.#loading = this.#understudy
        .ready({ timeoutMs: READY_MS })
        .catch(() => undefined)
        .finally(() => {
          this.#loading = undefined;
          this.#read = undefined;
        });
    }
    await this.#loading;
  }
}
