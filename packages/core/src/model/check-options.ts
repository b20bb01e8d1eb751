import { isSchema } from '../contract/validate.ts';
import { contractView } from '../contract/contract-view.ts';
import { Problems, UnderstudyError } from '../errors/index.ts';
import { reserveRanges, type BucketRange } from '../routing/index.ts';
import type { Tier } from '../spec/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import { checkRolloutWith } from './engines.ts';
import { monitorSetting } from './monitored.ts';
import { variantHash } from './plan.ts';

/**
 * Checks a contract and its options, all at once, and returns the ranges of the split. `surroundings` say what of a rollout the
 * runtime can bear.
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path
 */
export function checkDefinition(
  contract: AnyContract,
  options: AnyOptions,
  surroundings: { readonly storeProblem: string | undefined; readonly trustsOutcomes: boolean },
): readonly BucketRange[] {
  const problems = new Problems();
  const subject = `The definition of model ${JSON.stringify((contract as AnyContract | undefined)?.name ?? '(no name)')}`;
  if (!isObject(contract) || !isObject(options)) {
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      'defineModel(contract, options) takes two objects: the contract has name, input and output; the options have variants and champion.',
    );
  }
  checkContract(contract, problems);
  const names = isObject(options.variants) ? Object.keys(options.variants) : [];
  if (
    problems.expect(
      names.length > 0,
      'options.variants',
      'expected at least one variant, such as { v1: { predictor, version: "1" } }',
    )
  )
    checkVariants(options, problems);
  const known = (name: unknown, path: string): boolean =>
    problems.expect(
      typeof name === 'string' && names.includes(name),
      path,
      `expected one of the variants ${names.join(', ')}, got ${JSON.stringify(name)}`,
    );
  known(options.champion, 'options.champion');
  checkFallback(contract, options, names, problems);
  checkPolicies(options.policies, 'options.policies', problems);
  const ranges = checkSplit(options, known, problems);
  checkShadow(options, known, problems);
  if (options.rollout !== undefined) {
    const kpis = Object.keys(contract.kpis ?? {});
    checkRolloutWith(options, { variants: names, champion: options.champion, kpis, ...surroundings }, problems);
    checkRolloutVariant(options, problems);
  }
  problems.expect(
    options.assign === undefined || typeof options.assign === 'function',
    'options.assign',
    'expected a function ({ unit }) => ({ variant }), such as openFeatureAssignment() of @understudy/node/openfeature',
  );
  checkHash(options, problems);
  checkAllocation(contract, options, surroundings.trustsOutcomes, problems);
  checkMonitors(contract, options, problems);
  checkNumber(options.deadlineMs, 'options.deadlineMs', problems);
  checkNumber(options.outcomes?.windowMs, 'options.outcomes.windowMs', problems);
  const remembered = options.outcomes?.remembered ?? 1;
  problems.expect(
    Number.isSafeInteger(remembered) && remembered >= 1,
    'options.outcomes.remembered',
    `expected an integer of at least 1, got ${String(remembered)}`,
  );
  problems.expect(
    options.classify === undefined || typeof options.classify === 'function',
    'options.classify',
    'expected a function from an error to a result class',
  );
  problems.throwIfAny('CONFIGURATION_INVALID', subject);
  return ranges;
}

function checkContract(contract: AnyContract, problems: Problems): void {
  problems.expect(
    typeof contract.name === 'string' && contract.name !== '',
    'contract.name',
    'expected a name that is not empty',
  );
  problems.expect(
    isSchema(contract.input),
    'contract.input',
    'expected a Standard Schema, such as one of zod 4, valibot or arktype',
  );
  problems.expect(
    isSchema(contract.output),
    'contract.output',
    'expected a Standard Schema, such as one of zod 4, valibot or arktype',
  );
  problems.expect(
    contract.truth === undefined || isSchema(contract.truth),
    'contract.truth',
    'expected a Standard Schema, or nothing for the output schema',
  );
  const target: unknown = contract.target;
  if (target !== undefined) {
    const kind = isObject(target) ? Reflect.get(target, 'kind') : undefined;
    problems.expect(
      kind === 'probability' || kind === 'label' || kind === 'number',
      'contract.target.kind',
      `expected 'probability', 'label' or 'number', got ${JSON.stringify(kind)}`,
    );
    problems.expect(
      isObject(target) && typeof Reflect.get(target, 'field') === 'string',
      'contract.target.field',
      'expected the name of an output field',
    );
  }
  for (const [name, kpi] of Object.entries(contract.kpis ?? {})) {
    problems.expect(
      kpi?.better === 'higher' || kpi?.better === 'lower',
      `contract.kpis.${name}.better`,
      `expected 'higher' or 'lower', got ${JSON.stringify(kpi?.better)}`,
    );
  }
}

function checkVariants(options: AnyOptions, problems: Problems): void {
  const hashes = new Map<number, string>();
  for (const [name, variant] of Object.entries(options.variants)) {
    const path = `options.variants.${name}`;
    if (!problems.expect(isObject(variant), path, 'expected { predictor, version }')) continue;
    problems.expect(
      typeof variant.predictor === 'function',
      `${path}.predictor`,
      'expected a function (input, call) => output, or what an adapter returns',
    );
    problems.expect(
      typeof variant.version === 'string' && variant.version !== '',
      `${path}.version`,
      'expected a version that is not empty',
    );
    problems.expect(
      variant.effects === undefined || ['none', 'idempotent', 'once'].includes(variant.effects),
      `${path}.effects`,
      `expected 'none', 'idempotent' or 'once', got ${JSON.stringify(variant.effects)}`,
    );
    checkPolicies(variant.policies, `${path}.policies`, problems);
    const hash = variantHash(name, variant.version);
    const other = hashes.get(hash);
    problems.expect(
      other === undefined,
      path,
      `its name and version have the same 16-bit hash as those of ${other ?? ''}: give it another version`,
    );
    hashes.set(hash, name);
  }
}

function checkPolicies(policies: unknown, path: string, problems: Problems): void {
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

function checkFallback(contract: AnyContract, options: AnyOptions, names: readonly string[], problems: Problems): void {
  const view = isSchema(contract.input) && isSchema(contract.output) ? contractView(contract) : undefined;
  for (const [index, tier] of (options.fallback ?? []).entries()) {
    const path = `options.fallback[${index}]`;
    if (typeof tier === 'string') {
      problems.expect(
        names.includes(tier),
        path,
        `expected one of the variants ${names.join(', ')}, got ${JSON.stringify(tier)}`,
      );
      continue;
    }
    if (!problems.expect(isTier(tier), path, 'expected the name of a variant, rules() or always()') || view === undefined)
      continue;
    try {
      tier.check?.(view);
    } catch (error) {
      const inner = UnderstudyError.is(error) ? error.details.problems : undefined;
      if (inner === undefined) problems.add(path, error instanceof Error ? error.message : String(error));
      for (const problem of inner ?? []) problems.add(`${path}.${problem.path}`, problem.message);
    }
  }
}

function checkSplit(
  options: AnyOptions,
  known: (name: unknown, path: string) => boolean,
  problems: Problems,
): readonly BucketRange[] {
  const shares: [string, number][] = [];
  let total = 0;
  for (const [name, share] of Object.entries(options.split ?? {})) {
    const path = `options.split.${name}`;
    const valid = problems.expect(
      typeof share === 'number' && share >= 0 && share <= 1,
      path,
      `expected a fraction 0–1, got ${String(share)}`,
    );
    if (!known(name, path) || !valid || typeof share !== 'number') continue;
    total += share;
    if (name !== options.champion) shares.push([name, share]);
  }
  if (!problems.expect(total <= 1 + 1e-9, 'options.split', `expected shares of at most 1 in all, got ${total}`)) return [];
  const { champion } = options;
  const declared = Object.entries(options.split ?? {}).find(([name]) => name === champion)?.[1];
  const rest = 1 - shares.reduce((sum, [, share]) => sum + share, 0);
  problems.expect(
    declared === undefined || Math.abs(declared - rest) < 1e-9,
    `options.split.${options.champion}`,
    `the champion takes what the challengers leave, which is ${Number(rest.toFixed(6))}: leave it out, or say just that`,
  );
  const ranges = reserveRanges(shares);
  if (!('overflow' in ranges)) return ranges;
  problems.add(
    `options.split.${ranges.overflow}`,
    `with ${shares.length} challengers this one has room for a share of ${ranges.room}: reserved ranges keep units where they are. Name fewer challengers, or another order`,
  );
  return [];
}

function checkShadow(options: AnyOptions, known: (name: unknown, path: string) => boolean, problems: Problems): void {
  for (const [name, shadow] of Object.entries(options.shadow ?? {})) {
    const path = `options.shadow.${name}`;
    if (!known(name, path) || shadow === undefined) continue;
    if (!problems.expect(isObject(shadow), path, 'expected options, such as { sampleRate: 0.2 }')) continue;
    const { sampleRate = 1 } = shadow;
    problems.expect(
      sampleRate >= 0 && sampleRate <= 1,
      `${path}.sampleRate`,
      `expected a fraction 0–1, got ${String(sampleRate)}`,
    );
    for (const key of ['concurrency', 'maxQueue', 'timeoutMs', 'maxPerMinute'] as const)
      checkNumber(shadow[key], `${path}.${key}`, problems);
    const effects = options.variants[name]?.effects ?? 'none';
    problems.expect(
      effects !== 'once',
      path,
      `${name} has effects 'once': a shadow would have them a second time. It can never be shadowed`,
    );
    problems.expect(
      effects !== 'idempotent' || shadow.allowEffects === true,
      `${path}.allowEffects`,
      `${name} has effects 'idempotent': say allowEffects: true if a shadow may have them too`,
    );
  }
}

/** What a rollout and the rest of the options ask of each other. */
function checkRolloutVariant({ rollout, split, variants }: AnyOptions, problems: Problems): void {
  const challenger = rollout?.challenger ?? '';
  problems.expect(
    split?.[challenger] === undefined,
    `options.split.${challenger}`,
    'is the challenger of the rollout, which gives it its share: leave it out of the split',
  );
  const effects = variants[challenger]?.effects ?? 'none';
  problems.expect(
    rollout?.shadow === undefined || effects === 'none',
    'options.rollout.shadow',
    `${challenger} has effects '${effects}': a shadow would have them beside the champion's. Leave the shadow stage out`,
  );
}

function checkAllocation(contract: AnyContract, options: AnyOptions, trustsOutcomes: boolean, problems: Problems): void {
  const { allocation, split, rollout } = options;
  if (allocation === undefined) return;
  const path = 'options.allocation';
  if (
    !problems.expect(
      isObject(allocation) && typeof allocation.allocate === 'function',
      path,
      'expected thompson(), or { reward, everyMs, allocate } of your own',
    )
  )
    return;
  for (const problem of allocation.problems) problems.add(`${path}.${problem.path}`, problem.message);
  problems.expect(
    Object.keys(split ?? {}).some((name) => name !== options.champion),
    'options.split',
    'expected the challengers of the allocation with the shares that they begin with, such as { v2: 0.2, v3: 0.2 }',
  );
  problems.expect(rollout === undefined, path, 'moves traffic, and so does the rollout: choose one of the two');
  const { reward } = allocation;
  if (reward === 'served') return;
  const kpis = Object.keys(contract.kpis ?? {});
  problems.expect(
    kpis.includes(reward.kpi),
    `${path}.reward.kpi`,
    `expected one of the contract's KPIs${kpis.length === 0 ? ', of which it has none' : ` ${kpis.join(', ')}`}, got ${JSON.stringify(reward.kpi)}`,
  );
  problems.expect(
    trustsOutcomes,
    `${path}.reward`,
    'has no data source that can be trusted: give createUnderstudy a signer: hmacSigner(key) of @understudy/node/signing',
  );
}

function checkMonitors(contract: AnyContract, options: AnyOptions, problems: Problems): void {
  const monitors: unknown = options.monitors ?? [];
  const path = 'options.monitors';
  if (!problems.expect(Array.isArray(monitors), path, 'expected a list of monitors, such as [drift({ reference })]')) return;
  const readable = isSchema(contract.input) && isSchema(contract.output) && isObject(options.variants);
  const setting = readable ? monitorSetting(contract, options) : undefined;
  const names = new Set<string>();
  for (const [index, monitor] of (options.monitors ?? []).entries()) {
    const at = `${path}[${index}]`;
    const isMonitor = isObject(monitor) && typeof monitor.start === 'function' && Array.isArray(monitor.problems);
    if (!problems.expect(isMonitor, at, 'expected a monitor: drift(), liveMetric(), fairness(), …')) continue;
    for (const problem of monitor.problems) problems.add(`${at}.${problem.path}`, problem.message);
    problems.expect(
      !names.has(monitor.name),
      at,
      `expected one monitor named ${monitor.name} only: give the other a name of its own`,
    );
    names.add(monitor.name);
    if (setting === undefined || monitor.problems.length > 0) continue;
    for (const problem of monitor.check?.(setting) ?? []) problems.add(`${at}.${problem.path}`, problem.message);
    problems.expect(
      !monitor.onBreach.includes('roll-back') || options.rollout !== undefined,
      `${at}.onBreach`,
      "'roll-back' has nothing to roll back: the model has no rollout",
    );
  }
}

function checkHash({ hash = 'understudy', split, rollout }: AnyOptions, problems: Problems): void {
  if (hash === 'understudy') return;
  const fits =
    isObject(hash) &&
    ((hash.kind === 'growthbook' && typeof hash.seed === 'string') ||
      (hash.kind === 'unleash' && typeof hash.groupId === 'string'));
  problems.expect(fits, 'options.hash', "expected 'understudy', { kind: 'growthbook', seed } or { kind: 'unleash', groupId }");
  problems.expect(
    split === undefined || rollout === undefined,
    'options.hash',
    'a split and a rollout need two independent hashes, and another system has but one: leave out the split, the rollout, or the hash',
  );
}

function checkNumber(value: unknown, path: string, problems: Problems): void {
  const fits = value === undefined || (typeof value === 'number' && value > 0 && Number.isFinite(value));
  problems.expect(fits, path, `expected a number over 0, got ${JSON.stringify(value)}`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isTier(value: unknown): value is Tier<unknown, unknown> {
  return (
    isObject(value) &&
    typeof Reflect.get(value, 'answer') === 'function' &&
    (Reflect.get(value, 'kind') === 'rules' || Reflect.get(value, 'kind') === 'always')
  );
}
