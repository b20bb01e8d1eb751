import {
  callback,
  count,
  kind,
  type Kinds,
  list,
  ms,
  readOptions,
  type Relation,
  required,
  text,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import type { MaybePromise } from '../types/index.ts';
import type { RowValues, ShapleyValues } from '../statistics/shapley/coalition-values.ts';
import { exactShapley } from '../statistics/shapley/exact-shapley.ts';
import { kernelShap } from '../statistics/shapley/kernel-shap.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { type Clock, systemClock } from '../time/index.ts';

export interface ExplainerOptions<I, O> {
  /** What is explained: a function of your own, or what an adapter returns for in-process models. It is called some thousand times. */
  readonly predict: (input: I) => MaybePromise<O>;
  /** The number that is explained. */
  readonly of: (output: O) => number;
  /** Inputs that stand for "not known": 20 to 100 of them, drawn from your data. */
  readonly background: readonly I[];
  /** Fields that contribute, at the top level of the input. @defaultValue those of the first input of the background */
  readonly fields?: readonly (keyof I & string)[];
  /** Calls of `predict` for one explanation, at most. @defaultValue 20000 */
  readonly evaluations?: number;
  /** Time of one explanation, in milliseconds: fewer calls are made where `predict` is slow. @defaultValue 1000 */
  readonly budgetMs?: number;
  /** Uniform in [0, 1), for the coalitions that are sampled. @defaultValue seeded: an input is explained the same way again */
  readonly random?: () => number;
  /** @defaultValue the system's */
  readonly clock?: Clock;
}

/** What one field did. */
export interface Contribution {
  readonly field: string;
  /** The field's value in the input that is explained. */
  readonly value: unknown;
  /** Added to the mean prediction by this field, in the unit of the number. */
  readonly contribution: number;
}

/** Why a prediction is what it is: `base` + Σ contributions = `value`. */
export interface Attribution {
  /** Mean over the background. */
  readonly base: number;
  readonly value: number;
  /** The largest first, whatever their sign. */
  readonly contributions: readonly Contribution[];
  /** Whether all coalitions of fields were tried; otherwise they were sampled. */
  readonly exact: boolean;
  /** Calls of `predict`. */
  readonly evaluations: number;
}

export interface Explainer<I> {
  /**
   * Explains one prediction.
   *
   * @throws UnderstudyError `TIMEOUT` where `predict` is too slow for the budget; what `predict` throws; the reason of `signal`
   */
  explain(input: I, options?: { readonly signal?: AbortSignal }): Promise<Attribution>;
}

/** Up to here all coalitions are tried, if the evaluations allow it. */
const EXACT_FIELDS = 12;

/**
 * Contributions of the fields of an input by Shapley values: exact for up to 12 fields that differ from the background, sampled
 * (Kernel SHAP) beyond that or where the evaluations do not suffice. It says what the model did with its inputs, not what causes
 * what; where fields depend on each other, combinations occur that no data has. Never await it in a request: see `attributions()`.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for options that make no sense
 */
export function explainer<I extends object, O>(options: ExplainerOptions<I, O>): Explainer<I> {
  const settings = readOptions<ExplainerOptions<I, O>, typeof DEFAULTS>('explainer', options, KINDS, DEFAULTS, withFields);
  const { predict, of, background, random = seededRandom(1), clock = systemClock, evaluations, budgetMs } = settings;
  const fields = fieldsOf(settings);

  async function explain(input: I, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Attribution> {
    const started = clock.now();
    signal?.throwIfAborted();
    // Rows of places: 0 is the input's own value, k that of the k-th background input. So fields of any type can be mixed.
    const own = fields.map(() => 0);
    const rows = background.map((other, index) =>
      fields.map((field) => (Object.is(Reflect.get(other, field), Reflect.get(input, field)) ? 0 : index + 1)),
    );
    const model: RowValues = async (places) => {
      const values: number[] = [];
      for (const row of places) {
        signal?.throwIfAborted();
        if (clock.now() - started > budgetMs) throw tooSlow(budgetMs, values.length);
        const mixed: Record<string, unknown> = {};
        for (const [index, field] of fields.entries()) {
          const place = row[index] ?? 0;
          mixed[field] = Reflect.get(place === 0 ? input : (background[place - 1] ?? input), field);
        }
        values.push(of(await predict({ ...input, ...mixed })));
      }
      return values;
    };
    const probed = clock.now();
    await model(rows.slice(0, PROBES));
    const each = Math.max((clock.now() - probed) / Math.min(PROBES, rows.length), MIN_MS);
    // Half of what is left: the first calls of a predictor are not its slowest.
    const affordable = Math.min(evaluations, Math.floor((budgetMs - (clock.now() - started)) / each / 2));
    const differing = fields.filter((_, index) => rows.some((row) => row[index] !== 0)).length;
    const least = 2 * (differing + 1);
    const used = rows.slice(0, Math.max(1, Math.min(rows.length, Math.floor(affordable / least))));
    const exact = differing <= EXACT_FIELDS && 2 ** differing * used.length <= affordable;
    if (!exact && affordable < least * used.length) throw tooSlow(budgetMs, affordable);
    const shared = { evaluations: Math.max(affordable, 1), ...(signal === undefined ? {} : { signal }) };
    const values = await (exact ? exactShapley(model, own, used, shared) : kernelShap(model, own, used, random, shared));
    return attribution(values, fields, input, exact);
  }
  return { explain };
}

const PROBES = 5;
/** A clock that does not tell microseconds must not promise an endless number of calls. */
const MIN_MS = 0.001;

function attribution(
  { base, value, contributions, evaluations }: ShapleyValues,
  fields: readonly string[],
  input: object,
  exact: boolean,
): Attribution {
  const named = fields.map((field, index) => ({
    field,
    value: Reflect.get(input, field) as unknown,
    contribution: contributions[index] ?? 0,
  }));
  named.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  return { base, value, contributions: named, exact, evaluations };
}

function tooSlow(budgetMs: number, evaluations: number): UnderstudyError {
  return new UnderstudyError(
    'TIMEOUT',
    `The explanation did not fit into ${budgetMs} ms (${evaluations} calls of predict would have): raise budgetMs, or give fewer fields or background inputs.`,
  );
}

const DEFAULTS = { evaluations: 20_000, budgetMs: 1000 } as const;

const KINDS: Kinds<ExplainerOptions<never, never>> = {
  predict: required(callback),
  of: required(callback),
  background: required(
    list(
      kind((input) => typeof input === 'object' && input !== null, 'an input: an object'),
      1,
    ),
  ),
  fields: list(text, 1),
  evaluations: count,
  budgetMs: ms,
  random: callback,
  clock: withMethods('now', 'schedule'),
};

type Fields = Pick<ExplainerOptions<object, never>, 'background'> & { readonly fields?: readonly string[] };

const fieldsOf = ({ fields, background }: Fields): readonly string[] => fields ?? Object.keys(background[0] ?? {});

const withFields = (settings: Fields): readonly Relation[] => [
  [fieldsOf(settings).length > 0, 'background', 'inputs with fields'],
];
