import { type Breaches, parseBreaches } from './breach-state.ts';
import { parseRollout, type RolloutState } from './rollout-state.ts';

/** What was replaced, and until when it does not come back by itself: processes of an older release may still run. */
export interface Superseded {
  /** `champion` and its name, `challenger` and its name and version, or the pair of a rollout. */
  readonly name: string;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

/** What an allocation gives each challenger; the champion has the rest. */
export interface AllocatedShares {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** 0–1, by challenger. */
  readonly shares: Readonly<Record<string, number>>;
}

/** The state that changes a model's behaviour: one small versioned document a model. */
export interface ControlDocument {
  readonly v: 2;
  /** The champion that the code declared when this was written. */
  readonly champion: string;
  /** Serves every call, whatever the split. */
  readonly pinned: string | null;
  /** Serve nothing until they are readmitted. */
  readonly isolated: readonly string[];
  /** No model tier serves until a resume. */
  readonly paused: boolean;
  /** Who paused it and has not resumed: operators, and monitors as `monitor:<name>`. */
  readonly pausedBy: readonly string[];
  /** What monitors found. */
  readonly breaches: Breaches;
  readonly rollout: RolloutState | null;
  /** Shares of challengers that were allocated in place of the declared split; `null`: none were. */
  readonly allocated: AllocatedShares | null;
  readonly superseded: readonly Superseded[];
  /** The last change. */
  readonly changed: { readonly command: string; readonly by: string; readonly reason: string; readonly at: number } | null;
}

export function emptyDocument(champion: string): ControlDocument {
  return {
    v: 2,
    champion,
    pinned: null,
    isolated: [],
    paused: false,
    pausedBy: [],
    breaches: {},
    rollout: null,
    allocated: null,
    superseded: [],
    changed: null,
  };
}

/**
 * Reads a stored document of this format or the one before (which knew no rollouts); `undefined` when it is none, or of a newer
 * format, which this version must not write over.
 */
export function parseDocument(value: unknown): ControlDocument | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const read = (name: keyof ControlDocument): unknown => Reflect.get(value, name);
  const [format, champion, pinned, isolated, superseded] = [
    read('v'),
    read('champion'),
    read('pinned'),
    read('isolated'),
    read('superseded'),
  ];
  if ((format !== 1 && format !== 2) || typeof champion !== 'string') return undefined;
  return {
    v: 2,
    champion,
    pinned: typeof pinned === 'string' ? pinned : null,
    isolated: texts(isolated),
    paused: read('paused') === true,
    pausedBy: texts(read('pausedBy')),
    breaches: parseBreaches(read('breaches')),
    rollout: parseRollout(read('rollout')),
    allocated: parseAllocated(read('allocated')),
    superseded: Array.isArray(superseded) ? superseded.filter(isSuperseded) : [],
    changed: (read('changed') ?? null) as ControlDocument['changed'],
  };
}

function parseAllocated(value: unknown): AllocatedShares | null {
  if (typeof value !== 'object' || value === null) return null;
  const { at, shares } = value as Partial<AllocatedShares>;
  if (typeof at !== 'number' || typeof shares !== 'object' || shares === null) return null;
  return Object.values(shares).every((share) => typeof share === 'number' && share >= 0 && share <= 1) ? { at, shares } : null;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];

function isSuperseded(value: unknown): value is Superseded {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'name') === 'string' &&
    typeof Reflect.get(value, 'until') === 'number'
  );
}
