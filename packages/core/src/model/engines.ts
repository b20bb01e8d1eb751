import type { CommandRollout } from '../control/index.ts';
import { ownValue, type Problems, UnderstudyError } from '../errors/index.ts';
import type { AllocationEngine, RolloutEngine } from '../rollout/index.ts';
import type { AnyOptions } from './any-definition.ts';

/** What runs the rollout: its gates bring it. `undefined` without a rollout, or where none of its gates is one of ours. */
export function rolloutEngineOf({ rollout }: AnyOptions): RolloutEngine | undefined {
  const gates: unknown = rollout?.gates;
  if (!Array.isArray(gates)) return undefined;
  const engines = gates.map((gate: unknown) =>
    typeof gate === 'object' && gate !== null ? Reflect.get(gate, '~engine') : undefined,
  );
  return engines.find((engine) => engine !== undefined) as RolloutEngine | undefined;
}

/** What runs the allocation, which brings it. */
export function allocationEngineOf({ allocation }: AnyOptions): AllocationEngine | undefined {
  return allocation?.['~engine'] as AllocationEngine | undefined;
}

/** Checks the options of a rollout with what came with its gates. */
export function checkRolloutWith(
  options: AnyOptions,
  surroundings: Parameters<RolloutEngine['check']>[1],
  problems: Problems,
): void {
  const engine = rolloutEngineOf(options);
  if (engine !== undefined) return engine.check(options.rollout, surroundings, problems);
  problems.add('options.rollout.gates', 'expected a list of gates, such as [errorRate({ maxRatio: 1.5 })]');
  if (surroundings.storeProblem !== undefined) problems.add('options.rollout', surroundings.storeProblem);
}

/** A rollout's options with defaults in place. */
export type RolloutPlanOf = ReturnType<RolloutEngine['plan']>;

export function rolloutPlanOf(options: AnyOptions): RolloutPlanOf | undefined {
  const { rollout } = options;
  return rollout === undefined ? undefined : rolloutEngineOf(options)?.plan(rollout, rolloutPair(options) ?? '');
}

/** Obeys commands about the rollout; throws `CONTROL_CONFLICT` where there is none. */
export function commandRollout(options: AnyOptions, plan: RolloutPlanOf | undefined): CommandRollout {
  const engine = rolloutEngineOf(options);
  return (state, command, note, at) => {
    if (engine !== undefined && plan !== undefined) return engine.command(plan, state, command, note, at);
    const { kind, model } = command;
    throw new UnderstudyError(
      'CONTROL_CONFLICT',
      `${kind} of model "${model}" changes nothing: it has no rollout in this release. Look at status().rollout.`,
      { details: { model } },
    );
  };
}

/** What a rollout of this release compares: `challenger@version over champion@version`. */
export function rolloutPair({ rollout, variants, champion }: AnyOptions): string | undefined {
  if (rollout === undefined) return undefined;
  const named = (name: string): string => `${name}@${ownValue(variants, name)?.version ?? ''}`;
  return `${named(rollout.challenger)} over ${named(champion)}`;
}
