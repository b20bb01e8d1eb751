import { seededRandom } from '@understudy/core/testing';
import { type Biopsy, testBiopsies } from '../../biopsy-triage/src/biopsies.ts';
import { isMalignant } from '../../biopsy-triage/src/contract.ts';
import { type Scan, SITES } from './contract.ts';
import type { TriageModel } from './model.ts';
import type { Fault } from './phases.ts';

export const CALLS_PER_HOUR = 750;
/** Pathologists report half an hour to an hour and a half after the call. */
const REPORTED = { least: CALLS_PER_HOUR / 2, spread: CALLS_PER_HOUR };
/** A doctor looks at every fourth answer within ten minutes, and overrides the wrong ones. */
const REVIEWED = { share: 0.25, spread: CALLS_PER_HOUR / 6 };
/** Minutes that an answer saves, by who gave it; a wrong one costs half an hour. */
const SAVED = { model: 12, rules: 9, wrong: -30 } as const;

interface Answer {
  readonly tier: string;
  readonly right: boolean;
}

/** Callers: a patient by chance, one call after the other, and what becomes known of each later. */
export class Traffic {
  calls = 0;
  /** Calls that ended with an error for their caller. */
  errors = 0;
  readonly #random: () => number;
  readonly #triage: TriageModel;
  readonly #biopsies: readonly Biopsy[] = testBiopsies();
  /** What is told before a call, by its number. */
  readonly #later = new Map<number, (() => Promise<unknown>)[]>();

  constructor(seed: number, triage: TriageModel) {
    this.#random = seededRandom(seed);
    this.#triage = triage;
  }

  /** Returns `undefined` for a call that failed. */
  async call(fault: Fault | undefined): Promise<Answer | undefined> {
    this.calls++;
    for (const tell of this.#later.get(this.calls) ?? []) await tell();
    this.#later.delete(this.calls);

    const biopsy = this.#biopsies[this.#below(this.#biopsies.length)] as Biopsy;
    const scan: Scan = { ...biopsy.input, site: SITES[this.#below(SITES.length)] ?? 'north' };
    const chance = this.#random();
    const malignant = fault?.malignant?.(biopsy) ?? biopsy.malignant;
    try {
      const { id, output, servedBy } = await this.#triage.predict(fault?.input?.(scan, chance) ?? scan);
      const right = isMalignant(output.malignant) === malignant;
      const isModel = servedBy.tier === 'model';
      this.#review(id, right, malignant);
      this.#after(REPORTED.least + this.#below(REPORTED.spread), async () => {
        await this.#triage.recordOutcome(id, { truth: { malignant: Number(malignant) } });
        const minutesSaved = right ? SAVED[isModel ? 'model' : 'rules'] : SAVED.wrong;
        await this.#triage.recordOutcome(id, { kpi: { minutesSaved } });
      });
      return { tier: servedBy.tier, right };
    } catch {
      this.errors++;
      return undefined;
    }
  }

  #review(id: string, right: boolean, malignant: boolean): void {
    if (this.#random() >= REVIEWED.share) return;
    const override = { output: { malignant: Number(malignant) }, by: 'doctor', reason: 'The guideline says otherwise.' };
    this.#after(1 + this.#below(REVIEWED.spread), () =>
      this.#triage.recordOutcome(id, right ? { feedback: { agree: true } } : { override }),
    );
  }

  #after(calls: number, tell: () => Promise<unknown>): void {
    const at = this.calls + calls;
    this.#later.set(at, [...(this.#later.get(at) ?? []), tell]);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
