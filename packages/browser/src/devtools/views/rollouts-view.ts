import type { ModelStatus } from '@understudy/core';
import { count, percent, timeOfDay } from '../format.ts';
import type { Level } from '../happening.ts';
import { line } from '../outline.ts';
import { type Branch, type Child, h } from '../tree.ts';
import { empty, facts, mark, more, name, type Row, table } from './parts.ts';
import type { Scene } from './scene.ts';

type RolloutStatus = NonNullable<ModelStatus['rollout']>;
type Gate = RolloutStatus['gates'][number];

const CONTROL_COLUMNS = [
  { title: 'Model' },
  { title: 'Document', kind: 'number' },
  { title: 'Paused' },
  { title: 'Pinned' },
  { title: 'Isolated' },
  { title: 'Why', kind: 'why' },
];
const GATE_COLUMNS = [
  { title: 'Gate' },
  { title: 'Verdict' },
  { title: 'Proof' },
  { title: 'Harm' },
  { title: 'Champion', kind: 'number wide' },
  { title: 'Challenger', kind: 'number wide' },
  { title: 'In a sentence', kind: 'why' },
];
const CHANGE_COLUMNS = [{ title: 'Time' }, { title: 'To' }, { title: 'By', kind: 'wide' }, { title: 'Why', kind: 'why' }];
const MOST_CHANGES = 5;

/** Control documents of all models, and the rollouts that are declared. */
export function rolloutsView(scene: Scene): Child {
  const { statuses, ui } = scene;
  const rollouts = statuses.flatMap(({ model, rollout }) => (rollout === undefined ? [] : [{ model, rollout }]));
  if (statuses.length === 0) return empty('No model yet', 'Rollouts and control documents appear here.');
  return [
    rollouts.slice(0, ui.rows).map(({ model, rollout }) => rolloutOf(model, rollout)),
    h('h2', { key: 'documents' }, 'Control documents'),
    table('Control documents', CONTROL_COLUMNS, statuses.slice(0, ui.rows).map(controlRow)),
    more(scene, statuses.length),
    rollouts.length > 0 ? null : h('p', { class: 'soft' }, 'No model declares a rollout.'),
  ];
}

function controlRow({ model, control }: ModelStatus): Row {
  const { known, version, paused, pausedBy, pinned, isolated, reasons = {}, problem } = control;
  const none = h('span', { class: 'soft' }, 'no');
  return {
    key: model,
    cells: [
      name(model),
      known ? `version ${version}` : h('span', { class: 'soft' }, 'not known yet'),
      paused ? mark('warn', `by ${pausedBy.join(', ') || 'somebody'}`) : none,
      pinned === null ? none : mark('warn', pinned),
      isolated.length === 0 ? none : mark('warn', isolated.join(', ')),
      problem === undefined
        ? line(
            Object.entries(reasons)
              .map(([name, reason]) => `${name}: ${reason}`)
              .join(' · '),
            300,
          )
        : mark('breach', problem),
    ],
  };
}

function rolloutOf(model: string, rollout: RolloutStatus): Branch {
  const { phase, share, units, pairs, blocked, held, inconclusive, approval, evidence, gates, history, storeFailure } = rollout;
  const waits = blocked === null ? 'nothing: it moves on at its next judgement' : `${blocked.cause}: ${blocked.reason}`;
  return h(
    'section',
    { key: `rollout/${model}`, class: 'card', 'aria-label': line(`Rollout of ${model}`) },
    h('h2', null, 'Rollout of ', name(model), mark(levelOf(rollout), phase)),
    facts([
      ['On the challenger', percent(share)],
      ['Units of this stage', `champion ${count(units.champion)}, challenger ${count(units.challenger)}`],
      ['Shadow pairs', count(pairs)],
      ['Approval', approval],
      ['Evidence', `${count(evidence.waiting)} on its way, ${count(evidence.dropped)} lost`],
      ['Waits for', line(waits, 500)],
      ['Attempt', line(rollout.id)],
      ...(held === null ? [] : ([['Held', line(held, 500)]] as const)),
      ...(inconclusive ? ([['Inconclusive', 'resume, promote or roll back']] as const) : []),
      ...(storeFailure === null ? [] : ([['The store fails', line(storeFailure, 500)]] as const)),
    ]),
    gates.length === 0
      ? h('p', { class: 'soft' }, 'No gate compares anything in this phase.')
      : table(`Gates of the rollout of ${line(model, 60)}`, GATE_COLUMNS, gates.map(gateRow)),
    history.length === 0
      ? null
      : table(
          `Transitions of the rollout of ${line(model, 60)}, the newest first`,
          CHANGE_COLUMNS,
          history
            .slice(-MOST_CHANGES)
            .toReversed()
            .map(({ at, to, by, reason }, index) => ({
              key: index,
              cells: [timeOfDay(at), line(to, 60), name(by), line(reason, 300)],
            })),
        ),
  );
}

const levelOf = ({ phase, held, inconclusive }: RolloutStatus): Level =>
  phase === 'rolled-back' ? 'breach' : held !== null || inconclusive ? 'warn' : phase === 'retired' ? 'ok' : 'info';

const VERDICTS = { proceed: 'ok', hold: 'info', 'roll-back': 'breach' } as const satisfies Record<Gate['verdict'], Level>;

function gateRow(gate: Gate): Row {
  const { verdict, required, reason, logProof, logProofLimit, logHarm, logHarmLimit, champion, challenger } = gate;
  return {
    key: gate.gate,
    cells: [
      [name(gate.gate), required ? '' : h('span', { class: 'soft' }, ' not waited for')],
      mark(VERDICTS[verdict], verdict),
      meter('proof', logProof, logProofLimit),
      meter('harm', logHarm, logHarmLimit),
      count(champion),
      count(challenger),
      line(reason, 500),
    ],
  };
}

/** How much of the evidence that is needed is there: on the scale of its logarithm. */
function meter(kind: 'proof' | 'harm', log: number, limit: number): Child {
  if (!(limit > 0) || !Number.isFinite(limit)) return h('span', { class: 'soft' }, '–');
  const part = Math.max(0, Math.min(1, log / limit));
  return h(
    'div',
    { class: `meter ${kind}` },
    h('div', { class: 'bar', 'aria-hidden': 'true' }, h('span', { vars: { '--width': `${(part * 100).toFixed(1)}%` } })),
    h('span', { class: 'number' }, percent(Math.floor(part * 100) / 100)),
  );
}
