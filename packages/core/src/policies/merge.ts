import { errorText, problemsError, readProperty, told } from '../errors/index.ts';
import type { CustomPolicy, DisabledPolicy, Policy, PolicyDependencies, PolicyMachine, PolicySlots } from '../types/index.ts';

import { atOnce } from '../time/index.ts';
import type { CustomMachine } from './custom-policies.ts';

/**
 * Removes a policy that a wider scope has set: `off('retry')` on a variant leaves the model's retry out for it.
 */
export function off(kind: Policy['kind']): DisabledPolicy {
  if (typeof kind !== 'string' || kind === '')
    throw problemsError('CONFIGURATION_INVALID', 'off()', [
      { path: 'off.kind', message: `expected the kind of a policy, such as 'retry', got ${told(kind)}` },
    ]);
  return { kind, off: true };
}

/** Policies merge by kind, the narrower scope wins; scopes are given from wide to narrow. */
export function mergePolicies(...scopes: readonly (readonly Policy[] | undefined)[]): readonly Policy[] {
  const byKind = new Map<string, Policy>();
  for (const scope of scopes) for (const policy of scope ?? []) byKind.set(policy.kind, policy);
  return [...byKind.values()].filter((policy) => !('off' in policy));
}

/** The machines in their slots. */
export type PolicyMachines = { readonly [K in keyof PolicySlots]: PolicySlots[K] | undefined };

/** The machines of merged policies: built-in ones in their slots, custom ones in the order in which they were named. */
export function instantiate(
  policies: readonly Policy[],
  dependencies: PolicyDependencies,
): { readonly slots: PolicyMachines; readonly custom: readonly CustomMachine[] } {
  // Every slot is there from the start, so that all executors have one shape.
  const slots: Record<keyof PolicySlots, unknown> = {
    timeout: undefined,
    retry: undefined,
    circuitBreaker: undefined,
    concurrencyLimit: undefined,
    hedge: undefined,
    repairJson: undefined,
    microBatch: undefined,
    cache: undefined,
    coalesce: undefined,
  };
  const custom: CustomMachine[] = [];
  for (const policy of policies) {
    if ('create' in policy) custom.push({ kind: policy.kind, machine: customMachine(policy, dependencies) });
    else if ('slot' in policy) slots[policy.kind] = policy.slot(dependencies);
  }
  return { slots: slots as PolicyMachines, custom };
}

function customMachine(policy: CustomPolicy, dependencies: PolicyDependencies): PolicyMachine {
  const refuse = (message: string, cause?: unknown): never => {
    throw problemsError(
      'CONFIGURATION_INVALID',
      `The policy "${policy.kind}" of ${dependencies.name}`,
      [{ path: 'create', message }],
      cause,
    );
  };
  let machine: unknown;
  try {
    machine = atOnce(policy.create(dependencies));
  } catch (error) {
    return refuse(`threw: ${errorText(error)}`, error);
  }
  return isMachine(machine) ? machine : refuse('must return an object with the methods admit, settle');
}

const isMachine = (value: unknown): value is PolicyMachine =>
  ['admit', 'settle'].every((name) => typeof readProperty(value, name) === 'function');
