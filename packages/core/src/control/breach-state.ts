/** What every process knows of a monitor's breach: it is acted on once. Times are milliseconds since the Unix epoch. */
export interface BreachState {
  /** Whether it has not recovered since. */
  readonly open: boolean;
  /** Whether it was told and no recovery has been told since. */
  readonly told: boolean;
  /** When the breach began that was told last: its reminders count from it. */
  readonly since: number;
  /** When something was told of it last (breach, reminder). */
  readonly toldAt: number;
  /** How many reminders are behind it. */
  readonly reminders: number;
  /** The fields and segments that were told, by short keys. */
  readonly parts: readonly string[];
  /** When an operator resumed in spite of it; 0: nobody did. */
  readonly overruledAt: number;
}

/** By the name of the monitor. */
export type Breaches = Readonly<Record<string, BreachState>>;

/** What is told of a breach: that it is there or has grown, that it still is, that it is over. */
export type BreachPhase = 'raised' | 'reminder' | 'resolved';

/** An open breach reminds people of itself so long after it began. */
const REMINDERS_MS = [3_600_000, 4 * 3_600_000, 24 * 3_600_000];
/** Fields and segments of one breach that are told; it is one document for all processes. */
const MAX_PARTS = 50;
/** Clocks of processes that are further ahead of the reader's are wrong: it goes by its own. */
const SKEW_MS = 5000;

/** What a look at a breach says of it, and what becomes of its state. */
export interface BreachLook {
  readonly state: BreachState;
  readonly phase: BreachPhase | undefined;
}

/**
 * The state after a look that found a breach: pure. It is told when it begins (within `cooldownMs` of the last time only what it was not
 * told of before), when another part joins it, and as a reminder after 1, 4 and 24 hours.
 *
 * @param since when the breach began
 */
export function seenInBreach(
  known: BreachState | undefined,
  { since, parts, cooldownMs }: { readonly since: number; readonly parts: readonly string[]; readonly cooldownMs: number },
  at: number,
): BreachLook {
  const isDue = known === undefined || known.toldAt + cooldownMs <= at;
  if (known === undefined || (!known.told && isDue)) {
    const state = { open: true, told: true, since, toldAt: at, reminders: 0, parts: parts.slice(0, MAX_PARTS) };
    return { state: { ...state, overruledAt: known?.overruledAt ?? 0 }, phase: 'raised' };
  }
  const joining = parts.filter((part) => !known.parts.includes(part)).slice(0, MAX_PARTS - known.parts.length);
  if (joining.length > 0) {
    const begun = known.told ? {} : { since, reminders: 0 };
    const state = { ...known, ...begun, open: true, told: true, toldAt: at, parts: [...known.parts, ...joining] };
    return { state, phase: 'raised' };
  }
  const reminders = REMINDERS_MS.filter((ms) => known.since + ms <= at).length;
  if (known.told && isDue && reminders > known.reminders)
    return { state: { ...known, open: true, toldAt: at, reminders }, phase: 'reminder' };
  return { state: { ...known, open: true }, phase: undefined };
}

/** The state of a breach that is over: pure. */
export function seenRecovered(known: BreachState): BreachLook {
  return { state: { ...known, open: false, told: false }, phase: known.told ? 'resolved' : undefined };
}

/** What a reader goes by: stamps of a clock that is ahead of its own would silence it for as long. */
export function boundedBy(known: BreachState | undefined, at: number): BreachState | undefined {
  if (known === undefined) return undefined;
  const [since, toldAt, overruledAt] = [known.since, known.toldAt, known.overruledAt].map((stamp) =>
    stamp > at + SKEW_MS ? at : stamp,
  ) as [number, number, number];
  const isKept = since === known.since && toldAt === known.toldAt && overruledAt === known.overruledAt;
  return isKept ? known : { ...known, since, toldAt, overruledAt };
}

/** An operator's resume overrules every breach that is open. */
export function overruled(breaches: Breaches, at: number): Breaches {
  return Object.fromEntries(
    Object.entries(breaches).map(([monitor, breach]) => [monitor, breach.open ? { ...breach, overruledAt: at } : breach]),
  );
}

export function parseBreaches(value: unknown): Breaches {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([monitor, breach]): [string, BreachState][] => {
      const state = parseBreach(breach);
      return state === undefined ? [] : [[monitor, state]];
    }),
  );
}

/** Releases before reminders wrote `open`, `toldAt` and `overruledAt` alone. */
function parseBreach(value: unknown): BreachState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { open, toldAt, overruledAt, since = toldAt, reminders = 0, told = open, parts = [] } = value as Partial<BreachState>;
  const isTimed = [toldAt, overruledAt, since, reminders].every((number) => Number.isFinite(number));
  if (typeof open !== 'boolean' || !isTimed || !Array.isArray(parts)) return undefined;
  return {
    open,
    told: told === true,
    since: Number(since),
    toldAt: Number(toldAt),
    reminders,
    parts: parts.filter((part): part is string => typeof part === 'string'),
    overruledAt: Number(overruledAt),
  };
}
