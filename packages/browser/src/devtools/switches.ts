import type { ControlNote, DefinedModel, Operator } from '@understudy/core';
import type { CircuitDocument, CircuitState } from '@understudy/core/policies';

/** The models of a runtime, by name. */
export type Models = ReadonlyMap<string, DefinedModel>;

/** Something that the panel can change, and put back as it was. */
interface Switch<T> {
  /** The state now. */
  readonly read: () => T;
  readonly write: (value: T) => Promise<void> | void;
  readonly same: (a: T, b: T) => boolean;
}

interface Touched {
  /** The state that the panel found. */
  readonly found: unknown;
  /** Puts it back, unless somebody else has changed it since. */
  readonly putBack: () => Promise<void> | void;
}

/** What a person may make of a circuit: `closed` releases it. */
export type CircuitChoice = 'forced-open' | 'forced-closed' | 'closed';

const REASON = 'Asked for in the devtools of the page.';

/**
 * The commands of the panel. Each says who and why, as every command does; `authorize` of the runtime may refuse it. What was touched is put
 * back by `undo()`, as far as nobody else has changed it meanwhile.
 */
export class Switches {
  readonly #models: () => Models;
  readonly #by: () => Operator;
  readonly #touched = new Map<string, Touched>();
  /** Commands under way. */
  readonly #turning = new Set<Promise<void>>();

  constructor(models: () => Models, by: () => Operator) {
    this.#models = models;
    this.#by = by;
  }

  /** How many switches are not as they were found. */
  get touched(): number {
    return this.#touched.size;
  }

  /** @throws UnderstudyError as the commands of the model do */
  async pause(name: string, paused: boolean): Promise<void> {
    const { control, status } = this.#model(name);
    await this.#turn(JSON.stringify(['pause', name]), paused, {
      read: () => status().control.paused,
      write: (value) => (value ? control.pause(this.#note) : control.resume(this.#note)),
      same: Object.is,
    });
  }

  /** @param variant `null`: none */
  async pin(name: string, variant: string | null): Promise<void> {
    const { control, status } = this.#model(name);
    await this.#turn(JSON.stringify(['pin', name]), variant, {
      read: () => status().control.pinned,
      write: (value) => (value === null ? control.unpin(this.#note) : control.pin(value, this.#note)),
      same: Object.is,
    });
  }

  async isolate(name: string, variant: string, isolated: boolean): Promise<void> {
    const { control, status } = this.#model(name);
    await this.#turn(JSON.stringify(['isolate', name, variant]), isolated, {
      read: () => status().control.isolated.includes(variant),
      write: (value) => (value ? control.isolate(variant, this.#note) : control.readmit(variant, this.#note)),
      same: Object.is,
    });
  }

  async circuit(name: string, variant: string, choice: CircuitChoice): Promise<void> {
    const circuit = this.#model(name).control.circuit(variant);
    if (circuit === undefined) return;
    const key = JSON.stringify(['circuit', name, variant]);
    const found = circuit.export();
    await this.#turn<CircuitDocument>(
      key,
      { ...found, state: choice },
      {
        read: () => circuit.export(),
        write: (document) => {
          if (document.state === 'closed') circuit.release(REASON);
          else if (isForced(document.state)) circuit.force(document.state, REASON);
          else circuit.hydrate(document);
        },
        // What a circuit does by itself has moved on: only what somebody forced is put back after a release.
        same: (a, b) => a.state === b.state || (choice === 'closed' && !isForced(a.state) && !isForced(b.state)),
      },
    );
  }

  /**
   * Puts everything back that is still as the panel has left it, and what a command under way will leave. Never rejects: a runtime may be
   * closed by now.
   */
  async undo(): Promise<void> {
    const turning = [...this.#turning];
    await this.#putBack();
    await Promise.allSettled(turning);
    await this.#putBack();
  }

  async #putBack(): Promise<void> {
    const touched = [...this.#touched.values()].toReversed();
    this.#touched.clear();
    for (const { putBack } of touched) {
      try {
        await putBack();
      } catch {
        // It stays as it is: there is nobody left to tell.
      }
    }
  }

  #turn<T>(...turn: readonly [key: string, value: T, Switch<T>]): Promise<void> {
    const turning = this.#turned(...turn).finally(() => this.#turning.delete(turning));
    this.#turning.add(turning);
    return turning;
  }

  async #turned<T>(key: string, value: T, { read, write, same }: Switch<T>): Promise<void> {
    const before = this.#touched.get(key);
    const found = before === undefined ? read() : (before.found as T);
    await write(value);
    if (same(value, found)) this.#touched.delete(key);
    else this.#touched.set(key, { found, putBack: () => (same(read(), value) ? write(found) : undefined) });
  }

  get #note(): ControlNote {
    return { by: this.#by(), reason: REASON };
  }

  #model(name: string): { readonly control: DefinedModel['control']; readonly status: DefinedModel['status'] } {
    const model = this.#models().get(name);
    if (model === undefined) throw new Error(`There is no model "${name}" any more.`);
    return { control: model.control, status: () => model.status() };
  }
}

const isForced = (state: CircuitState): state is 'forced-open' | 'forced-closed' | 'observe-only' =>
  state === 'forced-open' || state === 'forced-closed' || state === 'observe-only';
