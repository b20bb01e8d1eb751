import { parseArgs } from 'node:util';
import { UnderstudyError } from '@understudy/core';
import { type Endings, type PlanOptions, planRollout, type RolloutForecast } from '@understudy/core/rollout';
import { type Command, UsageError } from './command.ts';
import { progressBar } from './progress-bar.ts';
import { readJson } from './read-json.ts';
import { textTable } from './text-table.ts';

const HELP = `Usage: understudy plan <file> [options]

Simulates a rollout: how long each stage takes, how often it is a false alarm, how soon a worse challenger is rolled back.
The file holds the options of planRollout of @understudy/core/rollout as JSON:

  {
    "gates": [{ "kind": "errorRate", "maxRatio": 1.5, "rate": 0.05 }],
    "traffic": { "unitsPerHour": 5000 },
    "canaryShares": [0.05, 0.25, 0.5]
  }

Options:
  --json       Print the forecast as JSON
  --runs N     Rollouts to simulate for each answer (10 to 100000, default 400)
  --seed N     The same seed gives the same forecast (default 1)
  -h, --help   Show this help
`;

export const plan: Command = {
  summary: 'Simulates a rollout before it starts',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, runs: { type: 'string' }, seed: { type: 'string' } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError(`Expected one file, got ${positionals.length}: understudy plan <file>.`);
    const given = await readJson(file);
    const isPlain = typeof given === 'object' && given !== null && !Array.isArray(given);
    const options = isPlain ? { ...given, ...numbers({ runs: values.runs, seed: values.seed }) } : given;
    const forecast = await forecastOf(options as PlanOptions, file);
    process.stdout.write(values.json ? `${JSON.stringify(forecast, undefined, 2)}\n` : described(forecast));
    return 0;
  },
};

/** The options that were given, as numbers; what is none is left for planRollout to refuse. */
function numbers(given: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const pairs = Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  for (const [name, text] of pairs) {
    if (text.trim() === '' || !Number.isFinite(Number(text)))
      throw new UsageError(`Expected a number after --${name}, got ${JSON.stringify(text)}.`);
  }
  return Object.fromEntries(pairs.map(([name, text]) => [name, Number(text)]));
}

async function forecastOf(options: PlanOptions, file: string): Promise<RolloutForecast> {
  const bar = progressBar('Simulating');
  try {
    return await planRollout(options, { onProgress: (done, total) => bar.update(done, total) });
  } catch (error) {
    if (!UnderstudyError.is(error)) throw error;
    throw new UnderstudyError(error.code, `${file}: ${error.message}`, { cause: error, details: error.details });
  } finally {
    bar.clear();
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const count = (value: number): string => Math.round(value).toLocaleString('en');

/** To two digits: `35 min`, `4.2 h`, `9.5 d`. */
function duration(ms: number): string {
  const [value, unit] =
    ms < 90 * 60_000 ? [ms / 60_000, 'min'] : ms < 72 * 3_600_000 ? [ms / 3_600_000, 'h'] : [ms / 86_400_000, 'd'];
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

const endings = ({ promoted, rolledBack, inconclusive }: Endings): string[] => [promoted, rolledBack, inconclusive].map(percent);

function described({ runs, seed, alpha, equal, stages, untilPromoted, worse }: RolloutForecast): string {
  const stageRows = stages.map(({ stage, entered, durationMs, units }) => [
    stage,
    percent(entered),
    duration(durationMs.expected),
    duration(durationMs.p90),
    count(units.expected),
    count(units.p90),
  ]);
  const endRows = [
    ['equal in everything', ...endings(equal), '', ''],
    ...worse.map(({ gate, factor, figure, medianUnits, medianMs, ...ends }) => [
      `${gate} ${factor}× worse (${Number(figure.toPrecision(4))})`,
      ...endings(ends),
      medianUnits === null ? 'never' : count(medianUnits),
      medianMs === null ? '' : duration(medianMs),
    ]),
  ];
  const promoted =
    untilPromoted === null
      ? 'No run was promoted: the stages are too short for what the gates must prove.'
      : `Promoted after ${duration(untilPromoted.expected)} on average, in nine of ten runs within ${duration(untilPromoted.p90)}.`;
  return [
    'An equal challenger, stage by stage',
    textTable(['stage', 'entered', 'expected', '90 % within', 'units', '90 % within'], stageRows),
    promoted,
    '',
    'How rollouts end',
    textTable(['challenger', 'promoted', 'rolled back', 'undecided', 'median units', 'median time'], endRows),
    `The first line's roll-backs are false alarms: alpha is ${percent(alpha)}. ${runs} runs each, seed ${seed}.`,
    '',
  ].join('\n');
}
