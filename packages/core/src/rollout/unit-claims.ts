import type { StateStore } from '../types/index.ts';

/** An observation of a unit that may count once in all instances. */
export interface Claim {
  /** The set that the unit may enter once. */
  readonly set: string;
  /** Hexadecimal. */
  readonly member: string;
  /** A second member that tells on which arm the unit was; another arm's is a double exposure. */
  readonly armMember: string | undefined;
  /** It was the first: it counts. */
  apply(): void;
  /** The unit was on the other arm before. */
  twice(): void;
}

/** Claims that wait while the store is away; beyond it they are dropped, and counted. */
const MAX_WAITING = 50_000;
const BATCH = 4000;

/** Observations on their way to being counted: a unit counts where its claim comes first. */
export class UnitClaims {
  #waiting: Claim[] = [];
  dropped = 0;

  get waiting(): number {
    return this.#waiting.length;
  }

  push(claim: Claim): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(claim);
    else this.dropped++;
  }

  /** Claims what waits; what could not be claimed waits on. Rejects as the store does. */
  async settle(store: StateStore, key: string): Promise<void> {
    while (this.#waiting.length > 0) {
      const set = this.#waiting[0]?.set ?? '';
      const batch = this.#waiting.filter((claim) => claim.set === set).slice(0, BATCH);
      const members = batch.flatMap(({ member, armMember }) => (armMember === undefined ? [member] : [member, armMember]));
      const first = await store.claim(`${key}/${set}`, members);
      const claimed = new Set(batch);
      this.#waiting = this.#waiting.filter((claim) => !claimed.has(claim));
      const failures: unknown[] = [];
      let index = 0;
      for (const claim of batch) {
        const isNew = first[index++] === true;
        const isNewArm = claim.armMember === undefined ? isNew : first[index++] === true;
        try {
          if (isNew) claim.apply();
          else if (isNewArm) claim.twice();
        } catch (error) {
          // What one of them throws must not cost the others, which are claimed by now.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    }
  }

  clear(): void {
    this.#waiting = [];
  }
}
