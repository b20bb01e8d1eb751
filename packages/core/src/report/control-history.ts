import type { ControlChangedEvent } from '../events/index.ts';
import { names, text } from './plain.ts';

const MONITOR = 'monitor:';

/** What commands have left in force, as far as their events were read. */
export class ControlHistory {
  readonly #pausedBy = new Set<string>();
  readonly #isolated = new Set<string>();
  pinned: string | null = null;

  obey({ command, variant = '', by, result }: ControlChangedEvent): void {
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
        break;
      case 'resume':
        // A monitor takes back its own pause, an operator all of them.
        if (by.startsWith(MONITOR)) this.#pausedBy.delete(by);
        else this.#pausedBy.clear();
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
}
