import type { ModelControl } from '../control/model-control.ts';
import type { SharedDecisions } from '../control/shared-decisions.ts';
import type { AlertRaisedEvent, MonitorChangedEvent, RetrainRequestedEvent } from '../events/event.ts';
import type { EventBase, Schema, StateStore } from '../types/index.ts';
import type { Clock } from '../time/index.ts';

/** The contract of a model, as far as its monitors need it. */
export interface MonitoredContract {
  readonly name: string;
  readonly input: Schema;
  readonly output: Schema;
  readonly target?: { readonly kind: 'probability' | 'label' | 'number'; readonly field: string; readonly positiveAt?: number };
  readonly kpis?: Readonly<Record<string, { readonly better: 'higher' | 'lower' }>>;
}

/** Its options, as far as they need them. */
export interface MonitoredOptions {
  readonly variants: object;
  readonly champion: string;
  readonly outcomes?: { readonly remembered?: number };
  readonly trainingData?: string;
}

type Facts<E extends EventBase> = Omit<E, keyof EventBase>;

/** A model, as far as its monitors need it. */
export interface MonitoredModel {
  readonly contract: MonitoredContract;
  readonly options: MonitoredOptions;
  readonly router: { variant(name: string): { readonly version: string } };
  readonly control: ModelControl;
  readonly events: {
    readonly monitorChanged: (facts: Facts<MonitorChangedEvent>) => void;
    readonly alertRaised: (facts: Facts<AlertRaisedEvent>) => void;
    readonly retrainRequested: (facts: Facts<RetrainRequestedEvent>) => void;
    readonly callbackFailed: (callback: string, error: unknown) => void;
  };
  readonly dependencies: {
    readonly store: StateStore;
    readonly clock: Clock;
    readonly random: () => number;
    readonly words: { word(): number };
    readonly refreshMs: number;
  };
  /** Keeps decisions for the other processes too. */
  readonly sharing: SharedDecisions | undefined;
}
