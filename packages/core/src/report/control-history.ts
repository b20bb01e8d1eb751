import type { ControlChangedEvent } from '../events/event.ts';
import { Newest } from './bounded.ts';
import { names, text } from './plain.ts';
import type { ReportPause } from './report-data.ts';

const MONITOR = 'monitor:';
const MAX_PAUSES = 50;

/** What commands have left in force, as far as their events were read. */
export class ControlHistory {
  readonly #pausedBy = new Set<string>();
  readonly #isolated = new Set<string>();
  readonly #pauses = new Newest<{ from: number; to: number | null }>(MAX_PAUSES);
  #pause: { from: number; to: number | null } | undefined;
  pinned: string | null = null;

  obey({ command, variant = '', by, result, at }: ControlChangedEvent): void {
    if (result !== 'obeyed') return;
    switch (command) {
      case 'pin':
        this.pinned = text(variant);
        break;
      case 'unpin':
        this.pinned = null;
        break;
      case 'isolate':
        this.#isolated.add(variant);
        break;
      case 'readmit':
        this.#isolated.delete(variant);
        break;
      case 'pause':
        this.#pausedBy.add(by);
        if (this.#pause === undefined) this.#pauses.add((this.#pause = { from: at, to: null }));
        break;
      case 'resume':
        // A monitor takes back its own pause, an operator all of them.
        if (by.startsWith(MONITOR)) this.#pausedBy.delete(by);
        else this.#pausedBy.clear();
        if (this.#pausedBy.size > 0 || this.#pause === undefined) break;
        this.#pause.to = at;
        this.#pause = undefined;
        break;
      default:
        break;
    }
    for (const set of [this.#pausedBy, this.#isolated]) for (const oldest of set) if (set.size > 50) set.delete(oldest);
  }

  get pausedBy(): string[] {
    return names([...this.#pausedBy]);
  }

  get isolated(): string[] {
    return names([...this.#isolated]);
  }

  /** Oldest first; the newest 50. */
  get pauses(): readonly ReportPause[] {
    return this.#pauses.list.items;
  }
}
