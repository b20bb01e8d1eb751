import type { AttemptRecord, DecisionEvent } from '@understudy/core';
import { duration, timeOfDay } from '../format.ts';
import type { Level } from '../happening.ts';
import { line } from '../outline.ts';
import type { Afterwards, Wanted } from '../recorder.ts';
import { type Branch, type Child, h } from '../tree.ts';
import { isHeld, ROWS } from '../ui.ts';
import { anyOf, button, choice, empty, facts, mark, name, type Row, table } from './parts.ts';
import type { OpenedDecision, Scene } from './scene.ts';

const COLUMNS = [
  { title: 'Time', kind: 'time' },
  { title: 'Model', kind: 'short' },
  { title: 'Outcome', kind: 'short' },
  { title: 'Served by' },
  { title: 'Took', kind: 'number' },
  { title: 'Why', kind: 'why wide' },
];

/** In CSS pixels; less would only draw a row too many. */
const ROW_HEIGHT = 28;

const levelOf = ({ outcome, degraded }: DecisionEvent): Level =>
  outcome === 'failed' ? 'breach' : outcome !== 'served' ? 'info' : degraded ? 'warn' : 'ok';

const outcomeOf = ({ outcome, degraded }: DecisionEvent): string => (outcome === 'served' && degraded ? 'degraded' : outcome);

/** The newest decisions, and the one that is open. */
export function decisionsView(scene: Scene): Child {
  const { ui, recorder, acts, opened } = scene;
  const found = ui.held?.decisions ?? recorder.decisions(ui.wanted);
  // While they move, nobody is among them: what is not seen is not drawn.
  const rows = ui.held === undefined ? Math.ceil(ui.height / ROW_HEIGHT) : ui.rows;
  const newer = ui.held === undefined ? 0 : recorder.decided - ui.held.decided;
  return [
    toolbar(scene, newer),
    h(
      'div',
      { class: opened === undefined ? 'split' : 'split both' },
      h(
        'div',
        {
          class: 'list',
          key: 'list',
          tabindex: found.length === 0 ? undefined : '0',
          role: 'group',
          'aria-label': 'Decisions',
          onpointerenter: () => acts.set({ pointed: true }),
          onpointerleave: () => acts.set({ pointed: false }),
          onfocusin: () => acts.set({ focused: true }),
          onfocusout: () => acts.set({ focused: false }),
        },
        found.length === 0
          ? empty('No decision to show', 'Calls appear here when they end. Filters may hide some.')
          : table(
              'Decisions, the newest first',
              COLUMNS,
              found.slice(0, rows).map((event, index) => rowOf(scene, event, index)),
            ),
        ui.held !== undefined && found.length > rows
          ? button('Older decisions', '', () => acts.set({ rows: ui.rows + ROWS, paused: true }), { class: 'older' })
          : null,
      ),
      opened === undefined ? null : details(scene, opened),
    ),
  ];
}

function toolbar({ ui, statuses, acts }: Scene, newer: number): Branch {
  const { wanted } = ui;
  const change = (part: Partial<Wanted>): void => acts.set({ wanted: { ...wanted, ...part }, rows: ROWS });
  const models = statuses.map(({ model }) => model);
  const variants = statuses
    .filter(({ model }) => wanted.model === '' || wanted.model === model)
    .flatMap((status) => Object.keys(status.variants).concat(status.fallback.map((tier) => tier.name)));
  return h(
    'div',
    { class: 'toolbar' },
    button(ui.paused ? 'Continue' : 'Pause', 'the list of decisions', () => acts.set({ paused: !ui.paused }), {
      class: ui.paused ? 'on' : undefined,
      key: 'pause',
    }),
    choice('Model', wanted.model, anyOf('all', models), (model) => change({ model, variant: '' })),
    choice('Variant', wanted.variant, anyOf('all', [...new Set(variants)]), (variant) => change({ variant })),
    h(
      'label',
      { class: 'choice' },
      h('input', {
        type: 'checkbox',
        checked: wanted.troubled,
        onchange: (event: Event) => change({ troubled: (event.currentTarget as HTMLInputElement).checked }),
      }),
      h('span', null, 'only degraded or failed'),
    ),
    button('Clear', 'the list of decisions', () => acts.clear(), { key: 'clear' }),
    h('span', { class: 'soft held' }, isHeld(ui) ? `Stopped here: ${newer} newer` : ''),
  );
}

/** Rows are drawn by their place: while decisions come fast, texts change and no element is made. Nobody is among them then. */
function rowOf({ ui, acts }: Scene, event: DecisionEvent, place: number): Row {
  const isOpened = ui.opened?.id === event.id;
  const toggle = (): void => acts.set({ opened: isOpened ? undefined : event });
  return {
    key: place,
    attributes: { class: isOpened ? 'chosen' : undefined, onclick: toggle },
    cells: [
      h(
        'button',
        {
          type: 'button',
          class: 'link',
          'aria-expanded': String(isOpened),
          onclick: (click: Event) => {
            // The row has the same.
            click.stopPropagation();
            toggle();
          },
        },
        timeOfDay(event.at),
      ),
      line(event.model, 60),
      mark(levelOf(event), outcomeOf(event)),
      event.servedBy === ''
        ? h('span', { class: 'soft' }, 'nothing')
        : [
            line(event.servedBy, 60),
            ' ',
            h('span', { class: 'soft' }, event.tier === 'model' ? line(event.version, 20) : event.tier),
          ],
      duration(event.durationMs),
      line(event.reason, 160),
    ],
  };
}

function details({ acts }: Scene, { event, explained, input, output, afterwards }: OpenedDecision): Branch {
  const { attempts } = explained;
  return h(
    'section',
    { class: 'details', key: 'details', tabindex: '0', 'aria-label': 'The decision that is open' },
    h(
      'div',
      { class: 'head' },
      h('h2', null, mark(levelOf(event), outcomeOf(event)), ' ', h('span', { class: 'soft' }, timeOfDay(event.at))),
      button('Close', 'this decision', () => acts.set({ opened: undefined })),
    ),
    h('p', { class: 'reason' }, line(explained.reason, 1000)),
    attempts.length === 0 ? null : [h('h3', null, 'Attempts'), attemptsOf(event, attempts)],
    h('h3', null, explained.from === 'explain' ? 'What explain() says' : 'What the event says'),
    facts(explained.facts.map(([title, text]) => [title, line(text, 500)])),
    contentOf('Input', input),
    contentOf('Output', output),
    input === undefined && output === undefined
      ? h('p', { class: 'soft' }, 'inspect(decision) shows its input and output here.')
      : null,
    afterwards.length === 0
      ? null
      : [
          h('h3', null, 'Afterwards'),
          h(
            'ul',
            null,
            afterwards.map((one) => h('li', { key: one.id }, line(afterwardsOf(one), 500))),
          ),
        ],
  );
}

function attemptsOf(event: DecisionEvent, attempts: readonly AttemptRecord[]): Branch {
  const whole = Math.max(0.001, event.durationMs, ...attempts.map(({ startMs, durationMs }) => startMs + durationMs));
  const part = (ms: number): string => `${((ms / whole) * 100).toFixed(2)}%`;
  return h(
    'ol',
    { class: 'attempts' },
    attempts.map((attempt, index) => {
      const { tier, startMs, durationMs, resultClass, errorType, status, message } = attempt;
      const isGood = resultClass === 'ok' || resultClass === 'slow';
      const ended = [resultClass, errorType, status, message].filter((text) => text !== undefined).join(', ');
      return h(
        'li',
        { key: index },
        h(
          'span',
          null,
          name(attempt.name),
          ' ',
          h('span', { class: 'soft' }, attempt.attempt > 1 ? `no. ${attempt.attempt}` : tier),
        ),
        h(
          'span',
          { class: 'track', 'aria-hidden': 'true' },
          h('span', { class: isGood ? 'good' : 'bad', vars: { '--from': part(startMs), '--part': part(durationMs) } }),
        ),
        h('span', { class: 'number' }, duration(durationMs)),
        h('span', { class: 'ended' }, line(ended, 500)),
      );
    }),
  );
}

const contentOf = (title: string, text: string | undefined): Child =>
  text === undefined ? null : [h('h3', null, title), h('pre', { tabindex: '0', 'aria-label': title, role: 'group' }, text)];

function afterwardsOf(one: Afterwards): string {
  if (one.type === 'outcome') return `Outcome, ${one.kind}: ${one.result}${one.reason === undefined ? '' : `, ${one.reason}`}`;
  const verdict = one.agrees === null ? 'not compared' : one.agrees ? 'agrees' : 'disagrees';
  return `Shadow ${one.variant} ${one.version} ${verdict}, in ${duration(one.durationMs)}`;
}
