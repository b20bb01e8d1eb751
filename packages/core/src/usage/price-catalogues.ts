import {
  didYouMean,
  isRecord,
  problemsError,
  readOptions,
  readProperty as read,
  text,
  told,
  type UnderstudyError,
} from '../errors/index.ts';
import type { Price, Prices, TokenRates } from './prices.ts';

/** Longer ones are no names of models. */
const LONGEST_NAME = 200;
const MILLION = 1_000_000;

export interface ModelsDevOptions {
  /** The provider whose models are read, under their own names: `openai`. @defaultValue all, under `provider/model` */
  readonly provider?: string;
}

/**
 * Prices of the catalogue of models.dev: the parsed JSON of `https://models.dev/api.json`, which you fetch yourself. Entries without a
 * price for input and output are left out.
 *
 * @param json an object of providers: `{ openai: { models: { 'gpt-x': { cost: { input, output, cache_read, … } } } } }`, in dollars per million tokens
 * @throws UnderstudyError `CONFIGURATION_INVALID` where no price is in it, or no such provider
 */
export function pricesFromModelsDev(json: unknown, options: ModelsDevOptions = {}): Prices {
  const { provider: only } = readOptions('pricesFromModelsDev', options, { provider: text }, {});
  const known = namesOf(json).filter((name) => namesOf(read(ownOf(json, name), 'models')).length > 0);
  if (only !== undefined && known.length > 0 && !known.includes(only)) throw unknownProvider(only, known);
  const found = new Map<string, Price>();
  for (const provider of only === undefined ? namesOf(json) : [only]) {
    const models = read(ownOf(json, provider), 'models');
    for (const id of namesOf(models)) {
      const cost = read(ownOf(models, id), 'cost');
      const price = ratesOf(cost, MODELS_DEV, 1);
      const beyond = ratesOf(read(cost, 'context_over_200k'), MODELS_DEV, 1, price);
      if (price === undefined) continue;
      const name = only === undefined ? `${provider}/${id}` : id;
      found.set(name, beyond === undefined ? price : { ...price, long: { ...beyond, overTokens: 200_000 } });
    }
  }
  return pricesOf('pricesFromModelsDev', found, json);
}

/**
 * Prices of LiteLLM's catalogue: the parsed JSON of its `model_prices_and_context_window.json`, which you fetch yourself. Entries without
 * a price for input and output tokens are left out.
 *
 * @param json an object of models: `{ 'gpt-x': { input_cost_per_token, output_cost_per_token, … } }`, in dollars per token
 * @throws UnderstudyError `CONFIGURATION_INVALID` where no price is in it
 */
export function pricesFromLiteLLM(json: unknown): Prices {
  const found = new Map<string, Price>();
  for (const name of namesOf(json)) {
    const entry = ownOf(json, name);
    const price = ratesOf(entry, LITELLM, MILLION);
    // An example of the form, with prices of its own.
    if (price === undefined || name === 'sample_spec') continue;
    const bounds = namesOf(entry).map((field) => Number(ABOVE.exec(field)?.[1]) * 1000);
    const overTokens = Math.min(...bounds.filter((bound) => bound > 0));
    const beyond = Number.isFinite(overTokens) ? ratesOf(entry, fieldsAbove(overTokens), MILLION, price) : undefined;
    found.set(name, beyond === undefined ? price : { ...price, long: { ...beyond, overTokens } });
  }
  return pricesOf('pricesFromLiteLLM', found, json);
}

type Fields = Readonly<Record<keyof TokenRates, string>>;

const MODELS_DEV: Fields = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  reasoning: 'reasoning',
};
const LITELLM: Fields = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cacheRead: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  reasoning: 'output_cost_per_reasoning_token',
};
const ABOVE = /^input_cost_per_token_above_(\d{1,6})k_tokens$/;

/** The fields of the rates for long inputs. */
function fieldsAbove(tokens: number): Fields {
  const above = (field: string): string => `${field}_above_${tokens / 1000}k_tokens`;
  const { input, output, cacheRead, cacheWrite, reasoning } = LITELLM;
  return {
    input: above(input),
    output: above(output),
    cacheRead: above(cacheRead),
    cacheWrite: above(cacheWrite),
    reasoning: above(reasoning),
  };
}

/**
 * @param factor to dollars per million tokens
 * @param base rates that hold where the entry tells none of its own, beside that of the input
 */
function ratesOf(entry: unknown, fields: Fields, factor: number, base?: TokenRates): TokenRates | undefined {
  const rate = (field: string): number | undefined => {
    const value = read(entry, field);
    if (typeof value !== 'number' || !(value >= 0 && value * factor <= MILLION)) return undefined;
    // 0.00000015 × 1,000,000 is 0.15, and not a little less.
    return Number((value * factor).toPrecision(12));
  };
  const [input, output] = [rate(fields.input), rate(fields.output) ?? base?.output];
  if (input === undefined || output === undefined) return undefined;
  const cacheRead = rate(fields.cacheRead) ?? base?.cacheRead;
  const cacheWrite = rate(fields.cacheWrite) ?? base?.cacheWrite;
  const reasoning = rate(fields.reasoning) ?? base?.reasoning;
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

/** The mistake is in the option, and not in the catalogue. */
function unknownProvider(provider: string, known: readonly string[]): UnderstudyError {
  const message = `expected a provider of the catalogue, got ${told(provider)}${didYouMean(provider, known)}`;
  return problemsError('CONFIGURATION_INVALID', 'pricesFromModelsDev()', [{ path: 'pricesFromModelsDev.provider', message }]);
}

function pricesOf(reader: string, found: ReadonlyMap<string, Price>, json: unknown): Prices {
  if (found.size > 0) return Object.fromEntries(found);
  const problems = [{ path: 'json', message: `expected a catalogue with prices, got ${told(json)}` }];
  throw problemsError('CONFIGURATION_INVALID', `${reader}()`, problems);
}

/** The names in a catalogue that are short enough; none in what is no object, or throws. */
function namesOf(owner: unknown): readonly string[] {
  try {
    return isRecord(owner) ? Object.keys(owner).filter((name) => name.length <= LONGEST_NAME) : [];
  } catch {
    // A proxy of somebody else's: there is nothing in it for us.
    return [];
  }
}

/** What a catalogue itself has under a name, and not what every object inherits. */
function ownOf(owner: unknown, name: string): unknown {
  try {
    return isRecord(owner) && Object.hasOwn(owner, name) ? read(owner, name) : undefined;
  } catch {
    return undefined;
  }
}
