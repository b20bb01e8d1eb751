import { type Kinds, whole } from '../../errors/index.ts';
import type { DecisionFact, MonitorReading, MonitorRun } from '../../types/index.ts';
import type { ModelMonitor, MonitorOptions } from '../monitor.ts';
import { monitorBase } from '../monitor-base.ts';
import type { Profile } from './profile.ts';
import { PROFILE_KINDS, ProfileBuilder, type ProfileOptions } from './profile-builder.ts';

/** Options of {@link trafficProfile}. */
export interface TrafficProfileOptions extends ProfileOptions, Pick<MonitorOptions, 'name'> {
  /** Decisions that the profile is made of, 100–10,000,000. @defaultValue 10000 */
  readonly count?: number;
}

/** A monitor that makes a profile of what it sees. */
export interface TrafficProfile extends ModelMonitor {
  /** Resolves when enough decisions were seen; never rejects. */
  readonly profile: Promise<Profile>;
}

/**
 * Makes a reference profile from live traffic: put it among the monitors of a model, await `.profile`, store it, and give it to
 * `drift()`. Inputs of all calls count, outputs of those that a model served. Takes about 0.3 µs per field and decision until it is
 * done, then nothing.
 */
export function trafficProfile(options: TrafficProfileOptions = {}): TrafficProfile {
  const { promise, resolve } = Promise.withResolvers<Profile>();
  const { base, settings } = monitorBase<Options>('traffic-profile', options, { confirmations: 1 }, KINDS);
  return {
    ...base,
    profile: promise,
    check: ({ input, output }) => {
      const message = 'expected a contract whose fields can be read: zod objects';
      return (input ?? output) === undefined ? [{ path: 'input', message }] : [];
    },
    start: ({ model, input = [], output = [] }) =>
      new TrafficRun(new ProfileBuilder({ contract: model, input, output }, settings), settings.count ?? 10_000, resolve),
  };
}

/** It judges nothing, so that nothing of it can be in breach. */
type Options = TrafficProfileOptions & MonitorOptions;

const KINDS: Kinds<Omit<Options, keyof MonitorOptions>> = { ...PROFILE_KINDS, count: whole(100, 10_000_000) };

class TrafficRun implements MonitorRun {
  #builder: ProfileBuilder | undefined;
  readonly #count: number;
  readonly #done: (profile: Profile) => void;

  constructor(builder: ProfileBuilder, count: number, done: (profile: Profile) => void) {
    this.#builder = builder;
    this.#count = count;
    this.#done = done;
  }

  observe({ input, output, tier }: DecisionFact): void {
    if (this.#builder === undefined) return;
    this.#builder.add(input, tier === 'model' || tier === 'cache' ? output : undefined);
    if (this.#builder.count < this.#count) return;
    this.#done(this.#builder.build());
    this.#builder = undefined;
  }

  read(): readonly MonitorReading[] {
    const n = this.#builder?.count ?? this.#count;
    const isDone = this.#builder === undefined;
    const reason = isDone ? `The profile of ${n} decisions is made.` : `${n} of ${this.#count} decisions are profiled.`;
    const status = isDone ? 'ok' : 'insufficient';
    return [{ measure: 'profiled-decisions', n, value: n, interval: null, limit: null, status, reason }];
  }
}
