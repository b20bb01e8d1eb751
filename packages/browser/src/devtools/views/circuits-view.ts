import { count, duration } from '../format.ts';
import { circuitOf, type CircuitView, mayServe } from '../circuit-state.ts';
import type { CircuitChoice } from '../switches.ts';
import { type Child, h } from '../tree.ts';
import { button, empty, mark, more, name, type Row, table } from './parts.ts';
import type { Scene } from './scene.ts';

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Model' },
  { title: 'State' },
  { title: 'Failed of calls', kind: 'number' },
  { title: 'Slow', kind: 'number wide' },
  { title: 'In a row', kind: 'number wide' },
  { title: 'Probes' },
  { title: 'Commands' },
];

function probesOf({ state, openForMs, probesInFlight }: CircuitView): Child {
  if (state === 'open') return openForMs > 0 ? `in ${duration(openForMs)}` : 'with the next call';
  if (state === 'half-open') return `${probesInFlight} under way`;
  return h('span', { class: 'soft' }, state === 'forced-open' ? 'never, until it is released' : 'none');
}

const CHOICES: readonly (readonly [CircuitChoice, string, string])[] = [
  ['forced-open', 'Force open', 'Every call is refused until it is released.'],
  ['forced-closed', 'Force closed', 'Every call goes through, whatever fails.'],
  ['closed', 'Release', 'Closed, with an empty window: it decides by itself again.'],
];

/** Every circuit of every variant. */
export function circuitsView(scene: Scene): Child {
  const { statuses, switches, acts, ui } = scene;
  const rows = statuses.flatMap((status) =>
    Object.keys(status.variants).flatMap((variant): Row[] => {
      const circuit = circuitOf(status, variant);
      if (circuit === undefined) return [];
      const { state, calls, failures, slow, consecutiveFailures } = circuit;
      const { model } = status;
      const level = state === 'closed' ? 'ok' : state === 'half-open' || mayServe(state) ? 'warn' : 'breach';
      return [
        {
          key: JSON.stringify([model, variant]),
          cells: [
            name(variant),
            name(model),
            mark(level, state),
            `${count(failures)} of ${count(calls)}`,
            count(slow),
            count(consecutiveFailures),
            probesOf(circuit),
            h(
              'div',
              { class: 'buttons' },
              CHOICES.map(([choice, label, title]) =>
                button(
                  label,
                  `${variant} of ${model}`,
                  () => acts.command(`The circuit of ${variant} is ${choice}.`, () => switches.circuit(model, variant, choice)),
                  { key: choice, title, class: choice === state && choice !== 'closed' ? 'on' : undefined },
                ),
              ),
            ),
          ],
        },
      ];
    }),
  );
  return rows.length === 0
    ? empty('No circuit', 'Variants with the policy circuitBreaker() appear here.')
    : [table('Circuits', COLUMNS, rows.slice(0, ui.rows)), more(scene, rows.length)];
}
