import type { AnyContract, AnyOptions } from './any-definition.ts';
import type { VariantRouter } from './variant-router.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import type { CallObservers } from './call-observers.ts';
import type { ModelEvents } from './model-events.ts';
import type { Variant } from './plan.ts';
import type { Prediction } from './prediction.ts';
import { type ComparedSchema, defaultComparator, Shadow } from './shadows.ts';
import type { ShadowStatus } from './status.ts';

/** What shadows are made of. */
export interface ModelShadowsDependencies {
  readonly contract: AnyContract;
  readonly options: AnyOptions;
  readonly router: VariantRouter;
  readonly observers: CallObservers | undefined;
  readonly events: ModelEvents;
  readonly dependencies: ModelDependencies;
  /** The checked output; throws `OUTPUT_INVALID`. */
  readonly accept: (output: unknown, from: string) => unknown;
}

/** All shadows of a model: those that its options declare, and those that its rollout and its monitors ask for. */
export class ModelShadows {
  readonly #champion: string;
  readonly #observers: CallObservers | undefined;
  readonly #declared: readonly Shadow[];
  /** The challenger's shadow, while its rollout is in shadow. */
  readonly #rehearsal: Shadow | undefined;
  /** Asks the champion beside what serves while the model is paused, for the monitors alone. */
  readonly #standIn: Shadow | undefined;
  /** Whether there is any. */
  readonly any: boolean;

  constructor({ contract, options, router, observers, events, dependencies, accept }: ModelShadowsDependencies) {
    this.#champion = options.champion;
    this.#observers = observers;
    const compare = defaultComparator(contract.target, contract.output as ComparedSchema);
    const shadow = (
      name: string,
      given: ConstructorParameters<typeof Shadow>[2],
      report: ConstructorParameters<typeof Shadow>[6],
    ) => {
      const checked = (output: unknown): unknown => accept(output, name);
      return new Shadow(
        contract.name,
        router.variant(name),
        given,
        compare,
        checked,
        dependencies,
        report,
        events.callbackFailed,
      );
    };
    const { rollout, champion, shadow: declared } = options;
    this.#declared = Object.entries(declared ?? {}).map(([name, given]) => shadow(name, given ?? {}, events.shadowCompared));
    if (rollout?.shadow !== undefined) {
      const given = { ...declared?.[rollout.challenger], ...rollout.shadow };
      this.#rehearsal = shadow(rollout.challenger, given, (result) => {
        events.shadowCompared(result);
        observers?.paired(result);
      });
    }
    const sampleRate = observers?.monitors?.pausedSampleRate ?? 0;
    const served = router.variant(champion);
    if (sampleRate > 0 && served.effects !== 'once') {
      this.#standIn = shadow(champion, { sampleRate }, (result) => {
        if (result.errorType === undefined) observers?.sampled(result, served, sampleRate, dependencies.clock.wall());
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
    const phase = this.#observers?.rollout?.current(document)?.phase;
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
