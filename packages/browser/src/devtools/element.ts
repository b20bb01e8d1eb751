import type { ModelStatus, Operator } from '@understudy/core';
import { explained, type ShownDecision } from './explained.ts';
import { Faults } from './faults.ts';
import { percent } from './format.ts';
import { outline } from './outline.ts';
import { Recorder, type WatchedUnderstudy } from './recorder.ts';
import { recall, remember } from './session-memory.ts';
import { isPressed, readShortcut } from './shortcut.ts';
import { CSS } from './styles.ts';
import { Switches } from './switches.ts';
import type { Tab } from './tabs.ts';
import { type Child, drawer } from './tree.ts';
import { FIRST_UI, isHeld, ROWS, type Ui } from './ui.ts';
import { closedView, type Frame, openView } from './views/panel-view.ts';
import type { OpenedDecision, Scene } from './views/scene.ts';

export const TAG = 'understudy-devtools';

/** How often figures are drawn anew, and how often the models are asked for their status, in milliseconds. */
const DRAW_MS = 200;
const STATUS_MS = 500;
/** Statuses that take longer are asked for in the next frame: a task of ours stays short. */
const STATUS_BUDGET_MS = 4;
const NOTICE_MS = 8000;
const LOWEST = 140;
const MOST_SHOWN = 200;

/** What the page must not hear of: a click in the panel is none beside an open menu, a letter in it no shortcut of the page. */
const OURS =
  'click dblclick mousedown mouseup pointerdown pointerup touchstart touchend keydown keyup keypress input change submit focusin focusout wheel'.split(
    ' ',
  );

/** Servers have no elements: the class can be loaded there, and is never made. */
const Base = (typeof HTMLElement === 'undefined' ? Object : HTMLElement) as typeof HTMLElement;

/** Nobody is among the decisions: what is taken off the page tells nothing of it. */
const AWAY = { pointed: false, focused: false };

const PROPERTIES = ['understudy', 'shortcut', 'corner', 'operator'] as const;

/** Everything that lives while a runtime is watched. */
interface Watch {
  readonly understudy: WatchedUnderstudy;
  readonly recorder: Recorder;
  readonly switches: Switches;
  readonly faults: Faults;
}

/** Panels that are on the page: one set, however many copies of this module there are. */
const PANELS = Symbol.for('understudy.devtools');
const connected = ((globalThis as { [PANELS]?: Set<UnderstudyDevtools> })[PANELS] ??= new Set());

/** The panel of a runtime, where one is on the page. */
export const panelOf = (understudy: WatchedUnderstudy): UnderstudyDevtools | undefined =>
  [...connected].find((panel) => panel.isConnected && panel.understudy === understudy);

/** Shows a decision to every panel on the page. */
export function showToAll(decision: ShownDecision): void {
  for (const panel of connected) panel.show(decision);
}

/**
 * `<understudy-devtools>`: a panel at the bottom of a page, for those who develop it. It shows what a runtime does: models, decisions with why,
 * circuits, rollouts, events; and gives commands. Set `understudy`; everything else has a default.
 */
export class UnderstudyDevtools extends Base {
  #understudy: WatchedUnderstudy | undefined;
  #shortcut = 'Alt+Shift+U';
  #corner: 'left' | 'right' = 'right';
  #operator: Operator = { id: 'devtools', roles: ['devtools'] };
  #watch: Watch | undefined;
  #ui: Ui = FIRST_UI;
  #statuses = new Map<string, ModelStatus>();
  #statusQueue: string[] = [];
  #statusAt = Number.NEGATIVE_INFINITY;
  #frame: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #draw: ((children: readonly Child[]) => void) | undefined;
  #opened: OpenedDecision | undefined;
  #focusBefore: Element | null | undefined;
  /** Where the focus goes with the next drawing. */
  #focusNext: string | undefined;
  readonly #shown = new Map<string, ShownDecision>();

  /** The runtime that is shown: what `createUnderstudy()` returned. */
  get understudy(): WatchedUnderstudy | undefined {
    return this.#understudy;
  }
  set understudy(value: WatchedUnderstudy | null | undefined) {
    if (value === this.#understudy) return;
    this.#unwatch();
    this.#understudy = value ?? undefined;
    if (this.isConnected) this.#begin();
  }

  /** The keys that open and close the panel, such as `Alt+Shift+U`; empty for none. @defaultValue 'Alt+Shift+U' */
  get shortcut(): string {
    return this.#shortcut;
  }
  set shortcut(value: string | false | null | undefined) {
    this.#shortcut = typeof value === 'string' ? value : '';
    this.#redraw();
  }

  /** Where the button is that opens the panel. @defaultValue 'right' */
  get corner(): 'left' | 'right' {
    return this.#corner;
  }
  set corner(value: 'left' | 'right' | null | undefined) {
    this.#corner = value === 'left' ? 'left' : 'right';
    this.#redraw();
  }

  /** Who commands of the panel are by, as `authorize` of the runtime is asked. @defaultValue `{ id: 'devtools', roles: ['devtools'] }` */
  get operator(): Operator {
    return this.#operator;
  }
  set operator(value: Operator | null | undefined) {
    if (value !== null && value !== undefined) this.#operator = value;
  }

  /** Whether the panel is open. It is remembered while the browser's tab is open. */
  get open(): boolean {
    return this.#ui.open;
  }
  set open(value: boolean) {
    this.#set({ open: value, ...AWAY });
  }

  /** Opens it where the browser's tab remembers nothing. */
  beginOpen(): void {
    this.#ui = { ...this.#ui, open: true };
  }

  connectedCallback(): void {
    connected.add(this);
    for (const name of PROPERTIES) this.#adopt(name);
    this.#ui = { ...this.#ui, ...recall() };
    if (this.#draw === undefined) this.#build();
    addEventListener('keydown', this.#keyed, true);
    addEventListener('resize', this.#resized);
    document.addEventListener('visibilitychange', this.#seen);
    this.#begin();
    this.#redraw();
  }

  /** An element that is only moved on the page goes on. */
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (!this.isConnected) this.#end();
    });
  }

  /** Keeps a decision, so that its row has its input, its output and what `explain()` says: the newest 200. */
  show(decision: ShownDecision): void {
    this.#guard(() => {
      const { id } = decision;
      if (typeof id !== 'string') return;
      this.#shown.delete(id);
      this.#shown.set(id, decision);
      const [oldest] = this.#shown.keys();
      if (this.#shown.size > MOST_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
      if (this.#ui.opened?.id === id) this.#redraw();
    });
  }

  #build(): void {
    const shadow = this.attachShadow({ mode: 'open' });
    // What imitates a page, as tests do, may have no such sheets.
    if ('adoptedStyleSheets' in shadow) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      shadow.adoptedStyleSheets = [sheet];
    }
    const root = document.createElement('div');
    Object.assign(root, { className: 'root', lang: 'en', dir: 'ltr', translate: false });
    shadow.append(root);
    for (const type of OURS) root.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
    root.addEventListener('keydown', this.#escaped);
    this.#draw = drawer(root, this.#failed);
  }

  /** A property that was set before the element was defined hides the accessor of the class. */
  #adopt(name: (typeof PROPERTIES)[number]): void {
    if (!Object.hasOwn(this, name)) return;
    const value: unknown = Reflect.get(this, name);
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }

  #begin(): void {
    const understudy = this.#understudy;
    if (understudy === undefined || this.#watch !== undefined) return;
    this.#guard(() => {
      const models = () => understudy.models;
      const by = () => this.#operator;
      this.#watch = {
        understudy,
        recorder: new Recorder(understudy, now),
        switches: new Switches(models, by),
        faults: new Faults(models, by, now, () => this.#redraw()),
      };
    });
    this.#redraw();
  }

  #unwatch(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    this.#statuses.clear();
    this.#statusQueue = [];
    this.#statusAt = Number.NEGATIVE_INFINITY;
    this.#opened = undefined;
    this.#ui = { ...this.#ui, opened: undefined, held: undefined, model: undefined };
    if (watch === undefined) return;
    this.#guard(() => watch.recorder.end());
    watch.faults.endAll();
    void watch.switches.undo();
  }

  #end(): void {
    connected.delete(this);
    removeEventListener('keydown', this.#keyed, true);
    removeEventListener('resize', this.#resized);
    document.removeEventListener('visibilitychange', this.#seen);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    clearTimeout(this.#noticeTimer);
    this.#frame = this.#timer = undefined;
    this.#shown.clear();
    this.#unwatch();
  }

  #set(change: Partial<Ui>): void {
    const before = this.#ui;
    let ui = { ...before, ...change };
    const isNewList = change.wanted !== undefined;
    const watch = this.#watch;
    if (!isHeld(ui)) ui = { ...ui, held: undefined, rows: isHeld(before) ? ROWS : ui.rows };
    else if (watch !== undefined && (ui.held === undefined || isNewList))
      ui = { ...ui, held: { decisions: watch.recorder.decisions(ui.wanted), decided: watch.recorder.decided } };
    this.#ui = ui;
    if (change.open !== undefined || change.height !== undefined || change.tab !== undefined)
      remember({ open: ui.open, height: ui.height, tab: ui.tab });
    if (change.notice !== undefined) {
      clearTimeout(this.#noticeTimer);
      this.#noticeTimer = setTimeout(() => this.#set({ notice: undefined }), NOTICE_MS);
    }
    this.#redraw();
  }

  #toggle(): void {
    const open = !this.#ui.open;
    let focused = document.activeElement;
    if (open) {
      while (focused !== this && focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
      this.#focusBefore = focused === this ? undefined : focused;
      this.#focusNext = `tab-${this.#ui.tab}`;
    } else if (focused === this) this.#focusNext = 'toggle';
    this.#set({ open, ...AWAY });
  }

  readonly #keyed = (event: KeyboardEvent): void => {
    const shortcut = readShortcut(this.#shortcut);
    if (shortcut === undefined || event.repeat || !isPressed(shortcut, event)) return;
    event.preventDefault();
    event.stopPropagation();
    const before = this.#focusBefore;
    this.#toggle();
    // The keyboard goes back to where it came from.
    if (!this.#ui.open && before instanceof HTMLElement && before !== document.body && before.isConnected) {
      this.#focusNext = undefined;
      before.focus();
    }
  };

  readonly #escaped = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (this.#ui.tab === 'decisions' && this.#ui.opened !== undefined) this.#set({ opened: undefined });
    else if (this.#ui.open) this.#toggle();
  };

  readonly #resized = (): void => this.#redraw();
  readonly #seen = (): void => this.#redraw();
  readonly #failed = (error: unknown): void => {
    const text = error instanceof Error ? error.message : 'A part of the panel failed.';
    this.#set({ notice: { level: 'breach', text } });
  };

  /** Whatever fails in here, the page does not hear of it. */
  #guard(work: () => void): void {
    try {
      work();
    } catch {
      // The panel shows what it can.
    }
  }

  /** Asks for a drawing in the next frame: many changes are drawn once. A page that is not looked at has no frames. */
  #redraw(): void {
    if (!this.isConnected || this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#guard(() => this.#render());
    });
  }

  #render(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const at = now();
    const { open, tab, height } = this.#ui;
    const frame = this.#frameOf();
    if (!open) {
      this.#draw?.([closedView(frame)]);
    } else {
      this.#refreshStatuses(at);
      const shownHeight = Math.min(Math.max(height, frame.lowest), frame.highest);
      const select = (next: Tab): void => this.#set({ tab: next, ...AWAY });
      this.#draw?.([openView(frame, this.#scene(at), tab, shownHeight, select)]);
      // While it is open and seen, figures move.
      if (!document.hidden) this.#timer = setTimeout(() => this.#redraw(), DRAW_MS);
    }
    const focus = this.#focusNext;
    this.#focusNext = undefined;
    if (focus !== undefined) this.shadowRoot?.getElementById(focus)?.focus();
  }

  #frameOf(): Frame {
    const { application, environment } = this.#watch?.understudy ?? {};
    const shortcut = readShortcut(this.#shortcut) === undefined ? undefined : this.#shortcut;
    return {
      title: ['Understudy', application, environment].filter((part) => typeof part === 'string' && part !== '').join(' · '),
      shortcut,
      corner: this.#corner,
      lowest: LOWEST,
      highest: Math.max(LOWEST, innerHeight - 24),
      toggle: () => this.#toggle(),
      resize: (height) => this.#set({ height: Math.round(Math.min(Math.max(height, LOWEST), innerHeight - 24)) }),
    };
  }

  #scene(at: number): Scene | undefined {
    const watch = this.#watch;
    if (watch === undefined) return undefined;
    const { recorder, switches, faults } = watch;
    return {
      ui: this.#ui,
      statuses: [...this.#statuses.values()],
      recorder,
      switches,
      faults,
      opened: this.#openedDecision(recorder),
      now: at,
      acts: {
        set: (change) => this.#set(change),
        command: (done, work) => void this.#command(done, work),
        clear: () => {
          recorder.clear();
          this.#set({ opened: undefined, paused: false, held: undefined });
        },
      },
    };
  }

  async #command(done: string, work: () => Promise<void>): Promise<void> {
    let notice: NonNullable<Ui['notice']> = { level: 'ok', text: done };
    try {
      await work();
    } catch (error) {
      notice = { level: 'breach', text: error instanceof Error ? error.message : 'The command failed.' };
    }
    // A panel that is gone by now tells nobody.
    if (!this.isConnected) return;
    this.#statusAt = Number.NEGATIVE_INFINITY;
    this.#set({ notice });
  }

  /** Made once for a decision, and again when the page shows more of it. */
  #openedDecision(recorder: Recorder): OpenedDecision | undefined {
    const { opened } = this.#ui;
    if (opened === undefined) return (this.#opened = undefined);
    const shown = this.#shown.get(opened.id);
    const before = this.#opened;
    const afterwards = recorder.afterwards(opened.id);
    const isKnown = before?.event === opened && (before.explained.from === 'explain') === (shown !== undefined);
    if (isKnown && before !== undefined) return (this.#opened = { ...before, afterwards });
    const all = explained(opened, shown, percent);
    return (this.#opened = {
      event: opened,
      explained: all,
      input: all.input === undefined ? undefined : outline(all.input.value),
      output: all.output === undefined ? undefined : outline(all.output.value),
      afterwards,
    });
  }

  /** Asks the models for their status, a few milliseconds at a time. */
  #refreshStatuses(at: number): void {
    const models = this.#watch?.understudy.models;
    if (models === undefined) return;
    if (this.#statusQueue.length === 0) {
      if (at - this.#statusAt < STATUS_MS) return;
      this.#statusAt = at;
      this.#statusQueue = [...models.keys()];
      for (const name of this.#statuses.keys()) if (!models.has(name)) this.#statuses.delete(name);
    }
    const until = at + STATUS_BUDGET_MS;
    let name = this.#statusQueue.shift();
    while (name !== undefined) {
      const model = models.get(name);
      if (model !== undefined) {
        const known = name;
        this.#guard(() => void this.#statuses.set(known, model.status()));
      }
      if (now() > until) break;
      name = this.#statusQueue.shift();
    }
    if (this.#statusQueue.length > 0) this.#redraw();
  }
}

const now = (): number => performance.now();
