import type { WasmPaths } from './onnx-messages.ts';

/** Tasks of transformers.js that have texts as their input. */
export type TransformersTask = 'text-classification' | 'zero-shot-classification' | 'feature-extraction' | 'text-generation';

/** A message of a conversation. */
export interface ChatText {
  readonly role: string;
  readonly content: string;
}

/** A label, and how probable it is. */
export interface TextLabel {
  readonly label: string;
  readonly score: number;
}

/** What each task answers to one text. */
export interface TransformersAnswers {
  /** Labels from the most probable one: all, or as many as `top_k` says. */
  readonly 'text-classification': readonly [TextLabel, ...TextLabel[]];
  /** The labels of the options from the most probable one. */
  readonly 'zero-shot-classification': { readonly labels: readonly string[]; readonly scores: readonly number[] };
  /** The embedding: the mean over tokens, of length 1. */
  readonly 'feature-extraction': readonly number[];
  /** What follows the text, or the next message of the conversation. */
  readonly 'text-generation': string;
}

/** How a worker makes its pipeline. Addresses are absolute: a worker has another base than its page. */
export interface TransformersOpen {
  readonly kind: 'open';
  readonly task: TransformersTask;
  readonly model: string;
  readonly modelPath: string;
  readonly hub: boolean;
  readonly wasmPaths: WasmPaths;
  readonly threads: number;
  readonly pipelineOptions: Readonly<Record<string, unknown>>;
}

export interface TransformersRun {
  readonly kind: 'run';
  readonly texts: readonly (string | readonly ChatText[])[];
  /** Of zero-shot classification. */
  readonly labels: readonly string[] | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether the answer comes in chunks. */
  readonly isStream: boolean;
}

export type TransformersMessage = TransformersOpen | TransformersRun;

/** Some of the files of a model, on their way. */
export interface FileProgress {
  readonly file: string;
  readonly received: number;
  readonly total: number;
}

/** What `transformersJs()` and its worker say to each other. */
export interface TransformersTalk {
  readonly open: TransformersOpen;
  readonly opened: { readonly facts: Readonly<Record<string, string>> };
  readonly run: TransformersRun;
  readonly result: readonly unknown[];
}
