import { untilAborted } from '@understudy/core/adapters';
import type { OnnxMeasurement } from './onnx-measure.ts';

/** A choice, and under which circumstances it was made. */
export interface Remembered extends Omit<OnnxMeasurement, 'remembered'> {
  readonly v: 1;
  /** Vendor and architecture of the GPU. */
  readonly adapter: string;
  readonly runtime: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

const keyOf = (digest: string): string => `understudy-onnx:${digest}`;

/** The choice for a model, where it is of this device and not too old. A page may have no `localStorage`. */
export function recall(digest: string, adapter: string, now: number, rememberMs: number): Remembered | undefined {
  try {
    const read = JSON.parse(localStorage.getItem(keyOf(digest)) ?? 'null') as Partial<Remembered> | null;
    const isOurs =
      read?.v === 1 &&
      read.adapter === adapter &&
      (read.use === 'wasm' || read.use === 'webgpu') &&
      typeof read.runtime === 'string' &&
      typeof read.why === 'string' &&
      typeof read.at === 'number' &&
      // A clock that was set back must not keep it for ever.
      Math.abs(now - read.at) < rememberMs;
    return isOurs ? (read as Remembered) : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a choice, or forgets it. */
export function remember(digest: string, choice: Remembered | undefined): void {
  try {
    if (choice === undefined) localStorage.removeItem(keyOf(digest));
    else localStorage.setItem(keyOf(digest), JSON.stringify(choice));
  } catch {
    // It is measured again at the next visit.
  }
}

interface Gpu {
  requestAdapter(): Promise<{
    readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly device?: string };
  } | null>;
}

/** A driver that hangs must not hold up wasm, in milliseconds. */
const ADAPTER_MS = 10_000;

/** What the browser tells of its GPU; `undefined` where it has no WebGPU, or does not say. */
export async function gpuAdapter(): Promise<string | undefined> {
  try {
    const { gpu } = navigator as Navigator & { readonly gpu?: Gpu };
    const adapter = await untilAborted(AbortSignal.timeout(ADAPTER_MS), Promise.resolve(gpu?.requestAdapter()));
    if (adapter === null || adapter === undefined) return undefined;
    return [adapter.info?.vendor, adapter.info?.architecture, adapter.info?.device].join(' ');
  } catch {
    // A driver that is on a list of broken ones.
    return undefined;
  }
}
