import { type CanaryResult, tryPrompt } from './canary.ts';
import { LiveView, type Screen } from './live-view.ts';
import { type DeskRun, runDesk } from './run-desk.ts';
import { canarySummary, deskSummary } from './summary.ts';
import { deskWithAdapters } from './with-adapters.ts';
import { deskWithAiSdk } from './with-ai-sdk.ts';
import { deskWithOfficialClients } from './with-official-clients.ts';

export interface ExampleRun {
  readonly desks: readonly DeskRun[];
  readonly canaries: readonly CanaryResult[];
}

const DESKS = [
  ['AI SDK', deskWithAiSdk],
  ['official clients', deskWithOfficialClients],
  ['adapters', deskWithAdapters],
] as const;
const PROMPTS = [
  { name: 'think in steps', writes: 300 },
  { name: 'name the order', writes: 88 },
];

/** Runs the desk in all three ways, and two canaries of new prompts; tells it all. */
export async function runExample(seed: number, screen: Screen): Promise<ExampleRun> {
  const desks: DeskRun[] = [];
  {
    using view = new LiveView(screen);
    for (const [title, make] of DESKS) {
      view.begin(title);
      desks.push(await runDesk(make, seed, (event) => view.add(event)));
    }
  }
  const canaries: CanaryResult[] = [];
  for (const prompt of PROMPTS) canaries.push(await tryPrompt(prompt, seed));
  const lines = [
    '',
    ...desks.flatMap((desk) => [...deskSummary(desk), '']),
    'Two new prompts, each on a share of simulated traffic; a call may cost $0.0001 more:',
    ...canaries.flatMap(canarySummary),
  ];
  screen.write(`${lines.join('\n')}\n`);
  return { desks, canaries };
}
