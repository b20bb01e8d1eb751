/** The load: requests at a steady pace, as from a load balancer. Where a process is gone, the next one gets them. */
import { setTimeout } from 'node:timers/promises';

/** An answer, as its caller has it. */
export interface Answer {
  readonly id: string;
  readonly tier: string;
  /** Which app answered. */
  readonly app: number;
}

export class Driver {
  readonly answers: Answer[] = [];
  /** Requests that no process answered. */
  readonly errors: string[] = [];
  readonly #urls: readonly string[];
  readonly #perSecond: number;
  readonly #flying = new Set<Promise<void>>();
  #asked = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(urls: readonly string[], perSecond: number) {
    this.#urls = urls;
    this.#perSecond = perSecond;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when every request has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#flying);
  }

  async #run(): Promise<void> {
    const began = performance.now();
    for (; !this.#stopped; await setTimeout(10)) {
      const due = Math.floor(((performance.now() - began) / 1000) * this.#perSecond);
      // A machine that is slow gets no more than it can take.
      while (this.#asked < due && this.#flying.size < 200) {
        const request = this.#request(this.#asked++).finally(() => this.#flying.delete(request));
        this.#flying.add(request);
      }
    }
  }

  async #request(number: number): Promise<void> {
    let last = '';
    for (let tried = 0; tried < this.#urls.length; tried++) {
      const app = (number + tried) % this.#urls.length;
      try {
        const response = await fetch(this.#urls[app] ?? '', { method: 'POST', body: String(number % 1000) });
        last = await response.text();
        if (!response.ok) continue;
        this.answers.push({ ...(JSON.parse(last) as { id: string; tier: string }), app });
        return;
      } catch (error) {
        last = String(error);
      }
    }
    this.errors.push(last);
  }
}
