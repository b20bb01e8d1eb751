import type { CommandRollout } from '../control/apply-command.ts';
import { isRecord, ownValue, type Problems, UnderstudyError } from '../errors/index.ts';
import { introspectObject } from '../contract/introspect.ts';
import type { GuardRunner, KnownFields } from '../guards/guard-runner.ts';
import type { MonitorsRunner } from '../monitors/managed-monitors.ts';
import type { AllocationRunner } from '../rollout/allocation-runner.ts';
import type { RolloutRunner } from '../rollout/rollout-runner.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';

/** What runs the rollout: its gates bring it. `undefined` without a rollout, or where none of its gates is one of ours. */
export const rolloutRunnerOf = ({ rollout }: AnyOptions): RolloutRunner | undefined =>
  runnerOf(rollout?.gates) as RolloutRunner | undefined;

/** What runs the allocation, which brings it. */
export const allocationRunnerOf = ({ allocation }: AnyOptions): AllocationRunner | undefined =>
  runnerOf([allocation]) as AllocationRunner | undefined;

/** What runs the monitors, which bring it. */
export const monitorsRunnerOf = ({ monitors }: AnyOptions): MonitorsRunner | undefined =>
  runnerOf(monitors) as MonitorsRunner | undefined;

/** What runs the guards, which bring it. */
export const guardRunnerOf = ({ guards }: AnyOptions): GuardRunner | undefined =>
  (runnerOf(guards?.input) ?? runnerOf(guards?.output)) as GuardRunner | undefined;

/** Checks guards with what came with them, and against the contract where that is sound. */
export function checkGuards(contract: AnyContract, options: AnyOptions, isSound: boolean, problems: Problems): void {
  const { guards } = options;
  if (guards === undefined) return;
  const lists: readonly unknown[] = isRecord(guards) ? Object.values(guards) : [guards];
  const runner = isRecord(guards) ? guardRunnerOf(options) : undefined;
  if (runner !== undefined) problems.addAll('options.guards', runner.check(guards, isSound ? knownFields(contract) : {}));
  else if (lists.some((list) => !Array.isArray(list) || list.length > 0))
    problems.add('options.guards', 'expected { input, output }, lists of guards such as [pii()]');
}

/** The outermost fields of what comes out of the schemas, where they tell them and let no others through. */
function knownFields({ input, output }: AnyContract): KnownFields {
  const namesOf = (schema: AnyContract['input']): readonly string[] | undefined => {
    const view = introspectObject(schema, 'output');
    if (view === undefined || view.open) return undefined;
    return [...new Set(view.fields.map(({ path, keys }) => keys?.[0] ?? path.split('.', 1)[0] ?? path))];
  };
  return { input: namesOf(input), output: namesOf(output) };
}

/** What the first of them carries that carries something. */
function runnerOf(parts: unknown): unknown {
  if (!Array.isArray(parts)) return undefined;
  const runners = parts.map((part: unknown) => (isRecord(part) ? Reflect.get(part, '~runner') : undefined));
  return runners.find((runner) => runner !== undefined);
}

/** Checks the options of a rollout with what came with its gates. */
export function checkRolloutWith(
  model: string,
  options: AnyOptions,
  context: Omit<Parameters<RolloutRunner['check']>[1], 'release'>,
  problems: Problems,
): void {
  const runner = rolloutRunnerOf(options);
  if (runner !== undefined)
    return runner.check(options.rollout, { ...context, release: { model, pair: () => rolloutPair(options) } }, problems);
  problems.add('options.rollout.gates', 'expected a list of gates, such as [errorRate({ maxRatio: 1.5 })]');
  if (context.storeProblem !== undefined) problems.add('options.rollout', context.storeProblem);
}

/** A rollout's options with defaults in place. */
export type RolloutPlanOf = ReturnType<RolloutRunner['plan']>;

export function rolloutPlanOf(options: AnyOptions): RolloutPlanOf | undefined {
  const { rollout } = options;
  return rollout === undefined ? undefined : rolloutRunnerOf(options)?.plan(rollout, rolloutPair(options) ?? '');
}

/** Obeys commands about the rollout; throws `CONTROL_CONFLICT` where there is none. */
export function commandRollout(options: AnyOptions, plan: RolloutPlanOf | undefined): CommandRollout {
  const runner = rolloutRunnerOf(options);
  return (state, command, note, at) => {
    if (runner !== undefined && plan !== undefined) return runner.command(plan, state, command, note, at);
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
