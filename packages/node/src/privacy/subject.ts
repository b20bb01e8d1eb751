/** A person, or whoever units stand for, as what is stored names them. */
export interface Subject {
  /** As your application names it. */
  readonly id: string;
  /** What stands for it in events: its pseudonyms of all epochs, and its hash without a key. */
  readonly names: readonly string[];
  /** Ids of its decisions, as far as places know them. */
  readonly decisionIds: ReadonlySet<string>;
}

/** Where something of subjects may be kept. */
export interface SubjectPlace {
  /** Unique among the places of a call. */
  readonly name: string;
  /**
   * Whether it says which decisions are of a subject. Such a place is erased after the others, and not before they have nothing left: without
   * the ids nobody would find the rest.
   */
  readonly knowsDecisions?: boolean;
  /** What is kept of a subject; where the place knows decisions, each with the id of its decision as `decisionId`. */
  readonly find: (subject: Subject) => AsyncIterable<object> | Iterable<object>;
  /** Erases it, and answers how much. Erasing what is not there is right, and answers 0. */
  readonly erase: (subject: Subject, note: { readonly by: string; readonly reason: string }) => Promise<number>;
  /** Erases what is older, in milliseconds since the Unix epoch, and answers how much. Absent: the place keeps to a time of its own, or none. */
  readonly eraseBefore?: (before: number) => Promise<number>;
}

/** Whether data holds one of these texts as a value, however deep. */
function mentions(value: unknown, isOne: (text: string) => boolean): boolean {
  if (typeof value === 'string') return isOne(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((inner) => mentions(inner, isOne));
}

/** Whether an event is about a subject: its unit, its tenant, one of its decisions, or what became known of one. */
export function isAbout(event: unknown, { id, names, decisionIds }: Subject): boolean {
  if (typeof event !== 'object' || event === null) return false;
  const { tenant } = event as { readonly tenant?: unknown };
  return tenant === id || mentions(event, (text) => names.includes(text) || decisionIds.has(text));
}
