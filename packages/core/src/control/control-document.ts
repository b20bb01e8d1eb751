/** The state that changes a model's behaviour: one small versioned document a model. */
export interface ControlDocument {
  readonly v: 1;
  /** The champion that the code declared when this was written. */
  readonly champion: string;
  /** Serves every call, whatever the split. */
  readonly pinned: string | null;
  /** Serve nothing until they are readmitted. */
  readonly isolated: readonly string[];
  /** No model tier serves until a resume. */
  readonly paused: boolean;
  /** The last change. */
  readonly changed: { readonly command: string; readonly by: string; readonly reason: string; readonly at: number } | null;
}

export function emptyDocument(champion: string): ControlDocument {
  return { v: 1, champion, pinned: null, isolated: [], paused: false, changed: null };
}

/** Reads a stored document; `undefined` when it is none, or of a newer format, which this version must not write over. */
export function parseDocument(value: unknown): ControlDocument | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const read = (name: keyof ControlDocument): unknown => Reflect.get(value, name);
  const [champion, pinned, isolated] = [read('champion'), read('pinned'), read('isolated')];
  if (read('v') !== 1 || typeof champion !== 'string') return undefined;
  return {
    v: 1,
    champion,
    pinned: typeof pinned === 'string' ? pinned : null,
    isolated: Array.isArray(isolated) ? isolated.filter((name): name is string => typeof name === 'string') : [],
    paused: read('paused') === true,
    changed: (read('changed') ?? null) as ControlDocument['changed'],
  };
}
