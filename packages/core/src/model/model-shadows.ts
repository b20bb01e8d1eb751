import type { AnyContract, AnyOptions } from './any-definition.ts';
import type { Cast } from './cast.ts';
import type { Host } from './host.ts';
import type { Learners } from './learners.ts';
import type { ModelEvents } from './model-events.ts';
import type { Variant } from './plan.ts';
import type { Prediction } from './prediction.ts';
import { defaultComparator, Shadow } from './shadows.ts';
import type { ShadowStatus } from './status.ts';

/** What shadows are made of. */
export interface ModelShadowsSetting {
  readonly contract: AnyContract;
  readonly options: AnyOptions;
  readonly cast: Cast;
  readonly learners: Learners | undefined;
  readonly events: ModelEvents;
  readonly host: Host;
  /** The checked output; throws `OUTPUT_INVALID`. */
  readonly accept: (output: unknown, from: string) => unknown;
}

/** All shadows of a model: those that its options declare, and those that its rollout and its monitors ask for. */
export class ModelShadows {
  readonly #champion: string;
  readonly #learners: Learners | undefined;
  readonly #declared: readonly Shadow[];
  /** The challenger's shadow, while its rollout is in shadow. */
  readonly #rehearsal: Shadow | undefined;
  /** Asks the champion beside what serves while the model is paused, for the monitors alone. */
  readonly #standIn: Shadow | undefined;
  /** Whether there is any. */
  readonly any: boolean;

  constructor({ contract, options, cast, learners, events, host, accept }: ModelShadowsSetting) {
    this.#champion = options.champion;
    this.#learners = learners;
    const compare = defaultComparator(contract.target);
    const shadow = (
      name: string,
      given: ConstructorParameters<typeof Shadow>[2],
      report: ConstructorParameters<typeof Shadow>[6],
    ) => {
      const checked = (output: unknown): unknown => accept(output, name);
      return new Shadow(contract.name, cast.variant(name), given, compare, checked, host, report, events.callbackFailed);
    };
    const { rollout, champion, shadow: declared } = options;
    this.#declared = Object.entries(declared ?? {}).map(([name, given]) => shadow(name, given ?? {}, events.shadowCompared));
    if (rollout?.shadow !== undefined) {
      const given = { ...declared?.[rollout.challenger], ...rollout.shadow };
      this.#rehearsal = shadow(rollout.challenger, given, (result) => {
        events.shadowCompared(result);
        learners?.paired(result);
      });
    }
    const sampleRate = learners?.monitors?.pausedSampleRate ?? 0;
    const served = cast.variant(champion);
    if (sampleRate > 0 && served.effects !== 'once') {
      this.#standIn = shadow(champion, { sampleRate }, (result) => {
        if (result.errorType === undefined) learners?.sampled(result, served, sampleRate, host.clock.wall());
      });
    }
    this.any = this.#all.length > 0;
  }

  /** Launches those that are due beside a call; its tickets are on the prediction. */
  launch(prediction: Prediction): void {
    const { plan, control, input, unit } = prediction;
    const { document } = control;
    for (const shadow of this.#declared) {
      if (shadow.variant.name === plan.assignment.variant || document.isolated.includes(shadow.variant.name)) continue;
      prediction.shadow = shadow.launch(input, unit, prediction.shadow);
    }
    if (document.paused && this.#standIn !== undefined) prediction.shadow = this.#standIn.launch(input, '', prediction.shadow);
    const rehearsal = this.#rehearsal;
    if (rehearsal === undefined || plan.assignment.variant !== this.#champion) return;
    const phase = this.#learners?.rollout?.current(document)?.phase;
    if (phase !== 'shadow' || document.isolated.includes(rehearsal.variant.name)) return;
    prediction.shadow = rehearsal.launch(input, unit, prediction.shadow);
  }

  /** The shadow of a variant that the options name. */
  statusOf(variant: Variant): ShadowStatus | undefined {
    return this.#declared.find((one) => one.variant === variant)?.status();
  }

  /** Resolves when none waits or runs. */
  async idle(): Promise<void> {
    await Promise.all(this.#all.map((shadow) => shadow.idle()));
  }

  get #all(): readonly Shadow[] {
    return [...this.#declared, this.#rehearsal, this.#standIn].filter((shadow) => shadow !== undefined);
  }
}
