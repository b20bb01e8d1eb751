/** What a finding speaks against: that nothing was changed, that nothing is missing, or that the ledger is of now. */
export type LedgerAspect = 'integrity' | 'completeness' | 'freshness';

/** What `verifyLedger` can find, and what it speaks against. */
const ASPECTS = {
  'bad-json': 'integrity',
  'not-canonical': 'integrity',
  'record-changed': 'integrity',
  'leaf-changed': 'integrity',
  inserted: 'integrity',
  reordered: 'integrity',
  repeated: 'integrity',
  forked: 'integrity',
  'wrong-origin': 'integrity',
  'replayed-segment': 'integrity',
  'renamed-segment': 'integrity',
  'root-mismatch': 'integrity',
  unproven: 'integrity',
  unsigned: 'integrity',
  'bad-checkpoint': 'integrity',
  'bad-signature': 'integrity',
  'unknown-key': 'integrity',
  'retired-key': 'integrity',
  'sealed-changed': 'integrity',
  'commitment-changed': 'integrity',
  gap: 'completeness',
  truncated: 'completeness',
  'missing-segment': 'completeness',
  'missing-leaves': 'completeness',
  'missing-checkpoint': 'completeness',
  'torn-tail': 'completeness',
  pruned: 'completeness',
  stale: 'freshness',
  'clock-back': 'freshness',
  'checkpoint-order': 'freshness',
} as const satisfies Readonly<Record<string, LedgerAspect>>;

export type LedgerFindingKind = keyof typeof ASPECTS;

/** What a crash or retention leaves behind: told, and no fault. */
const NOTES: ReadonlySet<LedgerFindingKind> = new Set(['torn-tail', 'pruned']);

export interface LedgerFinding {
  readonly kind: LedgerFindingKind;
  readonly aspect: LedgerAspect;
  /** `false` for what is told and is no fault: a torn last line, and what retention has pruned. */
  readonly isFault: boolean;
  /** The record that it is about, or the first of several. */
  readonly seq?: number;
  /** The last of several records. */
  readonly lastSeq?: number;
  readonly message: string;
}

/** More are counted. */
const MOST = 1000;

/** Findings in the order in which they were found, each once. */
export class Findings {
  readonly #found = new Map<string, LedgerFinding>();
  #more = 0;

  get list(): readonly LedgerFinding[] {
    return [...this.#found.values()];
  }

  /** How many were left out. */
  get more(): number {
    return this.#more;
  }

  /** @param about what makes it another finding of its kind: a record, a file, a key */
  add(kind: LedgerFindingKind, about: string, message: string, seq?: number, lastSeq?: number): void {
    const key = `${kind} ${about}`;
    if (this.#found.has(key)) return;
    if (this.#found.size >= MOST) {
      this.#more++;
      return;
    }
    this.#found.set(key, {
      kind,
      aspect: ASPECTS[kind],
      isFault: !NOTES.has(kind),
      ...(seq === undefined ? {} : { seq }),
      ...(lastSeq === undefined || lastSeq === seq ? {} : { lastSeq }),
      message,
    });
  }

  /** A finding about one record. */
  record(kind: LedgerFindingKind, seq: number, message: string): void {
    this.add(kind, String(seq), `Record ${seq} ${message}`, seq);
  }

  /** A finding about records in a row. */
  range(kind: LedgerFindingKind, from: number, to: number, message: string): void {
    const which = to - from === 1 ? `Record ${from}` : `Records ${from} to ${to - 1}`;
    this.add(kind, `${from}-${to}`, `${which}: ${message}`, from, to - 1);
  }
}
