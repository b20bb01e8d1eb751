import type { ModelStatus, RolloutChangedEvent } from '@understudy/core';

export type StoreAddress = { readonly kind: 'redis'; readonly url: string } | { readonly kind: 'sqlite'; readonly file: string };

export interface AppOptions {
  readonly store: StoreAddress;
  /** The challenger's version. */
  readonly version: string;
  /** Failures per call, 0–1. */
  readonly failing: { readonly champion: number; readonly challenger: number };
}

export type Rollout = NonNullable<ModelStatus['rollout']>;

/** What an app tells its parent. */
export type AppMessage = { readonly port: number } | { readonly event: RolloutChangedEvent; readonly gates: Rollout['gates'] };
