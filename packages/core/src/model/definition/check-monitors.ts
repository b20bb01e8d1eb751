import { errorText, isRecord, type Problem, type Problems, problemsUnder } from '../../errors/index.ts';
import type { ModelDescription } from '../../monitors/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { monitorsRunnerOf } from '../runners.ts';

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
    for (const problem of problemsUnder(at, own)) problems.add(problem.path, problem.message);
    problems.expect(
      !names.has(monitor.name),
      at,
      `expected one monitor named ${monitor.name} only: give the other a name of its own`,
    );
    names.add(monitor.name);
    if (runner === undefined || !isSound || !isRecord(options.variants) || own.length > 0) continue;
    const described = (description ??= runner.describe(contract, options));
    const found = guarded(() => [...(monitor.check?.(described) ?? [])]);
    for (const problem of problemsUnder(at, found)) problems.add(problem.path, problem.message);
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
