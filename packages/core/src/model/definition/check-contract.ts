import { contractView } from '../../contract/contract-view.ts';
import { introspectObject } from '../../contract/introspect.ts';
import {
  checkOptions,
  didYouMean,
  errorText,
  isRecord,
  type Problem,
  type Problems,
  readProperty,
  UnderstudyError,
} from '../../errors/index.ts';
import type { ModelDescription } from '../../monitors/monitor.ts';
import type { Tier } from '../../types/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { isFiltered } from '../plan.ts';
import { monitorsRunnerOf } from '../runners.ts';
import { oneOf } from './check-variants.ts';
import { CONTRACT } from './definition-kinds.ts';

/** The name, the schemas, the target and the KPIs; returns whether the rest can be checked against them. */
export function checkContract(contract: AnyContract, problems: Problems): boolean {
  const { settings, problems: found } = checkOptions<AnyContract, {}>(contract, CONTRACT, {});
  problems.addAll('contract', found);
  const isSound = found.every(({ path }) => path === 'name');
  if (isSound) checkTarget(settings, problems);
  return isSound;
}

/** That the output has the field that is scored, where its fields can be read. */
function checkTarget({ target, output }: AnyContract, problems: Problems): void {
  if (target === undefined) return;
  const shape = introspectObject(output, 'output');
  if (shape === undefined || shape.open) return;
  const fields = shape.fields.map(({ path }) => path);
  const names = [...new Set(fields.map((path) => path.split(/[.[]/, 1)[0] ?? path))];
  problems.expect(
    fields.includes(target.field) || names.includes(target.field),
    'contract.target.field',
    `expected a field of the output: ${names.join(', ')}; got ${JSON.stringify(target.field)}${didYouMean(target.field, names)}`,
  );
}

/** Limits of streams are for a model that streams. */
export function checkStream({ stream }: AnyContract, options: AnyOptions, problems: Problems): void {
  if (stream !== undefined) return;
  const variants = isRecord(options.variants) ? Object.entries(options.variants) : [];
  const given = [
    ...(options.stream === undefined ? [] : ['options.stream']),
    ...variants.flatMap(([name, variant]) =>
      readProperty(variant, 'stream') === undefined ? [] : [`options.variants.${name}.stream`],
    ),
  ];
  for (const path of given)
    problems.add(path, 'is for a model that streams: give its contract stream: textStream() or chunkStream()');
}

/** Names of variants, and tiers that fit the contract where that is sound. */
export function checkFallback(
  contract: AnyContract,
  options: AnyOptions,
  names: readonly string[],
  isSound: boolean,
  problems: Problems,
): void {
  const { fallback = [] } = options;
  const isList = problems.expect(Array.isArray(fallback), 'options.fallback', 'expected a list, such as [rules(…), always(…)]');
  if (!isList || fallback.length === 0) return;
  const view = isSound ? contractView(contract) : undefined;
  for (const [index, entry] of fallback.entries()) {
    const path = `options.fallback[${index}]`;
    const tier = isFiltered(entry) ? entry.entry : entry;
    if (typeof tier === 'string') {
      problems.expect(names.includes(tier), path, `${oneOf(names)}, got ${JSON.stringify(tier)}`);
      continue;
    }
    if (!problems.expect(isTier(tier), path, 'expected the name of a variant, rules() or always()') || view === undefined)
      continue;
    try {
      tier.check?.(view);
    } catch (error) {
      const inner = UnderstudyError.is(error) ? error.details.problems : undefined;
      if (inner === undefined) problems.add(path, errorText(error));
      problems.addAll(path, inner ?? []);
    }
  }
}

function isTier(value: unknown): value is Tier<unknown, unknown> {
  return (
    isRecord(value) &&
    typeof value['answer'] === 'function' &&
    typeof value['name'] === 'string' &&
    typeof value['version'] === 'string' &&
    (value['kind'] === 'rules' || value['kind'] === 'always')
  );
}

/** Each monitor by itself, beside the others, and against the contract where that is sound. */
export function checkMonitors(contract: AnyContract, options: AnyOptions, isSound: boolean, problems: Problems): void {
  const { monitors = [] } = options;
  const path = 'options.monitors';
  if (!problems.expect(Array.isArray(monitors), path, 'expected a list of monitors, such as [drift({ reference })]')) return;
  if (monitors.length === 0) return;
  const runner = monitorsRunnerOf(options);
  let description: ModelDescription | undefined;
  const names = new Set<string>();
  for (const [index, monitor] of monitors.entries()) {
    const at = `${path}[${index}]`;
    const isMonitor = isRecord(monitor) && typeof monitor.start === 'function' && monitor['~runner'] !== undefined;
    if (
      !problems.expect(
        isMonitor,
        at,
        'expected a monitor: drift(), liveMetric(), fairness(), …, or monitor() with one of your own',
      )
    ) {
      continue;
    }
    const own = guarded(() => [...monitor.problems]);
    problems.addAll(at, own);
    problems.expect(
      !names.has(monitor.name),
      at,
      `expected one monitor named ${monitor.name} only: give the other a name of its own`,
    );
    names.add(monitor.name);
    if (runner === undefined || !isSound || !isRecord(options.variants) || own.length > 0) continue;
    const described = (description ??= runner.describe(contract, options));
    const found = guarded(() => [...(monitor.check?.(described) ?? [])]);
    problems.addAll(at, found);
    problems.expect(
      !Array.isArray(monitor.onBreach) || !monitor.onBreach.includes('roll-back') || options.rollout !== undefined,
      `${at}.onBreach`,
      "'roll-back' has nothing to roll back: the model has no rollout",
    );
  }
}

/** A monitor of the user's own may throw anything where it is asked. */
function guarded(ask: () => readonly Problem[]): readonly Problem[] {
  try {
    return ask().map(({ path, message }) => ({ path, message }));
  } catch (error) {
    return [{ path: '', message: `could not be checked: it threw ${errorText(error, 200)}` }];
  }
}
