import { TABS, type Tab } from './tabs.ts';

/** What the panel remembers while the browser's tab is open. */
export interface Remembered {
  readonly open: boolean;
  /** Of the panel, in CSS pixels. */
  readonly height: number;
  readonly tab: Tab;
}

const NAME = 'understudy-devtools';

/** What was remembered, as far as it makes sense. Storage may be denied, full, or hold something else. */
export function recall(): Partial<Remembered> {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? 'null');
    const { open, height, tab } = Object(found) as Record<string, unknown>;
    const known = TABS.find(({ id }) => id === tab);
    return {
      ...(typeof open === 'boolean' ? { open } : {}),
      ...(typeof height === 'number' && height > 0 ? { height } : {}),
      ...(known === undefined ? {} : { tab: known.id }),
    };
  } catch {
    // Without storage it begins closed, each time.
    return {};
  }
}

export function remember(state: Remembered): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(state));
  } catch {
    // The panel works; it is only not remembered.
  }
}
