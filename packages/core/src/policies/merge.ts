import type { CustomPolicy, DisabledPolicy, Policy, PolicyEnvironment, PolicyMachine, PolicySlots } from '../spec/index.ts';

/**
 * Removes a policy that a wider scope has set: `off('retry')` on a variant leaves the model's retry out for it.
 */
export function off(kind: Policy['kind']): DisabledPolicy {
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
export function instantiate(policies: readonly Policy[], environment: PolicyEnvironment): { readonly slots: PolicyMachines; readonly custom: readonly PolicyMachine[] } {
  // Every slot is there from the start, so that all executors have one shape.
  const slots: { -readonly [K in keyof PolicyMachines]: PolicyMachines[K] } = { timeout: undefined, retry: undefined, circuitBreaker: undefined, concurrencyLimit: undefined };
  const custom: PolicyMachine[] = [];
  for (const policy of policies) {
    if ('off' in policy) continue;
    if (isCustom(policy)) {
      custom.push(policy.create(environment));
      continue;
    }
    switch (policy.kind) {
      case 'timeout':
        slots.timeout = policy.slot(environment);
        break;
      case 'retry':
        slots.retry = policy.slot(environment);
        break;
      case 'circuitBreaker':
        slots.circuitBreaker = policy.slot(environment);
        break;
      case 'concurrencyLimit':
        slots.concurrencyLimit = policy.slot(environment);
        break;
    }
  }
  return { slots, custom };
}

function isCustom(policy: Policy): policy is CustomPolicy {
  return 'create' in policy;
}
