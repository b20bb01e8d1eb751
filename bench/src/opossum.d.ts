/** The part of opossum 10 that is used here: it ships no types. */
declare module 'opossum' {
  import type { EventEmitter } from 'node:events';

  interface Options {
    readonly timeout?: number | false;
    readonly capacity?: number;
    readonly errorThresholdPercentage?: number;
    readonly resetTimeout?: number;
    readonly rollingCountTimeout?: number;
    readonly volumeThreshold?: number;
    readonly enableSnapshots?: boolean;
    readonly autoRenewAbortController?: boolean;
    readonly errorFilter?: (error: unknown) => boolean;
    readonly state?: object;
    readonly status?: object;
  }

  class CircuitBreaker<P extends readonly unknown[]> extends EventEmitter {
    constructor(action: (...parameters: P) => unknown, options?: Options);
    fire(...parameters: P): Promise<unknown>;
    readonly opened: boolean;
    readonly halfOpen: boolean;
    open(): void;
    close(): void;
    shutdown(): void;
    getSignal(): AbortSignal | undefined;
    toJSON(): { readonly state: object; readonly status: object };
  }

  export = CircuitBreaker;
}
