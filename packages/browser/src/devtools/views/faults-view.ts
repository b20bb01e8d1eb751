import type { DrillReport } from '@understudy/core/testing';
import { count, duration, percent } from '../format.ts';
import { FAULTS, type FaultChoice, type FaultName, type FaultRun } from '../faults.ts';
import { line } from '../outline.ts';
import { type Branch, type Child, h } from '../tree.ts';
import { anyOf, button, choice, empty, mark, name, type Row, table } from './parts.ts';
import type { Scene } from './scene.ts';

const SHARES = [1, 0.5, 0.25, 0.1].map((share) => ({ value: String(share), title: percent(share) }));
const TIMES = [10_000, 60_000, 300_000, 3_600_000].map((ms) => ({ value: String(ms), title: duration(ms) }));
const KINDS = Object.entries(FAULTS).map(([value, { title }]) => ({ value, title }));
const COLUMNS = [
  { title: 'Fault' },
  { title: 'Calls of' },
  { title: 'State' },
  { title: 'What came of it', kind: 'why' },
  { title: 'Commands' },
];

/** Faults that can be injected, and those that were. */
export function faultsView(scene: Scene): Child {
  const { faults, statuses } = scene;
  if (statuses.length === 0) return empty('No model yet', 'Faults are injected into the calls of a model.');
  return [
    form(scene),
    h(
      'p',
      { class: 'soft' },
      'The variant needs a tier after it. A fault ends by itself, when a call is served by nothing, and with this panel.',
    ),
    faults.runs.length === 0
      ? null
      : table(
          'Faults that were injected, the newest first',
          COLUMNS,
          faults.runs.map((run) => rowOf(scene, run)),
        ),
  ];
}

function form({ ui, statuses, faults, acts }: Scene): Branch {
  const models = statuses.map(({ model }) => model);
  const model = models.includes(ui.choice.model) ? ui.choice.model : (models[0] ?? '');
  const status = statuses.find((one) => one.model === model);
  const chosen: FaultChoice = { ...ui.choice, model };
  const change = (part: Partial<FaultChoice>): void => acts.set({ choice: { ...chosen, ...part } });
  const isBusy = faults.runs.some((run) => run.choice.model === model && faults.isRunning(run));
  return h(
    'form',
    {
      class: 'toolbar',
      'aria-label': 'Inject faults',
      onsubmit: (event: Event) => {
        event.preventDefault();
        void faults.begin(chosen);
      },
    },
    choice(
      'Model',
      model,
      models.map((one) => ({ value: one, title: one })),
      (value) => change({ model: value, variant: '' }),
    ),
    choice(
      'Variant',
      chosen.variant,
      anyOf(`champion, ${status?.champion ?? ''}`, Object.keys(status?.variants ?? {})),
      (variant) => change({ variant }),
    ),
    choice('Fault', chosen.fault, KINDS, (fault) => change({ fault: fault as FaultName })),
    choice('Share', String(chosen.share), SHARES, (share) => change({ share: Number(share) })),
    choice('For', String(chosen.forMs), TIMES, (ms) => change({ forMs: Number(ms) })),
    h('button', { type: 'submit', class: 'primary', disabled: isBusy }, 'Inject'),
  );
}

function rowOf({ faults, now }: Scene, run: FaultRun): Row {
  const { number, choice: chosen, report, error, endsAt } = run;
  const isRunning = faults.isRunning(run);
  return {
    key: number,
    cells: [
      `${FAULTS[chosen.fault].title}, ${percent(chosen.share)}`,
      name(`${chosen.variant === '' ? 'the champion' : chosen.variant} of ${chosen.model}`),
      error !== undefined
        ? mark('breach', 'not begun')
        : report !== undefined
          ? mark('ok', 'over')
          : mark('warn', endsAt > now ? `for ${duration(endsAt - now)}` : 'waits until it serves again'),
      error === undefined ? (report === undefined ? '' : line(sentence(report), 500)) : line(error, 500),
      isRunning ? button('End', FAULTS[chosen.fault].title, () => faults.end(run)) : '',
    ],
  };
}

const ENDS = {
  time: 'Its time was over.',
  'real-failures': 'Failures came that were not injected.',
  unserved: 'A call was served by nothing.',
  stopped: 'It was ended.',
} as const satisfies Record<DrillReport['endedBy'], string>;

function sentence({ endedBy, calls, faulted, servedBy, circuit, recoveryMs }: DrillReport): string {
  const servers = Object.entries(servedBy).map(([tier, served]) => `${tier} ${count(served)}`);
  const states = circuit.map(({ to }) => to);
  return [
    ENDS[endedBy],
    `${count(faulted)} of ${count(calls)} calls got the fault${servers.length === 0 ? '' : `; served by ${servers.join(', ')}`}.`,
    ...(states.length === 0 ? [] : [`Circuit: ${states.join(', ')}.`]),
    ...(recoveryMs === null ? [] : [`It served again after ${duration(recoveryMs)}.`]),
  ].join(' ');
}
