import { either, kind, type Kinds, list, options, ownValue, record, required, whole, within } from '../errors/index.ts';
import type { Usage } from '../types/index.ts';

/** What a million tokens of each kind cost, in US dollars: 0 or more. */
export interface TokenRates {
  /** Input that no cache had. */
  readonly input: number;
  /** Output that is text. */
  readonly output: number;
  /** Input that the endpoint had in its cache. @defaultValue input */
  readonly cacheRead?: number;
  /** Input that was written to the endpoint's cache. @defaultValue input */
  readonly cacheWrite?: number;
  /** Output that was spent on reasoning. @defaultValue output */
  readonly reasoning?: number;
}

/** What a model costs. */
export interface Price extends TokenRates {
  /** The rates of calls with more input tokens than `overTokens`, for all of their tokens. @defaultValue the same rates for every call */
  readonly long?: TokenRates & { readonly overTokens: number };
  /** The first moment at which it holds, as a date (`2026-07-01`, from midnight UTC) or a date with a time (ISO 8601). @defaultValue always */
  readonly validFrom?: string;
  /** The moment from which it does not hold any more, in the same form. @defaultValue never */
  readonly validUntil?: string;
}

/** Prices by the name of a model, as its reports name it. Of several that hold, the one that began last counts. */
export type Prices = Readonly<Record<string, Price | readonly Price[]>>;

/** More than any price there is: a price per token that was taken for one per million is not. */
const HIGHEST = 1_000_000;
const usd = within(0, HIGHEST);
const moment = kind(
  (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value)),
  "a date, such as '2026-07-01'",
);
const RATES: Kinds<TokenRates> = {
  input: required(usd),
  output: required(usd),
  cacheRead: usd,
  cacheWrite: usd,
  reasoning: usd,
};
const price = options<Price>({
  ...RATES,
  long: options<NonNullable<Price['long']>>({ ...RATES, overTokens: required(whole()) }),
  validFrom: moment,
  validUntil: moment,
});

/** Prices, as options take them. */
export const pricesKind = record(either(list(price, 1), price));

/** Parts of a million to which a cost is exact: products of fractions such as 0.1 are a little over a whole number. */
const NOISE = 1e-6;

/**
 * What tokens cost, in millionths of a US dollar, rounded up to a whole number: a dollar per million tokens is one of them per token. Tokens
 * that the endpoint does not tell count as none.
 *
 * @returns `undefined` where the endpoint tells no tokens at all
 */
export function costMicroUsd(usage: Usage, price: Price): number | undefined {
  const { inputTokens: input, outputTokens: output } = usage;
  if ([...Object.values(input), ...Object.values(output)].every((count) => count === undefined)) return undefined;
  const { cacheRead = 0, cacheWrite = 0 } = input;
  const plain = Math.max(input.noCache ?? 0, (input.total ?? 0) - cacheRead - cacheWrite);
  const { reasoning = 0 } = output;
  const text = Math.max(output.text ?? 0, (output.total ?? 0) - reasoning);
  const { long } = price;
  const rates = long !== undefined && plain + cacheRead + cacheWrite > long.overTokens ? long : price;
  const cost =
    plain * rates.input +
    cacheRead * (rates.cacheRead ?? rates.input) +
    cacheWrite * (rates.cacheWrite ?? rates.input) +
    text * rates.output +
    reasoning * (rates.reasoning ?? rates.output);
  return Math.max(0, Math.ceil(cost - NOISE));
}

/** A release of a model, as OpenAI (`-2026-07-01`), Anthropic (`-20260701`) and Vertex AI (`@20260701`) name it. */
const DATED = /^(.+)(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8})$/;

/**
 * The price of a model at a moment: that of its exact name, else that of its name without the date at its end (`-2026-07-01`,
 * `-20260701` or `@20260701`). Nothing else is taken for it.
 *
 * @param wallMs milliseconds since the Unix epoch
 * @returns `undefined` where there is none, or none that holds at that moment
 */
export function priceAt(prices: Prices, model: string, wallMs: number): Price | undefined {
  const found = ownValue(prices, model) ?? ownValue(prices, DATED.exec(model)?.[1] ?? model);
  if (found === undefined) return undefined;
  let best: Price | undefined;
  for (const candidate of Array.isArray(found) ? (found as readonly Price[]) : [found as Price]) {
    const { validFrom, validUntil } = candidate;
    if (wallMs < beginOf(candidate) || (validUntil !== undefined && wallMs >= Date.parse(validUntil))) continue;
    if (best === undefined || (validFrom !== undefined && beginOf(candidate) > beginOf(best))) best = candidate;
  }
  return best;
}

const beginOf = ({ validFrom }: Price): number => (validFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(validFrom));
