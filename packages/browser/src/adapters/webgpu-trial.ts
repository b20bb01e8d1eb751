import type { Call, TensorRunner, Tensors } from '@understudy/core/adapters';
import { safeErrorText } from '@understudy/core/authoring';
import { choice, type OnnxMeasurement, type Timed, timed } from './onnx-measure.ts';
import { gpuAdapter, recall, remember, type Remembered } from './provider-memory.ts';

/** A worker with the model open. */
export interface OnnxSession {
  readonly runner: TensorRunner;
  readonly facts: Readonly<Record<string, string>>;
  /** Ends its worker when nobody waits for it any more. */
  readonly retire: () => void;
}

export interface TrialSettings<I> {
  readonly example: I;
  readonly runs: number;
  readonly tolerance: number;
  readonly budgetMs: number;
  readonly rememberMs: number;
}

/** Which of wasm and WebGPU serves a model on this device: found out once, and remembered. */
export class WebgpuTrial<I> {
  readonly #settings: TrialSettings<I>;
  readonly #predictorOf: (runner: TensorRunner) => (input: I, call: Call) => PromiseLike<unknown>;
  #digest = '';
  /** `undefined`: this page has no WebGPU, or no more. */
  #adapter: string | undefined;
  #known: Remembered | undefined;
  /** A device that was lost on this page is not asked for again. */
  #hasFailed = false;
  #measurement: OnnxMeasurement | undefined;

  /** @param predictorOf what maps the example to tensors for a runner */
  constructor(settings: TrialSettings<I>, predictorOf: (runner: TensorRunner) => (input: I, call: Call) => PromiseLike<unknown>) {
    this.#settings = settings;
    this.#predictorOf = predictorOf;
  }

  get measurement(): OnnxMeasurement | undefined {
    return this.#measurement;
  }

  /** Whether an earlier visit has found that WebGPU is better for the model with this digest. */
  async isChosen(digest: string): Promise<boolean> {
    this.#digest = digest;
    this.#adapter = this.#hasFailed ? undefined : await gpuAdapter();
    this.#known = this.#adapter === undefined ? undefined : recall(digest, this.#adapter, Date.now(), this.#settings.rememberMs);
    return this.#known?.use === 'webgpu';
  }

  /** The choice of an earlier visit serves; `false` where it was another one, or made for another release of the runtime. */
  confirm(session: OnnxSession): boolean {
    const known = this.#known;
    if (known === undefined || known.runtime !== session.facts['runtime'] || known.use !== session.facts['provider'])
      return false;
    const { use, wasmMs, webgpuMs, why } = known;
    const times = wasmMs === undefined || webgpuMs === undefined ? {} : { wasmMs, webgpuMs };
    this.#measurement = { use, why, ...times, remembered: true };
    return true;
  }

  /** WebGPU has failed after it was chosen. */
  readonly lost = (): void => {
    this.#hasFailed = true;
    this.#measurement = { use: 'wasm', why: 'WebGPU has failed on this page.', remembered: false };
    remember(this.#digest, undefined);
  };

  /**
   * Runs the example on both while wasm serves. Never rejects.
   *
   * @param begin opens the model on WebGPU, and ends what it has begun when its signal aborts
   * @returns the session that takes the place of wasm, if it does
   */
  async run<S extends OnnxSession>(
    wasm: OnnxSession,
    begin: (signal: AbortSignal) => Promise<S>,
    closing: AbortSignal,
  ): Promise<S | undefined> {
    const adapter = this.#adapter;
    if (adapter === undefined) {
      this.#measurement ??= { use: 'wasm', why: 'This page has no WebGPU.', remembered: false };
      return undefined;
    }
    const { budgetMs, tolerance } = this.#settings;
    const late = AbortSignal.timeout(budgetMs);
    const signal = AbortSignal.any([closing, late]);
    const keep = (found: Omit<OnnxMeasurement, 'remembered'>): void => {
      this.#measurement = { ...found, remembered: false };
      remember(this.#digest, { v: 1, adapter, runtime: wasm.facts['runtime'] ?? '', at: Date.now(), ...found });
    };
    let candidate: S | undefined;
    try {
      const reference = await this.#timed(wasm, signal);
      candidate = await begin(signal);
      const found = choice(reference, await this.#timed(candidate, signal), tolerance);
      keep(found);
      if (found.use === 'webgpu') return candidate;
    } catch (error) {
      if (closing.aborted) return undefined;
      // A device that hangs must not hang at every visit. What failed may work at the next one.
      if (late.aborted) keep({ use: 'wasm', why: `WebGPU took over ${budgetMs} ms to try.` });
      else {
        remember(this.#digest, undefined);
        this.#measurement = { use: 'wasm', why: `It could not be measured: ${safeErrorText(error)}`, remembered: false };
      }
    }
    candidate?.retire();
    return undefined;
  }

  #timed({ runner }: OnnxSession, signal: AbortSignal): Promise<Timed> {
    const { example, runs } = this.#settings;
    let tensors: Tensors = {};
    const probe = this.#predictorOf({
      ...runner,
      run: async (inputs, outputs, call) => (tensors = await runner.run(inputs, outputs, call)),
    });
    const run = async (): Promise<Tensors> => {
      await probe(example, exampleCall(signal));
      return tensors;
    };
    return timed(run, runs, () => performance.now());
  }
}

const exampleCall = (signal: AbortSignal): Call => ({
  signal,
  remainingMs: Infinity,
  attempt: 1,
  idempotencyKey: '',
  unit: '',
  parentId: undefined,
  tenant: undefined,
  trace: undefined,
  delivered: undefined,
  repair: undefined,
  report: () => undefined,
});
