import { defineModel } from '@understudy/core';
import {
  calibration,
  dataQuality,
  drift,
  errorStream,
  estimatedPerformance,
  fairness,
  liveMetric,
  overrides,
  type Profile,
  profileFromRows,
  serviceLevel,
} from '@understudy/core/monitors';
import { cycle, fourPolicies, noop, predictor, smallRows, thirtyFields, threeFields, wideRows } from '../contracts.ts';
import { inTurn, measure } from '../harness.ts';
import { summarise } from '../statistics.ts';
import { type Table, timeCells, type Verdict, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';

const target = { kind: 'probability', field: 'malignant' } as const;
const variants = { v1: { predictor, version: '1' } } as const;
const shared = { variants, champion: 'v1', policies: fourPolicies() } as const;
const ALL_TARGET = 20;
/** Nanoseconds that are added. */
const DRIFT_TARGETS = { 30: 600, 3: 20 } as const;

type Row = Readonly<Record<string, number>>;

/** Every monitor that needs nothing but a target and a profile, with its defaults. */
const all = (reference: Profile) => [
  dataQuality({ reference }),
  drift({ reference }),
  estimatedPerformance({ metric: 'accuracy', breachBelow: 0.5 }),
  liveMetric({ metric: 'accuracy', breachBelow: 0.5 }),
  errorStream({}),
  calibration(),
  fairness<Row, unknown>({ groupBy: ({ feature0 = 0 }) => (feature0 < 50 ? 'low' : 'high') }),
  overrides(),
  serviceLevel(),
];

/** What monitors cost a call. */
export const monitoring: Topic = {
  name: 'monitoring',
  async run(effort) {
    const [wide, small] = [cycle(wideRows), cycle(smallRows)];
    const rows = <I>(inputs: readonly I[]): { input: I; output: { malignant: number } }[] =>
      inputs.map((input) => ({ input, output: { malignant: 0.5 } }));
    const profileOf = (name: string): Promise<Profile> =>
      profileFromRows(rows(wideRows), { name: `bench-${name}`, ...thirtyFields });
    const smallProfile = await profileFromRows(rows(smallRows), { name: 'bench-small-drift', ...threeFields });
    const define = (name: string, monitors: ReturnType<typeof all>) =>
      defineModel({ name: `bench-${name}`, ...thirtyFields, target }, { ...shared, monitors });
    const off = define('monitors-off', []);
    const drifting = define('drift', [drift({ reference: await profileOf('drift'), output: false })]);
    const everything = define('monitors', all(await profileOf('monitors')));
    const smallOff = defineModel({ name: 'bench-small-off', ...threeFields }, shared);
    const smallDrifting = defineModel(
      { name: 'bench-small-drift', ...threeFields },
      { ...shared, monitors: [drift({ reference: smallProfile, output: false })] },
    );
    const cases = {
      'bare await': inTurn(noop),
      '30 fields, no monitors': inTurn(() => off.predict(wide())),
      '30 fields, drift': inTurn(() => drifting.predict(wide())),
      '30 fields, nine monitors': inTurn(() => everything.predict(wide())),
      '3 fields, no monitors': inTurn(() => smallOff.predict(small())),
      '3 fields, drift': inTurn(() => smallDrifting.predict(small())),
    };
    const samples = await measure(cases, effort);
    const verdicts: Verdict[] = [];
    const names = Object.keys(cases) as (keyof typeof cases)[];
    const table: Table = {
      title: 'Monitors',
      columns: ['case', 'a call', 'middle half', 'added', 'added, × bare', 'target', 'met'],
      rows: names.map((name) => {
        const base = name.startsWith('30') ? '30 fields, no monitors' : '3 fields, no monitors';
        const cells = [name, ...timeCells(summarise(samples[name]))];
        if (name === base || name === 'bare await') return cells.concat('', '', '', '');
        const added = summarise(samples[name].map((time, round) => time - (samples[base][round] ?? 0))).median;
        const ratio = added / summarise(samples['bare await']).median;
        const verdict =
          name === '30 fields, nine monitors'
            ? { what: `${name} (added, × bare)`, target: ALL_TARGET, measured: ratio }
            : {
                what: `${name} (added, ns)`,
                target: DRIFT_TARGETS[name === '30 fields, drift' ? 30 : 3],
                measured: added,
              };
        verdicts.push(verdict);
        return cells.concat(`${Math.round(added)} ns`, ratio.toFixed(2), verdictCells(verdict));
      }),
      notes: ['Judgements are made once a second, within the times above. A model without monitors does not load them.'],
      verdicts,
    };
    return [table];
  },
};
