import type { Tensors } from '@understudy/core/adapters';

/** What was found when wasm and WebGPU were compared on this device. */
export interface OnnxMeasurement {
  /** What serves. */
  readonly use: 'wasm' | 'webgpu';
  /** The fastest run of the example, in milliseconds, as the page sees it. Absent where it was not measured. */
  readonly wasmMs?: number;
  readonly webgpuMs?: number;
  /** Why. */
  readonly why: string;
  /** Whether an earlier visit has measured it. */
  readonly remembered: boolean;
}

export interface Timed {
  readonly ms: number;
  readonly tensors: Tensors;
}

/** Runs that are not counted: shaders are compiled, and code is optimized, in the first ones. */
const WARM_UPS = 2;

/** The fastest of some runs: other work of the device makes runs slower, and none faster. */
export async function timed(run: () => Promise<Tensors>, runs: number, now: () => number): Promise<Timed> {
  let tensors = await run();
  for (let warm = 1; warm < WARM_UPS; warm++) await run();
  let fastest = Infinity;
  for (let index = 0; index < runs; index++) {
    const begun = now();
    tensors = await run();
    fastest = Math.min(fastest, now() - begun);
  }
  return { ms: fastest, tensors };
}

/** WebGPU, where it is faster and answers the same. */
export function choice(wasm: Timed, webgpu: Timed, tolerance: number): Omit<OnnxMeasurement, 'remembered'> {
  const times = { wasmMs: wasm.ms, webgpuMs: webgpu.ms };
  const odd = difference(wasm.tensors, webgpu.tensors, tolerance);
  if (odd !== undefined) return { use: 'wasm', why: `WebGPU answers another ${odd}.`, ...times };
  if (webgpu.ms >= wasm.ms) return { use: 'wasm', why: 'wasm is as fast, or faster.', ...times };
  return { use: 'webgpu', why: 'WebGPU is faster, and answers the same.', ...times };
}

/**
 * The name of a tensor that is another one: another type or shape, or an element that is off by more than `tolerance`, relative to the
 * reference where that is over 1. What is no float must be equal.
 */
export function difference(reference: Tensors, tensors: Tensors, tolerance: number): string | undefined {
  const near = (a: unknown, b: unknown): boolean =>
    Object.is(a, b) || (typeof a === 'number' && Math.abs(a - Number(b)) <= tolerance * Math.max(1, Math.abs(a)));
  return Object.keys(reference).find((name) => {
    const [wanted, found] = [reference[name], tensors[name]];
    if (wanted === undefined || found === undefined || wanted.type !== found.type) return true;
    if (String(wanted.dims) !== String(found.dims) || wanted.data.length !== found.data.length) return true;
    const isFloat = wanted.type.startsWith('float');
    return Array.from<unknown>(wanted.data).some((value, index) =>
      isFloat ? !near(value, found.data[index]) : !Object.is(value, found.data[index]),
    );
  });
}
