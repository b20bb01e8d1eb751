/** What policies share by name: one for a model, one for a runtime. */
export class SharedState {
  readonly #made = new Map<string, unknown>();

  get<T>(key: string, create: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, create());
    return this.#made.get(key) as T;
  }
}
