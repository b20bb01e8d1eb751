import type { DefinedModel, Understudy } from '@understudy/core';
import type { CircuitControl, CircuitDocument } from '@understudy/core/policies';
import { readOptions, required, text, withMethods } from '@understudy/core/authoring';

/** What one tab tells the others. */
type Message =
  | { readonly v: 1; readonly ask: true }
  | {
      readonly v: 1;
      readonly model: string;
      readonly variant: string;
      readonly circuit: CircuitDocument;
      /** When it was told, in milliseconds since the Unix epoch: a tab that was frozen hears it late. */
      readonly at: number;
    };

/** Most circuits that a new tab is told of. */
const MOST_TOLD = 1000;

/**
 * Shares what circuits have learnt between the tabs of an origin, by a `BroadcastChannel`: what one tab found to be down, the others do not
 * ask. A new tab hears of circuits that are open. States that an operator forced stay in their tab.
 *
 * @param name of the channel: applications of one origin need different names if they have models of the same name
 * @returns what ends it
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function shareCircuits(understudy: Pick<Understudy, 'models' | 'on'>, name = 'understudy-circuits'): () => void {
  readOptions<{ understudy: unknown; name: string }, {}>('shareCircuits', { understudy, name }, KINDS, {});
  // A server renders pages without tabs.
  if (typeof BroadcastChannel === 'undefined') return () => undefined;
  let channel: BroadcastChannel | undefined;
  /** Whether a change is what another tab has told. */
  let isTold = false;

  // A channel has no target: that is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const tell = (message: Message): void => channel?.postMessage(message);
  const tellOf = (model: string, variant: string, control: CircuitControl | undefined): void => {
    const circuit = control?.export();
    if (circuit !== undefined && isShared(circuit)) tell({ v: 1, model, variant, circuit, at: Date.now() });
  };
  const end = understudy.on('circuit-changed', ({ model, variant }) => {
    if (!isTold) tellOf(model, variant, circuitOf(understudy.models.get(model), variant));
  });

  const heard = ({ data }: MessageEvent<unknown>): void => {
    const message = Object(data) as Partial<Record<string, unknown>>;
    if (message['v'] !== 1) return;
    if (message['ask'] === true) {
      for (const [model, variant, control] of openCircuits(understudy.models)) tellOf(model, variant, control);
      return;
    }
    const { model, variant, circuit, at } = message;
    const control = circuitOf(understudy.models.get(String(model)), String(variant));
    if (control === undefined) return;
    isTold = true;
    try {
      takeOver(control, circuit as CircuitDocument, Math.max(0, Date.now() - Number(at)));
    } catch {
      // Another release of this library, or something else that uses the channel: its words are no reason to fail.
      return;
    } finally {
      isTold = false;
    }
  };
  const open = (): void => {
    if (channel !== undefined) return;
    channel = new BroadcastChannel(name);
    channel.addEventListener('message', heard);
    tell({ v: 1, ask: true });
  };
  /** A page with a channel that hears something would be thrown out of the browser's cache of pages. */
  const close = (): void => {
    channel?.close();
    channel = undefined;
  };
  open();
  globalThis.addEventListener('pagehide', close);
  globalThis.addEventListener('pageshow', open);
  return () => {
    end();
    close();
    globalThis.removeEventListener('pagehide', close);
    globalThis.removeEventListener('pageshow', open);
  };
}

/** Only what was learnt from calls; a half-open circuit is one that its own tab tries. */
const isShared = ({ state }: CircuitDocument): boolean => state === 'open' || state === 'closed';

function takeOver(control: CircuitControl, circuit: CircuitDocument, ageMs: number): void {
  const { state } = control;
  const isOwn = state === 'closed' || state === 'open' || state === 'half-open';
  if (!isShared(circuit) || !isOwn || state === circuit.state) return;
  control.hydrate({ ...circuit, remainingOpenMs: Math.max(0, circuit.remainingOpenMs - ageMs) });
}

function circuitOf(model: DefinedModel | undefined, variant: string): CircuitControl | undefined {
  try {
    return model?.control.circuit(variant);
  } catch {
    // No variant of this model: another tab has another release of the application.
    return undefined;
  }
}

function openCircuits(models: Understudy['models']): readonly (readonly [string, string, CircuitControl])[] {
  return [...models].slice(0, MOST_TOLD).flatMap(([name, model]) =>
    Object.keys(model.status().variants).flatMap((variant) => {
      const control = circuitOf(model, variant);
      return control?.state === 'open' ? [[name, variant, control] as const] : [];
    }),
  );
}

const KINDS = { understudy: required(withMethods('on')), name: required(text) };
