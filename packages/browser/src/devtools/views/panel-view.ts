import { line } from '../outline.ts';
import { TABS, type Tab } from '../tabs.ts';
import { type Branch, type Child, h } from '../tree.ts';
import { circuitsView } from './circuits-view.ts';
import { decisionsView } from './decisions-view.ts';
import { eventsView } from './events-view.ts';
import { faultsView } from './faults-view.ts';
import { modelsView } from './models-view.ts';
import { empty, mark } from './parts.ts';
import { rolloutsView } from './rollouts-view.ts';
import type { Scene } from './scene.ts';

const VIEWS: Readonly<Record<Tab, (scene: Scene) => Child>> = {
  models: modelsView,
  decisions: decisionsView,
  circuits: circuitsView,
  rollouts: rolloutsView,
  faults: faultsView,
  events: eventsView,
};

/** What the frame of the panel needs besides the scene. */
export interface Frame {
  /** Where the runtime comes from, in words. */
  readonly title: string;
  readonly shortcut: string | undefined;
  readonly corner: 'left' | 'right';
  readonly lowest: number;
  readonly highest: number;
  readonly toggle: () => void;
  readonly resize: (height: number) => void;
}

const logo = (): Branch =>
  h(
    'svg',
    { class: 'logo', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    h('rect', { width: '16', height: '16', rx: '4' }),
    h('path', { d: 'M4.5 4v4a3.5 3.5 0 0 0 7 0V4' }),
  );

/** The button that opens the panel. */
export function closedView({ corner, shortcut, toggle }: Frame): Child {
  const title = `Open the Understudy devtools${shortcut === undefined ? '' : ` (${shortcut})`}`;
  return h(
    'button',
    {
      type: 'button',
      key: 'toggle',
      class: `toggle ${corner}`,
      id: 'toggle',
      title,
      'aria-label': 'Understudy devtools',
      'aria-expanded': 'false',
      'aria-keyshortcuts': shortcut,
      onclick: toggle,
    },
    logo(),
    h('span', null, 'Understudy'),
  );
}

/** The panel. Without a scene there is no runtime to show. */
export function openView(frame: Frame, scene: Scene | undefined, tab: Tab, height: number, select: (tab: Tab) => void): Child {
  return h(
    'section',
    { key: 'panel', class: 'panel', 'aria-label': 'Understudy devtools', vars: { '--height': `${height}px` } },
    handle(frame, height),
    h(
      'header',
      { class: 'bar-top' },
      h('span', { class: 'brand' }, logo(), h('span', { class: 'words' }, line(frame.title, 60))),
      tabs(tab, scene, select),
      h(
        'button',
        {
          type: 'button',
          class: 'close',
          'aria-label': 'Close the Understudy devtools',
          title: frame.shortcut === undefined ? 'Close' : `Close (${frame.shortcut})`,
          onclick: frame.toggle,
        },
        h('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, h('path', { d: 'M4 4l8 8M12 4l-8 8' })),
      ),
    ),
    h(
      'div',
      { key: tab, class: `content ${tab}`, role: 'tabpanel', id: 'content', tabindex: '0', 'aria-labelledby': `tab-${tab}` },
      scene === undefined
        ? h('p', { class: 'soft' }, 'The property understudy of this element is not set to a runtime of createUnderstudy().')
        : viewOf(tab, scene),
    ),
    h(
      'div',
      { class: 'said', role: 'status' },
      scene?.ui.notice === undefined ? null : mark(scene.ui.notice.level, line(scene.ui.notice.text, 300)),
    ),
  );
}

/** One part that cannot be drawn leaves the others. */
function viewOf(tab: Tab, scene: Scene): Child {
  try {
    return VIEWS[tab](scene);
  } catch {
    return empty('This cannot be shown', 'Something in it is not what it says it is.');
  }
}

/** Tabs with one stop for the Tab key; arrows, Home and End move among them. */
function tabs(tab: Tab, scene: Scene | undefined, select: (tab: Tab) => void): Branch {
  const onkeydown = (event: KeyboardEvent): void => {
    const place = TABS.findIndex(({ id }) => id === tab);
    const steps: Readonly<Record<string, number>> = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    const next = TABS.at(step % TABS.length);
    if (next === undefined) return;
    event.preventDefault();
    select(next.id);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return h(
    'div',
    { class: 'tabs', role: 'tablist', 'aria-label': 'Parts of the devtools', onkeydown },
    TABS.map(({ id, title }) =>
      h(
        'button',
        {
          type: 'button',
          key: id,
          id: `tab-${id}`,
          role: 'tab',
          'aria-selected': String(id === tab),
          'aria-controls': id === tab ? 'content' : undefined,
          tabindex: id === tab ? '0' : '-1',
          onclick: () => select(id),
        },
        title,
        badgeOf(id, scene),
      ),
    ),
  );
}

/** Faults under way are told on every tab: they are easily forgotten. */
function badgeOf(id: Tab, scene: Scene | undefined): Child {
  if (id !== 'faults' || scene === undefined) return null;
  const running = scene.faults.runs.filter((run) => scene.faults.isRunning(run)).length;
  return running === 0 ? null : h('span', { class: 'badge' }, `${running} on`);
}

const STEP = 24;
const LARGE_STEP = 120;

/** The upper edge, which makes the panel higher or lower: with a pointer, or with the arrows. */
function handle({ lowest, highest, resize }: Frame, height: number): Branch {
  return h('div', {
    class: 'handle',
    role: 'separator',
    tabindex: '0',
    'aria-label': 'Height of the devtools',
    'aria-orientation': 'horizontal',
    'aria-valuemin': lowest,
    'aria-valuemax': highest,
    'aria-valuenow': height,
    'aria-valuetext': `${height} pixels`,
    onkeydown: (event: KeyboardEvent) => {
      const heights: Readonly<Record<string, number>> = {
        ArrowUp: height + STEP,
        ArrowDown: height - STEP,
        PageUp: height + LARGE_STEP,
        PageDown: height - LARGE_STEP,
        Home: lowest,
        End: highest,
      };
      const wanted = heights[event.key];
      if (wanted === undefined) return;
      event.preventDefault();
      resize(wanted);
    },
    onpointerdown: (event: PointerEvent) => {
      event.preventDefault();
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onpointermove: (event: PointerEvent) => {
      const node = event.currentTarget as HTMLElement;
      if (node.hasPointerCapture(event.pointerId)) resize(innerHeight - event.clientY);
    },
  });
}
