import { callback, flag, type Kinds, readOptions, required, within } from '../errors/index.ts';
import type { MaybePromise } from '../types/index.ts';
import { type AsyncComparator, type ComparatorCall, type Comparison, cosineSimilarity } from './comparators.ts';
import { fieldName, textOf, type TextField } from './output-text.ts';

/** What a function answers, or a decision of a model that has it as its output. */
type Answered<T> = MaybePromise<T | { readonly output: T }>;

export interface SimilarTextOptions<O> {
  /** The field of the output that is compared. @defaultValue the output itself, which is a text */
  readonly field?: TextField<O>;
  /** The vector of a text: by a function, or by a model, `(text) => embedder.predict(text)`. */
  readonly embed: (text: string, call: ComparatorCall) => Answered<ArrayLike<number>>;
  /** Texts agree from this cosine similarity on, −1 to 1. It depends on the embedding: measure it on pairs that you know. */
  readonly minSimilarity: number;
}

const SIMILAR_TEXT: Kinds<SimilarTextOptions<unknown>> = {
  field: fieldName,
  embed: required(callback),
  minSimilarity: required(within(-1, 1)),
};

/** Agreement of two texts by the cosine of their embeddings; `difference` is 1 − similarity. Texts that are equal are not embedded. */
export function similarText<O>(options: SimilarTextOptions<NoInfer<O>>): AsyncComparator<O> {
  const { field, embed, minSimilarity } = readOptions('similarText', options as SimilarTextOptions<unknown>, SIMILAR_TEXT, {});
  return async (served, shadow, _input, call) => {
    const [a, b] = [textOf(served, field), textOf(shadow, field)];
    if (a === b) return { agrees: true, difference: 0 };
    const vectors = await Promise.all([a, b].map(async (text) => vectorOf(await embed(text, call))));
    const similarity = cosineSimilarity(vectors[0] ?? [], vectors[1] ?? []);
    if (Number.isNaN(similarity))
      throw new TypeError('The embeddings cannot be compared: they differ in length, or one has none.');
    return { agrees: similarity >= minSimilarity, difference: 1 - similarity };
  };
}

function vectorOf(answer: unknown): ArrayLike<number> {
  const vector = outputOf(answer, isVector);
  if (isVector(vector)) return vector;
  throw new TypeError('embed answered no vector of numbers.');
}

const isVector = (value: unknown): value is ArrayLike<number> =>
  (Array.isArray(value) && value.every((item) => typeof item === 'number')) ||
  value instanceof Float32Array ||
  value instanceof Float64Array;

/** What a judge says of two answers to one input. */
export interface Judgement {
  readonly agrees: boolean;
  /** How much they agree, 0–1. */
  readonly score?: number;
}

export interface JudgedPair<O, I> extends ComparatorCall {
  readonly input: I;
  readonly first: O;
  readonly second: O;
}

export interface JudgedOptions<O, I> {
  /** Whether two answers say the same: by a function, or by a model, `(pair) => judge.predict(pair)`. */
  readonly ask: (pair: JudgedPair<O, I>) => Answered<boolean | Judgement>;
  /** Whether it is asked in both orders, since judges prefer what stands first: the answers agree where both say so. @defaultValue false */
  readonly bothOrders?: boolean;
}

const JUDGED: Kinds<JudgedOptions<unknown, unknown>> = { ask: required(callback), bothOrders: flag };

/** Agreement of two answers by a judge, such as a model; `difference` is 1 − its score, where it gives one. */
export function judged<O, I = unknown>(options: JudgedOptions<NoInfer<O>, NoInfer<I>>): AsyncComparator<O, I> {
  const given = options as unknown as JudgedOptions<unknown, unknown>;
  const { ask, bothOrders } = readOptions('judged', given, JUDGED, { bothOrders: false });
  return async (served, shadow, input, { signal }) => {
    const pairs = [[served, shadow] as const, ...(bothOrders ? [[shadow, served] as const] : [])];
    const answers = await Promise.all(
      pairs.map(async ([first, second]) => judgementOf(await ask({ input, first, second, signal }))),
    );
    const scores = answers.map(({ score }) => score).filter((score) => score !== undefined);
    const comparison: Comparison = { agrees: answers.every(({ agrees }) => agrees) };
    if (scores.length < answers.length) return comparison;
    return { ...comparison, difference: 1 - scores.reduce((sum, score) => sum + score, 0) / scores.length };
  };
}

function judgementOf(answer: unknown): Judgement {
  const said = outputOf(answer, isJudgement);
  if (typeof said === 'boolean') return { agrees: said };
  if (isJudgement(said))
    return typeof said.score === 'number' ? { agrees: said.agrees, score: said.score } : { agrees: said.agrees };
  throw new TypeError('ask answered neither true nor false, nor { agrees: true or false }.');
}

const isJudgement = (value: unknown): value is Judgement =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Judgement>).agrees === 'boolean';

/** The output of a decision, where the answer is one. */
function outputOf(answer: unknown, isAnswer: (value: unknown) => boolean): unknown {
  const isDecision = typeof answer === 'object' && answer !== null && !isAnswer(answer) && 'output' in answer;
  return isDecision ? answer.output : answer;
}
