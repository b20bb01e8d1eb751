import type { MonitorReading } from '../types/index.ts';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { figure } from './limit-reading.ts';

/** From so many on, older ones count half. */
const HALVED_AT = 2000;
/** Without which nothing is said. */
const MINIMUM = 100;

/** How often something was so of late. */
export class RecentShare {
  #n = 0;
  #hits = 0;

  add(hit: boolean): void {
    if (this.#n >= HALVED_AT) {
      this.#n /= 2;
      this.#hits /= 2;
    }
    this.#n++;
    if (hit) this.#hits++;
  }

  /** Warns where the share is proven to be above the limit; nothing where it never was so. */
  readings(measure: string, limit: number, told: string): MonitorReading[] {
    const [n, hits] = [Math.round(this.#n), Math.round(this.#hits)];
    if (hits === 0) return [];
    const { lower, upper } = wilsonInterval(hits, n, 0.05);
    const status = n < MINIMUM ? 'insufficient' : lower > limit ? 'warn' : 'ok';
    const reason = `${hits} of the last ${n} (${figure((100 * hits) / n)} %) ${told}`;
    return [{ measure, n, value: hits / n, interval: [lower, upper], limit, status, reason }];
  }
}
