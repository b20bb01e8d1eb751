import type { CustomPolicy, PolicyMachine, PolicySnapshot } from '@understudy/core/policies';
import { callback, flag, list, msOr0, msOrNever, ms, oneOf, readOptions } from '@understudy/core/authoring';

/** `navigator.connection.effectiveType`: what the network is as good as. */
export type EffectiveType = 'slow-2g' | '2g' | '3g' | '4g';

/** What a page knows of its network. What it does not know is absent. */
export interface NetworkSignals {
  readonly onLine?: boolean | undefined;
  readonly effectiveType?: string | undefined;
  /** Whether the user has asked for less data. */
  readonly saveData?: boolean | undefined;
}

export interface NetworkOptions {
  /** Types of network on which the model is not asked. @defaultValue ['slow-2g', '2g'] */
  readonly avoid?: readonly EffectiveType[];
  /** Whether the model is not asked while the user saves data. @defaultValue false */
  readonly avoidSaveData?: boolean;
  /**
   * Calls over this time on average, in milliseconds, make the network a slow one: then one call each `probeMs` asks the model, until the average is below
   * 70 % of it. @defaultValue Infinity
   */
  readonly slowMs?: number;
  /** How often a slow network is tried, in milliseconds. @defaultValue 15000 */
  readonly probeMs?: number;
  /** How long after the last call that a poor network kept back the model is asked again, in milliseconds; 0: at once. @defaultValue 3000 */
  readonly steadyMs?: number;
  /** Answers at once what the network is like: `{ onLine, effectiveType, saveData }`. What it leaves out, or answers in another shape, is not known. @defaultValue `navigator.onLine` and `navigator.connection` */
  readonly read?: () => NetworkSignals;
}

/** The share that the newest call has in the average of latencies. */
const NEWEST = 0.3;
/** An average below this share of `slowMs` is fast again. */
const FAST_AGAIN = 0.7;

/**
 * A policy for a model behind a network: where the page is offline, or its network is poor, the model is not asked and the next tier
 * serves at once. Without a next tier the model is asked whatever the network is.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function network(options: NetworkOptions = {}): CustomPolicy {
  const settings = readOptions('network', options, KINDS, {
    avoid: ['slow-2g', '2g'],
    avoidSaveData: false,
    slowMs: Infinity,
    probeMs: 15_000,
    steadyMs: 3000,
    read: ofNavigator,
  });
  return { kind: 'network', create: () => new NetworkMachine(settings) };
}

class NetworkMachine implements PolicyMachine {
  readonly #settings: Required<NetworkOptions>;
  /** When the network was seen to be poor last. */
  #poorAt = -Infinity;
  #averageMs: number | undefined;
  #isSlow = false;
  #probeAt = -Infinity;

  constructor(settings: Required<NetworkOptions>) {
    this.#settings = settings;
  }

  /** The permit is the moment: it tells `settle` how long the call took. */
  admit: PolicyMachine['admit'] = (now, { hasFallback }) => {
    const permit = Math.max(0, Math.floor(now));
    if (!hasFallback) return permit;
    const { steadyMs, probeMs } = this.#settings;
    const why = this.#whyPoor();
    if (why !== undefined) {
      this.#poorAt = now;
      return { refused: `${why}, and the next tier is asked.` };
    }
    const steady = this.#poorAt + steadyMs - now;
    if (steady > 0)
      return { refused: 'The network has just come back, and the next tier is asked.', retryAfterMs: Math.ceil(steady) };
    if (!this.#isSlow) return permit;
    if (now < this.#probeAt) {
      const refused = `Calls took ${Math.round(this.#averageMs ?? 0)} ms on average, and the next tier is asked.`;
      return { refused, retryAfterMs: Math.ceil(this.#probeAt - now) };
    }
    this.#probeAt = now + probeMs;
    return permit;
  };

  settle: PolicyMachine['settle'] = (permit, resultClass, now) => {
    // A refusal or a cancelled call says nothing of the network.
    if (resultClass !== 'ok' && resultClass !== 'slow' && resultClass !== 'failed') return;
    const tookMs = now - permit;
    const { slowMs, probeMs } = this.#settings;
    // A failure that came fast is no fast answer.
    if (resultClass === 'failed' && tookMs < slowMs) return;
    this.#averageMs = this.#averageMs === undefined ? tookMs : NEWEST * tookMs + (1 - NEWEST) * this.#averageMs;
    const isSlow = this.#averageMs > slowMs * (this.#isSlow ? FAST_AGAIN : 1);
    if (isSlow && !this.#isSlow) this.#probeAt = now + probeMs;
    this.#isSlow = isSlow;
  };

  release = (): void => {
    this.#poorAt = this.#probeAt = -Infinity;
    this.#averageMs = undefined;
    this.#isSlow = false;
  };

  snapshot = (): PolicySnapshot => ({
    poor: this.#whyPoor() ?? null,
    averageMs: this.#averageMs === undefined ? null : Math.round(this.#averageMs),
    slow: this.#isSlow,
  });

  #whyPoor(): string | undefined {
    const { avoid, avoidSaveData, read } = this.#settings;
    const { onLine, effectiveType, saveData } = signals(read);
    if (onLine === false) return 'The page is offline';
    const type = avoid.find((one) => one === effectiveType);
    if (type !== undefined) return `The network is as good as ${type}`;
    return avoidSaveData && saveData === true ? 'The user saves data' : undefined;
  }
}

/** Whatever a callback of the user's does: what it does not tell is not known. */
function signals(read: () => unknown): NetworkSignals {
  try {
    return Object(read()) as NetworkSignals;
  } catch {
    return {};
  }
}

/** Only some browsers tell of the connection: https://wicg.github.io/netinfo/. */
function ofNavigator(): NetworkSignals {
  const { onLine, connection } = navigator as Navigator & { readonly connection?: NetworkSignals };
  return { onLine, effectiveType: connection?.effectiveType, saveData: connection?.saveData };
}

const KINDS = {
  avoid: list(oneOf('slow-2g', '2g', '3g', '4g')),
  avoidSaveData: flag,
  slowMs: msOrNever,
  probeMs: ms,
  steadyMs: msOr0,
  read: callback,
};
