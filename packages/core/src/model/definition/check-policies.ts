import type { Problems } from '../../errors/index.ts';
import { isObject } from './is-object.ts';

/** A list of policies: of the model, or of a variant. */
export function checkPolicies(policies: unknown, path: string, problems: Problems): void {
  if (policies === undefined) return;
  if (
    !problems.expect(Array.isArray(policies), path, 'expected a list of policies, such as [timeout({ ms: 300 })]') ||
    !Array.isArray(policies)
  )
    return;
  for (const [index, policy] of policies.entries()) {
    const usable =
      isObject(policy) &&
      typeof Reflect.get(policy, 'kind') === 'string' &&
      ['slot', 'create', 'off'].some((key) => key in policy);
    problems.expect(
      usable,
      `${path}[${index}]`,
      'expected a policy: timeout(), retry(), circuitBreaker(), concurrencyLimit(), off(), or { kind, create } of your own',
    );
  }
}
