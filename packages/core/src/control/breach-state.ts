/** What every process knows of a monitor's breach: it is acted on once. */
export interface BreachState {
  /** Whether it has not recovered since. */
  readonly open: boolean;
  /** When it was told last (alert, retraining, functions), in milliseconds since the Unix epoch. */
  readonly toldAt: number;
  /** When an operator resumed in spite of it; 0: nobody did. */
  readonly overruledAt: number;
}

/** By the name of the monitor. */
export type Breaches = Readonly<Record<string, BreachState>>;

/** An operator's resume overrules every breach that is open. */
export function overruled(breaches: Breaches, at: number): Breaches {
  return Object.fromEntries(
    Object.entries(breaches).map(([monitor, breach]) => [monitor, breach.open ? { ...breach, overruledAt: at } : breach]),
  );
}

export function parseBreaches(value: unknown): Breaches {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, BreachState] => isBreach(entry[1])));
}

function isBreach(value: unknown): value is BreachState {
  if (typeof value !== 'object' || value === null) return false;
  const { open, toldAt, overruledAt } = value as Partial<BreachState>;
  return typeof open === 'boolean' && Number.isFinite(toldAt) && Number.isFinite(overruledAt);
}
