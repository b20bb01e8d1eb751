import { Problems } from '../errors/index.ts';

/** Checks the options of one policy, all at once, and says what was expected. */
export class PolicyOptions {
  readonly #problems = new Problems();
  readonly #policy: string;

  constructor(policy: string) {
    this.#policy = policy;
  }

  number(name: string, value: number, range: { readonly min: number; readonly max?: number; readonly integer?: boolean; readonly above?: boolean }): this {
    const { min, max = Number.POSITIVE_INFINITY, integer = false, above = false } = range;
    const fits = typeof value === 'number' && (above ? value > min : value >= min) && value <= max && (!integer || Number.isInteger(value));
    const limits = `${above ? 'over' : 'at least'} ${min}${max === Number.POSITIVE_INFINITY ? '' : ` and at most ${max}`}`;
    this.#problems.expect(fits, `${this.#policy}.${name}`, `expected ${integer ? 'a whole number' : 'a number'} of ${limits}, got ${String(value)}`);
    return this;
  }

  that(holds: boolean, name: string, message: string): this {
    this.#problems.expect(holds, `${this.#policy}.${name}`, message);
    return this;
  }

  done(): void {
    this.#problems.throwIfAny('CONFIGURATION_INVALID', `The policy ${this.#policy}()`);
  }
}
