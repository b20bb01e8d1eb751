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

/** How deep an input may be. */
const DEEPEST = 100;
/** A longer text that begins so is no language: an image or a file in base64. */
const BASE64_CHARACTERS = 1000;
const BASE64 = /^(?:data:[^,]{0,200};base64,|[\w+/-]{500})/;

/** The length of the JSON of an input, but for images and files in it: those are no text. @throws for a bigint and for circles */
function charactersOf(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length > BASE64_CHARACTERS && BASE64.test(value) ? 0 : value.length + 2;
  if (typeof value === 'bigint' || depth > DEEPEST) throw new TypeError('It has no JSON.');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)?.length ?? 0;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob) return 0;
  if (typeof Reflect.get(value, 'toJSON') === 'function') return JSON.stringify(value).length;
  const parts = Array.isArray(value)
    ? (value as unknown[]).map((item) => charactersOf(item, depth + 1))
    : Object.entries(value).map(([key, item]) => key.length + 3 + charactersOf(item, depth + 1));
  // Brackets, and commas between the parts.
  return parts.reduce((sum, length) => sum + length, 2 + Math.max(0, parts.length - 1));
}
