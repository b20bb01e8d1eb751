import type { Problems } from '../errors/index.ts';
import type { RolloutEngine, startAllocation } from '../rollout/index.ts';
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
export function startAllocationOf({ allocation }: AnyOptions): typeof startAllocation | undefined {
  return allocation?.['~engine'] as typeof startAllocation | undefined;
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
}
