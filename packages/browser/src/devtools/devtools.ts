import type { Operator } from '@understudy/core';
import { flag, kind, oneOf, readOptions, required, withMethods } from '@understudy/core/authoring';
import { panelOf, showToAll, TAG, type UnderstudyDevtools } from './element.ts';
import type { ShownDecision } from './explained.ts';
import type { WatchedUnderstudy } from './recorder.ts';
import { register } from './register.ts';
import { readShortcut } from './shortcut.ts';

export interface DevtoolsOptions {
  /** Whether the panel is open at first. What the browser's tab remembers wins. @defaultValue false */
  readonly open?: boolean;
  /** The keys that open and close it: Alt, Ctrl or Meta, Shift with them, and a key, such as `Ctrl+Alt+D`; `false` for none. @defaultValue 'Alt+Shift+U' */
  readonly shortcut?: string | false;
  /** Where the button is that opens it. @defaultValue 'right' */
  readonly corner?: 'left' | 'right';
  /** Who its commands are by, as `authorize` of the runtime is asked. @defaultValue { id: 'devtools', roles: ['devtools'] } */
  readonly operator?: Operator;
}

const shortcut = kind(
  (value) => value === false || (typeof value === 'string' && readShortcut(value) !== undefined),
  "keys with Alt, Ctrl or Meta, such as 'Alt+Shift+U', or false",
);
const operator = kind((value) => {
  const { id, roles } = Object(value) as Partial<Operator>;
  return typeof id === 'string' && Array.isArray(roles);
}, '{ id, roles }');
const OPTIONS = { open: flag, shortcut, corner: oneOf('left', 'right'), operator };
const RUNTIME = { understudy: required(withMethods('on')) };

/**
 * Puts the panel for developers at the bottom of the page: models, decisions with why, circuits, rollouts, faults, events. It listens, and changes
 * nothing until it is asked to. Called again for the same runtime, as when a module is loaded again, it is the same panel. In a production build
 * this function does nothing, and weighs nothing.
 *
 * @returns what removes the panel, and puts back what its commands have changed
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function devtools(understudy: WatchedUnderstudy, options: DevtoolsOptions = {}): () => void {
  readOptions<{ understudy: unknown }, {}>('devtools', { understudy }, RUNTIME, {});
  const settings = readOptions<DevtoolsOptions, {}>('devtools', options, OPTIONS, {});
  // A server renders pages, and has none.
  if (typeof document === 'undefined') return () => undefined;
  // A bundler that drops imports of a file for its effects leaves this one.
  register();
  const before = panelOf(understudy);
  const panel: UnderstudyDevtools = before ?? document.createElement(TAG);
  const { shortcut: keys, corner, operator: by } = settings;
  if (keys !== undefined) panel.shortcut = keys === false ? '' : keys;
  if (corner !== undefined) panel.corner = corner;
  if (by !== undefined) panel.operator = by;
  if (before === undefined) {
    if (settings.open === true) panel.beginOpen();
    panel.understudy = understudy;
    (document.body ?? document.documentElement).append(panel);
  }
  return () => panel.remove();
}

/**
 * Shows a decision to the panel: its row then has the input, the output and what `explain()` says. The newest 200 are kept. In a production build
 * it hands the decision back, and nothing else.
 *
 * @returns the same decision: `inspect(await model.predict(input))`
 */
export function inspect<D extends ShownDecision>(decision: D): D {
  showToAll(decision);
  return decision;
}
