import type { ModelStatus } from '@understudy/core';
import { count, duration, percent, rate } from '../format.ts';
import { line } from '../outline.ts';
import type { Recent } from '../recent-calls.ts';
import { type Branch, type Child, h } from '../tree.ts';
import { circuitOf, mayServe } from '../circuit-state.ts';
import { button, empty, facts, mark, more, name, type Row, table } from './parts.ts';
import type { Scene } from './scene.ts';

const COLUMNS = [
  { title: 'Model' },
  { title: 'In force' },
  { title: 'State' },
  { title: 'Calls', kind: 'number' },
  { title: 'Served by, of the last 10 s' },
  { title: 'Fallback', kind: 'number' },
  { title: 'p50 / p99', kind: 'number wide' },
  { title: 'Last error', kind: 'wide' },
  { title: 'Commands' },
];

/** What serves, as it stands now. */
function inForce({ control, champion, variants }: ModelStatus): Child {
  const serving = control.paused ? undefined : (control.pinned ?? champion);
  if (serving === undefined) return h('span', { class: 'soft' }, 'rules and fixed outputs');
  return [name(serving), ' ', h('span', { class: 'soft' }, line(variants[serving]?.version ?? '', 40))];
}

function stateOf(status: ModelStatus): Child {
  const { control, monitors, variants } = status;
  const marks: Branch[] = [];
  const add = (level: Parameters<typeof mark>[0], text: string): void => void marks.push(mark(level, text, text));
  if (control.problem !== undefined) add('breach', 'control document damaged');
  if (control.paused) add('warn', `paused by ${control.pausedBy.join(', ') || 'somebody'}`);
  if (control.pinned !== null) add('warn', `pinned to ${control.pinned}`);
  for (const variant of control.isolated) add('warn', `${variant} isolated`);
  for (const variant of Object.keys(variants)) {
    const state = circuitOf(status, variant)?.state;
    if (state !== undefined && !mayServe(state)) add('breach', `circuit of ${variant} ${state}`);
  }
  const breaches = monitors?.reports.filter((report) => report.status === 'breach').length ?? 0;
  if (breaches > 0) add('breach', `${breaches} ${breaches === 1 ? 'monitor' : 'monitors'} in breach`);
  if (marks.length === 0) add('ok', 'normal');
  return h('div', { class: 'marks' }, marks);
}

/** Which tiers served lately: a bar with its words. */
function tiersOf(recent: Recent | undefined): Child {
  if (recent === undefined || recent.calls === 0) return h('span', { class: 'soft' }, 'no calls');
  const { calls, tiers } = recent;
  const words = tiers.map(([tier, served]) => `${tier === 'none' ? 'nothing' : tier} ${percent(served / calls)}`);
  return h(
    'div',
    { class: 'tiers' },
    h(
      'div',
      { class: 'bar', 'aria-hidden': 'true' },
      tiers.map(([tier, served]) => h('span', { key: tier, class: `tier-${tier}`, vars: { '--part': `${served}` } })),
    ),
    h('span', { class: 'soft' }, words.join(', ')),
  );
}

function lastError(scene: Scene, model: string): Child {
  const event = scene.recorder.lastFailed(model);
  if (event === undefined) return h('span', { class: 'soft' }, 'none');
  const attempt = event.attempts.findLast(({ resultClass }) => resultClass === 'failed');
  const type = attempt?.errorType ?? event.errorType ?? '';
  return name(`${type}${attempt === undefined ? '' : ` of ${attempt.name}`}: ${attempt?.message ?? event.reason}`);
}

/** A switch between the model and what comes after it. */
function pauseButton({ switches, acts }: Scene, { model, control }: ModelStatus): Branch {
  return control.paused
    ? button('Resume', model, () => acts.command(`${model} serves again.`, () => switches.pause(model, false)), {
        key: 'pause',
        class: 'on',
      })
    : button('Force fallback', model, () => acts.command(`${model} is paused.`, () => switches.pause(model, true)), {
        key: 'pause',
        title: 'No model tier serves until you resume: rules and fixed outputs do.',
      });
}

/** All models: what each does lately, and its variants when it is chosen. */
export function modelsView(scene: Scene): Child {
  const { statuses, ui, recorder, acts } = scene;
  if (statuses.length === 0) return empty('No model yet', 'Models of this runtime appear here once they are defined.');
  const rows = statuses.slice(0, ui.rows).map((status): Row => {
    const { model, latencyMs, calls } = status;
    const recent = recorder.recent(model);
    const isChosen = ui.model === model;
    return {
      key: model,
      attributes: { class: isChosen ? 'chosen' : undefined },
      cells: [
        h(
          'button',
          {
            type: 'button',
            class: 'link name',
            title: line(model, 500),
            'aria-expanded': String(isChosen),
            onclick: () => acts.set({ model: isChosen ? undefined : model }),
          },
          line(model),
        ),
        inForce(status),
        stateOf(status),
        [rate(recent?.perSecond ?? 0), ' ', h('span', { class: 'soft' }, `${count(calls.total)} in all`)],
        tiersOf(recent),
        percent(recent?.degraded),
        `${duration(latencyMs.p50)} / ${duration(latencyMs.p99)}`,
        lastError(scene, model),
        pauseButton(scene, status),
      ],
    };
  });
  const chosen = statuses.find(({ model }) => model === ui.model);
  return [
    table('Models of this runtime', COLUMNS, rows),
    more(scene, statuses.length),
    chosen === undefined ? null : variantsOf(scene, chosen),
  ];
}

const VARIANT_COLUMNS = [
  { title: 'Variant' },
  { title: 'Version' },
  { title: 'Role' },
  { title: 'Share', kind: 'number' },
  { title: 'Served', kind: 'number' },
  { title: 'Failures', kind: 'number' },
  { title: 'Circuit', kind: 'wide' },
  { title: 'Shadow agrees', kind: 'number wide' },
  { title: 'Commands' },
];

function variantsOf({ switches, acts }: Scene, status: ModelStatus): Branch {
  const { model, control, variants, availability, servedByTier, fallback } = status;
  const rows = Object.entries(variants).map(([variant, { version, role, share, isolated, served, failures, shadow }]): Row => {
    const isPinned = control.pinned === variant;
    return {
      key: variant,
      cells: [
        name(variant),
        name(version),
        role,
        percent(share),
        count(served),
        count(failures),
        circuitOf(status, variant)?.state ?? h('span', { class: 'soft' }, 'none'),
        percent(shadow?.agreement),
        h(
          'div',
          { class: 'buttons' },
          button(
            isPinned ? 'Unpin' : 'Pin',
            variant,
            () =>
              acts.command(isPinned ? `${model} is pinned no more.` : `${model} is pinned to ${variant}.`, () =>
                switches.pin(model, isPinned ? null : variant),
              ),
            { key: 'pin', class: isPinned ? 'on' : undefined, title: 'Sends every call to one variant.' },
          ),
          button(
            isolated ? 'Readmit' : 'Isolate',
            variant,
            () =>
              acts.command(`${variant} is ${isolated ? 'readmitted' : 'isolated'}.`, () =>
                switches.isolate(model, variant, !isolated),
              ),
            { key: 'isolate', class: isolated ? 'on' : undefined, title: 'Takes a variant off until it is readmitted.' },
          ),
        ),
      ],
    };
  });
  const tiers = Object.entries(servedByTier).map(([tier, served]) => `${tier} ${count(served)}`);
  return h(
    'section',
    { class: 'card', 'aria-label': line(`Variants of ${model}`) },
    h('h2', null, 'Variants of ', name(model)),
    table(`Variants of ${line(model, 60)}`, VARIANT_COLUMNS, rows),
    facts([
      ['Available', percent(availability)],
      ['Served in all', tiers.join(', ')],
      ['Fallback', fallback.map((tier) => line(`${tier.name} ${tier.version}`)).join(', ') || 'variants alone, or none'],
    ]),
  );
}
