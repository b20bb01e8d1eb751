import { callback, over, readOptions, required, text } from '../errors/index.ts';
import type { AttemptResult, CustomPolicy, PolicyCall, PolicyMachine, PolicySnapshot, ResultClass } from '../types/index.ts';
import { atOnce } from '../time/index.ts';
import { RateGate, type Rate } from './rate-gate.ts';
import { inputTokensOf, outputTokensOf } from '../usage/index.ts';
import { RecentQuantile } from './recent-quantile.ts';
import { sharedMachine } from './shared-machine.ts';

export interface TokenLimitOptions {
  /** Tokens a minute, of input and output together, over 0. */
  readonly perMinute: number;
  /** Tokens of input a minute, where the endpoint limits them by themselves. @defaultValue no limit */
  readonly inputPerMinute?: number;
  /** Tokens of output a minute, where the endpoint limits them by themselves. @defaultValue no limit */
  readonly outputPerMinute?: number;
  /** How many tokens an input has, about. @defaultValue a quarter of the characters of its JSON */
  readonly estimate?: (input: unknown) => number;
  /** Shares one limit between all that name it in a runtime. They must all have the same options. @defaultValue one per variant */
  readonly share?: string;
  /**
   * Tokens that may be used at once after a time of rest: by so many any minute may have more than `perMinute`, over all processes
   * together.
   * @defaultValue perMinute / 6
   */
  readonly lease?: number;
}

const TOKEN_LIMIT = {
  perMinute: required(over(0)),
  inputPerMinute: over(0),
  outputPerMinute: over(0),
  estimate: callback,
  share: text,
  lease: over(0),
};

/** A lease is so many times in a minute. */
const LEASES = 6;
/** Characters of a token of English or code, about (OpenAI's rule of thumb). */
const CHARACTERS = 4;
/** What an answer is thought to have before the first, in tokens; never more than a tenth of the lease. */
const FIRST_OUTPUT = 1000;

/**
 * Keeps what a variant uses within tokens a minute. A call takes what its input is thought to have and what 95 % of the answers had; when
 * it ends, what it really used counts, as `call.report({ usage })` tells it. More calls wait in their order, no longer than their
 * deadline; one that would wait longer is refused with `RATE_LIMITED` at once. An endpoint that reports how many tokens it still takes is
 * believed where that is less. With a store that outlives the process, a fleet shares the rate.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function tokenLimit(options: TokenLimitOptions): CustomPolicy {
  const given = readOptions('tokenLimit', options, TOKEN_LIMIT, {});
  const { perMinute, inputPerMinute, outputPerMinute, lease = perMinute / LEASES, estimate, share } = given;
  const settings: TokenSettings = { perMinute, inputPerMinute, outputPerMinute, lease, estimate };
  return {
    kind: 'tokenLimit',
    create: (dependencies) =>
      sharedMachine('tokenLimit', share, 'variant', settings, dependencies, (key) => {
        const gate = new RateGate(
          { rates: ratesOf(settings), what: `limit of ${perMinute} tokens a minute`, key: `limits/${key}` },
          dependencies,
        );
        return new TokenLimit(settings, gate);
      }),
  };
}

interface TokenSettings {
  readonly perMinute: number;
  readonly inputPerMinute: number | undefined;
  readonly outputPerMinute: number | undefined;
  readonly lease: number;
  readonly estimate: ((input: unknown) => number) | undefined;
}

/** The whole first, then input, then output: those that are limited. Their bursts last as long as that of the whole. */
function ratesOf({ perMinute, inputPerMinute, outputPerMinute, lease }: TokenSettings): Rate[] {
  const rates = [perMinute, inputPerMinute, outputPerMinute].filter((rate) => rate !== undefined);
  return rates.map((rate) => ({ perMinute: rate, burst: (rate * lease) / perMinute }));
}

interface Reserved {
  readonly input: number;
  readonly output: number;
}

class TokenLimit implements PolicyMachine {
  readonly #settings: TokenSettings;
  readonly #gate: RateGate;
  readonly #outputs = new RecentQuantile(0.95);
  readonly #firstOutput: number;
  readonly #reserved = new Map<number, Reserved>();
  #permit = 0;
  #unreadable = 0;

  constructor(settings: TokenSettings, gate: RateGate) {
    this.#settings = settings;
    this.#gate = gate;
    this.#firstOutput = Math.min(FIRST_OUTPUT, Math.ceil(settings.lease / 10));
  }

  admit(now: number, call: PolicyCall): ReturnType<PolicyMachine['admit']> {
    const input = this.#inputOf(call.input);
    const output = this.#outputs.value ?? this.#firstOutput;
    const answer = this.#gate.ask(now, call, this.#costsOf(input, output));
    if (answer !== undefined) return answer;
    const permit = this.#permit++;
    this.#reserved.set(permit, { input, output });
    return permit;
  }

  settle(permit: number, resultClass: ResultClass, now: number, { report }: AttemptResult): void {
    const reserved = this.#reserved.get(permit);
    if (reserved === undefined) return;
    this.#reserved.delete(permit);
    const used = report?.usage;
    const output = used === undefined ? undefined : outputTokensOf(used);
    const input = used === undefined ? undefined : inputTokensOf(used);
    if (output !== undefined && report?.estimated !== true) this.#outputs.add(output);
    const isUncalled = resultClass === 'rejected';
    const leftInput = isUncalled ? reserved.input : reserved.input - (input ?? reserved.input);
    // What it does not tell for sure it may have used: that stays taken.
    const told = report?.estimated === true ? Math.max(output ?? 0, reserved.output) : (output ?? reserved.output);
    const leftOutput = isUncalled ? reserved.output : reserved.output - told;
    for (const [index, left] of this.#costsOf(leftInput, leftOutput).entries()) this.#gate.give(index, left, now);
    const remaining = report?.limits?.tokens?.remaining;
    if (remaining !== undefined) this.#gate.limitTo(0, remaining, now);
  }

  leave(call: PolicyCall, now: number): void {
    this.#gate.leave(call, now);
  }

  snapshot(now: number): PolicySnapshot {
    return {
      perMinute: this.#settings.perMinute,
      ...this.#gate.snapshot(now),
      reserved: [...this.#reserved.values()].reduce((sum, { input, output }) => sum + input + output, 0),
      outputP95: this.#outputs.value ?? null,
      ...(this.#unreadable === 0 ? {} : { unreadableInputs: this.#unreadable }),
    };
  }

  close(): void {
    this.#gate.close();
  }

  #costsOf(input: number, output: number): readonly number[] {
    const { inputPerMinute, outputPerMinute } = this.#settings;
    const costs = [input + output];
    if (inputPerMinute !== undefined) costs.push(input);
    if (outputPerMinute !== undefined) costs.push(output);
    return costs;
  }

  #inputOf(input: unknown): number {
    const { estimate } = this.#settings;
    try {
      const told: unknown = atOnce(estimate === undefined ? charactersOf(input) / CHARACTERS : estimate(input));
      if (typeof told === 'number' && told >= 0 && told < Infinity) return Math.ceil(told);
    } catch {
      // A bigint, a circle, or an estimate that fails: a call must not be refused for it.
    }
    this.#unreadable++;
    return 0;
  }
}

const charactersOf = (input: unknown): number => (JSON.stringify(input) as string | undefined)?.length ?? 0;
