/** Models for transformers.js, small enough to be computed by hand: words, numbers for words, one matrix. */
import { FLOAT, floats, INT64, ints, model, node, value } from './tiny-onnx.ts';

const WORDS = ['[PAD]', '[UNK]', 'good', 'bad', 'day', 'is', 'a', 'this', 'about', 'sport', 'cats', '.', '[END]'] as const;
const SIZE = 4;
const V = WORDS.length;

/** Numbers without a pattern, the same each time, from -2 to 2. */
const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.fround(2 * Math.sin(seed + 12.9898 * (index + 1))));

const EMBEDDING = numbers(V * SIZE, 1);
const MATRIX = numbers(SIZE * 3, 2);
const BIAS = numbers(3, 3);

/** A model that always says the next word of this. */
const STORY = ['this', 'day', 'is', 'a', 'good', 'cats', '.', '[END]'];

const idOf = (word: string): number => Math.max(1, (WORDS as readonly string[]).indexOf(word));
export const idsOf = (text: string): number[] => (text.match(/[a-z]+|\./g) ?? []).map(idOf);

const row = (id: number): readonly number[] => EMBEDDING.slice(id * SIZE, (id + 1) * SIZE);
const meanOf = (ids: readonly number[]): number[] =>
  Array.from({ length: SIZE }, (_, column) => ids.reduce((sum, id) => sum + (row(id)[column] ?? 0), 0) / ids.length);

/** What the classifiers must answer, in float64. */
export const logitsOf = (ids: readonly number[]): number[] =>
  BIAS.map((bias, label) => meanOf(ids).reduce((sum, x, index) => sum + x * (MATRIX[index * 3 + label] ?? 0), bias));

export function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  return powers.map((power) => power / powers.reduce((sum, one) => sum + one, 0));
}

/** The mean of the embeddings, of length 1. */
export function embeddingOf(ids: readonly number[]): number[] {
  const mean = meanOf(ids);
  const length = Math.hypot(...mean);
  return mean.map((x) => x / length);
}

const PAIR = [value('input_ids', INT64, ['n', 'l']), value('attention_mask', INT64, ['n', 'l'])];
const table = floats('embedding', [V, SIZE], EMBEDDING);

function classifier(): Buffer {
  return model({
    nodes: [
      node('Gather', ['embedding', 'input_ids'], 'x'),
      node('Cast', ['attention_mask'], 'mask', { to: FLOAT }),
      node('Unsqueeze', ['mask', 'two'], 'mask3'),
      node('Mul', ['x', 'mask3'], 'kept'),
      node('ReduceSum', ['kept', 'one'], 'sum', { keepdims: 0 }),
      node('ReduceSum', ['mask', 'one'], 'count'),
      node('Div', ['sum', 'count'], 'mean'),
      node('MatMul', ['mean', 'matrix'], 'product'),
      node('Add', ['product', 'bias'], 'logits'),
    ],
    constants: [table, floats('matrix', [SIZE, 3], MATRIX), floats('bias', [3], BIAS), ints('one', [1]), ints('two', [2])],
    inputs: PAIR,
    outputs: [value('logits', FLOAT, ['n', 3])],
  });
}

function embedder(): Buffer {
  return model({
    nodes: [node('Gather', ['embedding', 'input_ids'], 'last_hidden_state')],
    constants: [table],
    inputs: PAIR,
    outputs: [value('last_hidden_state', FLOAT, ['n', 'l', SIZE])],
  });
}

/** After each word of the story the next one has the highest logit. */
function writer(): Buffer {
  const next = new Array<number>(V * V).fill(0);
  STORY.slice(1).forEach((word, index) => (next[idOf(STORY[index] ?? '') * V + idOf(word)] = 9));
  return model({
    nodes: [node('Gather', ['next', 'input_ids'], 'logits')],
    constants: [floats('next', [V, V], next)],
    inputs: PAIR,
    outputs: [value('logits', FLOAT, ['n', 'l', V])],
  });
}

const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [0, 1, 12].map((id) => ({
    id,
    content: WORDS[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])), unk_token: '[UNK]' },
};
const TOKENIZER_CONFIG = {
  tokenizer_class: 'PreTrainedTokenizer',
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  eos_token: '[END]',
  model_max_length: 128,
};

const bert = (architecture: string, labels: readonly string[]) => ({
  architectures: [architecture],
  model_type: 'bert',
  vocab_size: V,
  hidden_size: SIZE,
  num_attention_heads: 1,
  num_hidden_layers: 1,
  pad_token_id: 0,
  id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
  label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
});

const gpt = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  vocab_size: V,
  n_embd: SIZE,
  n_head: 1,
  n_layer: 1,
  eos_token_id: 12,
  bos_token_id: 12,
  pad_token_id: 0,
};

const MODELS: Readonly<Record<string, readonly [config: object, onnx: Buffer]>> = {
  mood: [bert('BertForSequenceClassification', ['POSITIVE', 'NEGATIVE', 'NEUTRAL']), classifier()],
  nli: [bert('BertForSequenceClassification', ['contradiction', 'neutral', 'entailment']), classifier()],
  embed: [bert('BertModel', []), embedder()],
  write: [gpt, writer()],
};

/** Every file, by its path under the folder of models. */
export function textModelFiles(): Readonly<Record<string, Buffer>> {
  const json = (content: object): Buffer => Buffer.from(JSON.stringify(content));
  return Object.fromEntries(
    Object.entries(MODELS).flatMap(([name, [config, onnx]]) => [
      [`${name}/config.json`, json(config)],
      [`${name}/tokenizer.json`, json(TOKENIZER)],
      [`${name}/tokenizer_config.json`, json(TOKENIZER_CONFIG)],
      [`${name}/generation_config.json`, json({ eos_token_id: 12, pad_token_id: 0 })],
      [`${name}/onnx/model.onnx`, onnx],
    ]),
  );
}
