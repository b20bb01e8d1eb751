import { count, flag, type Kinds, list, over, ownValue, probability, type Relation, required, text } from '../errors/index.ts';
import type { CounterPart, DecisionFact, FieldDistribution, FieldView, MonitorReading, MonitorRun } from '../types/index.ts';
import { driftCounts } from '../statistics/profiles/bin-layout.ts';
import { InputCounter } from '../statistics/profiles/input-counter.ts';
import { NumberReader } from '../statistics/profiles/number-reader.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import { CountWindow } from './count-window.ts';
import { FleetCount } from './fleet-count.ts';
import type { Monitor, MonitorOptions, BuiltInContext, SegmentOf } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { driftReadings } from './profile/drift-readings.ts';
import { fieldDistribution } from './profile/field-distribution.ts';
import { FieldEvidence } from './profile/field-evidence.ts';
import { type FieldReference, fieldReference } from './profile/field-reference.ts';
import type { Profile } from './profile/profile.ts';
import { referenceMatch } from './profile/reference-match.ts';
import { unreadableReading } from './profile/unreadable-reading.ts';
import type { InputNumbers } from './input-numbers.ts';
import { segmentName, Segments } from './segments.ts';
import { period, reference, segmentOf, slidingWindow } from './option-kinds.ts';
import { type Period, PERIODS } from './period.ts';
import { resultOf } from './steps.ts';
import type { WindowLength } from './window-sums.ts';

/** Options of {@link drift}. */
export interface DriftOptions<I> extends MonitorOptions {
  /** The profile that live traffic is compared with: from `profileFromRows()`, `trafficProfile()` or `npx understudy profile`. */
  readonly reference: Profile;
  /** Input fields to watch, by dotted path. @defaultValue all that the reference has */
  readonly fields?: readonly string[];
  /** Whether the outputs that a model served are watched too. @defaultValue true */
  readonly output?: boolean;
  /**
   * A field has drifted if its population stability index is above this. With few cases, the index must also be above its noise.
   * @defaultValue 0.1, by custom the end of "no change"
   */
  readonly breachAbove?: number;
  /** Values that a field needs before it is judged. @defaultValue 200: at 50, 87 % of unchanged fields are above 0.1 */
  readonly minCases?: number;
  /** The window that is judged. It slides by a 24th of its length. @defaultValue { ms: 86400000 }: a day by hours */
  readonly window?: WindowLength;
  /**
   * For traffic with a rhythm. Windows are then whole days or weeks that are over. Nothing is judged before one was seen.
   * @defaultValue none: the window slides, and evidence of small shifts is gathered beside it
   */
  readonly period?: Period;
  /** Names the segment of an input. Segments are judged too, in this process alone: the first 10, and the others together. */
  readonly segmentBy?: SegmentOf<I>;
  /** False discovery rate: the share of the drifted fields that may be found by chance, above 0 and below 1. @defaultValue 0.001 */
  readonly fdr?: number;
}

const DAY = 86_400_000;
/**
 * The bets of all fields together are won by chance once in so many looks at most, where no field has moved beyond its tolerance:
 * 30 days of a look a second.
 */
const LOOKS_TO_FALSE_ALARM = 2_600_000;
/** How this process is named among those whose counts the evidence has. */
const OWN = '';
/** Marks counters since the start, among those of the window. */
const SINCE_START = 'all:';
const MAX_SEGMENTS = 10;
/** As readings name the fields of the output. */
const OUTPUT = 'output.';

/**
 * Watches whether inputs, and the outputs that a model gave, are still distributed as in the reference. A field is in breach when
 * its population stability index is above its limit **and** a χ² test says so among the tests of all fields
 * (Y. Benjamini and Y. Hochberg, 1995). Counts every decision in the reference's bins, in all processes together.
 */
export function drift<I>(options: DriftOptions<I>): Monitor<{ readonly input: I }> {
  const { base, settings } = monitorBase<DriftOptions<I>>('drift', options, { confirmations: 3 }, KINDS, relations);
  return {
    ...base,
    check: (context) => referenceMatch(settings.reference, selected(settings), settings.output !== false, context),
    start: (context) => new DriftRun(settings, context),
  };
}

const KINDS: Kinds<Omit<DriftOptions<never>, keyof MonitorOptions>> = {
  reference: required(reference),
  fields: list(text),
  output: flag,
  breachAbove: over(0),
  minCases: count,
  window: slidingWindow,
  period,
  segmentBy: segmentOf,
  fdr: probability,
};

function relations({ reference: profile, fields = [] }: DriftOptions<never>): readonly Relation[] {
  const unknown = fields.filter((field) => !Object.hasOwn(profile.input, field));
  return [[unknown.length === 0, 'fields', `input fields that the reference has, which ${unknown.join(', ')} is not`]];
}

function selected({ reference: profile, fields }: Pick<DriftOptions<never>, 'reference' | 'fields'>): readonly string[] {
  return fields ?? Object.keys(profile.input);
}

/** One side of the decisions: its fields, and how they are counted. */
interface Side {
  readonly references: readonly FieldReference[];
  readonly counter: InputCounter;
  /** Window totals of the other processes, all traffic. */
  readonly others: Float64Array;
  /** Names the counters of this reference, and of no other: processes of two versions may be at work. */
  readonly key: string;
  /** Evidence of each field, none where windows are of whole periods; how far it has come in this process and in each other. */
  readonly evidence: readonly FieldEvidence[];
  readonly fed: Map<string, Float64Array>;
  /** What the others have counted since the last look. */
  readonly waiting: Float64Array;
}

interface Part {
  readonly input: CountWindow;
  readonly output: CountWindow;
}

class DriftRun<I> implements MonitorRun {
  readonly #numbers: InputNumbers;
  readonly #failures: MonitorFailures;
  readonly #outputs = new NumberReader();
  readonly #input: Side;
  readonly #output: Side;
  readonly #whole: Part;
  readonly #who: number;
  readonly #segments: Segments<Part>;
  readonly #by: SegmentOf<unknown> | undefined;
  readonly #limits: { readonly breachAbove: number; readonly minCases: number; readonly fdr: number };
  readonly #cases = new FleetCount();
  readonly #period: DriftOptions<I>['period'];
  readonly #alarm: number;
  /** Inputs that threw when they were read. */
  #unreadable = 0;
  /** When it last judged. */
  #at = 0;

  constructor(options: DriftOptions<I>, { input: inputs, output: views, numbers, failures }: BuiltInContext) {
    const { reference: profile, breachAbove = 0.1, minCases = 200, window = { ms: DAY }, segmentBy: by, fdr = 0.001 } = options;
    const known = (path: string): boolean => views === undefined || views.some((view: FieldView) => view.path === path);
    const outputs = options.output === false ? [] : Object.keys(profile.output).filter(known);
    this.#numbers = numbers;
    this.#failures = failures;
    const { period: whole } = options;
    this.#period = whole;
    this.#input = side(profile, 'input', selected(options), numbers.reader, whole === undefined, inputs);
    this.#output = side(profile, 'output', outputs, this.#outputs, whole === undefined, views);
    const bets = [...this.#input.evidence, ...this.#output.evidence].reduce((sum, { size }) => sum + size, 0);
    this.#alarm = LOOKS_TO_FALSE_ALARM * Math.max(1, bets);
    const length = whole === undefined ? window : { ms: PERIODS[whole] };
    const create = (): Part => ({
      input: new CountWindow(this.#input.counter.width, length, whole !== undefined),
      output: new CountWindow(this.#output.counter.width, length, whole !== undefined),
    });
    this.#whole = create();
    this.#who = numbers.register({
      count: (input, values, at) => this.#input.counter.count(input, values, this.#whole.input.row(at)),
      failed: () => void this.#unreadable++,
    });
    this.#segments = new Segments(create, MAX_SEGMENTS);
    this.#by = by as SegmentOf<unknown> | undefined;
    this.#limits = { breachAbove, minCases, fdr };
  }

  cases(): number {
    return this.#cases.total;
  }

  observe(decision: DecisionFact): void {
    this.#cases.add();
    this.#numbers.count(decision, this.#who);
    // What rules or people answered is no output of the model.
    const isModel = decision.tier === 'model' || decision.tier === 'cache';
    const segment = this.#by === undefined ? undefined : this.#segments.of(segmentName(this.#by, decision, this.#failures));
    try {
      if (isModel && this.#output.references.length > 0) this.#countOutput(decision, segment);
      // What a segment is may depend on all of the decision: it is counted at once.
      if (segment !== undefined) this.#countInput(decision, segment);
    } catch {
      // A getter of the user's object.
      this.#unreadable++;
    }
  }

  read(now: number): readonly MonitorReading[] {
    return resultOf(this.steps(now));
  }

  *steps(now: number): Generator<undefined, readonly MonitorReading[]> {
    this.#at = now;
    this.#numbers.flush();
    const moved = yield* this.#moved();
    const whole = yield* this.#judged(this.#whole, now, true);
    const readings = whole.map((reading) => withMove(reading, moved.get(reading.field ?? '')));
    for (const [name, part] of this.#segments.entries()) readings.push(...(yield* this.#judged(part, now, false, name)));
    return [...readings, ...unreadableReading(this.#unreadable)];
  }

  /** As of the newest look: since then windows have not slid without a case. */
  distributions(readings: readonly MonitorReading[]): readonly FieldDistribution[] {
    return readings.flatMap(({ field, segment }) => {
      const isWhole = segment === undefined;
      const part = isWhole ? this.#whole : [...this.#segments.entries()].find(([name]) => name === segment)?.[1];
      if (part === undefined) return [];
      return this.#sides(part).flatMap(([side, window]) => {
        const at = side.references.findIndex(({ name }) => name === field);
        const known = side.references[at];
        if (known === undefined) return [];
        return [fieldDistribution(known, countersOf(side, at, window.totals(this.#at), isWhole), segment)];
      });
    });
  }

  counters(now: number): Record<string, number> {
    this.#numbers.flush();
    const counters = this.#cases.counters();
    for (const [{ key, evidence }, window] of this.#sides(this.#whole)) {
      // The others would make a whole period of a part of one.
      if (this.#period === undefined || window.isWhole(now))
        for (const [at, count] of window.totals(now).entries()) if (count > 0) counters[key + String(at)] = count;
      if (evidence.length > 0)
        for (const [at, count] of window.everything().entries()) if (count > 0) counters[`${key}${SINCE_START}${at}`] = count;
    }
    return counters;
  }

  merge(parts: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#cases.merge(parts);
    for (const one of [this.#input, this.#output]) {
      const { others, key } = one;
      others.fill(0);
      const everything = new Map<string, Float64Array>();
      for (const { instance, counters } of parts) {
        const sinceStart = new Float64Array(others.length);
        for (const [name, count] of Object.entries(counters)) {
          if (!name.startsWith(key)) continue;
          const isSinceStart = name.startsWith(SINCE_START, key.length);
          const at = Number(name.slice(key.length + (isSinceStart ? SINCE_START.length : 0)));
          const into = isSinceStart ? sinceStart : others;
          if (at >= 0 && at < into.length) into[at] = (into[at] ?? 0) + count;
        }
        everything.set(instance, sinceStart);
      }
      if (one.evidence.length > 0) feed(one, everything);
    }
  }

  /** What has moved by the evidence of all cases, by field; it takes those since the last look. */
  *#moved(): Generator<undefined, Map<string, string>> {
    const found = new Map<string, string>();
    for (const [{ references, counter, evidence, fed, waiting }, window] of this.#sides(this.#whole)) {
      if (evidence.length === 0) continue;
      const own = window.everything();
      const before = fed.get(OWN);
      fed.set(OWN, own);
      for (const [field, { name, profile }] of references.entries()) {
        const start = counter.offsets[field] ?? 0;
        const counters = Array.from({ length: counter.layouts[field]?.size ?? 0 }, (_, bin) => {
          const at = start + bin;
          return (own[at] ?? 0) - (before?.[at] ?? 0) + (waiting[at] ?? 0);
        });
        waiting.fill(0, start, start + counters.length);
        evidence[field]?.add(driftCounts(profile, counters), this.#alarm);
        const moved = evidence[field]?.moved(this.#alarm);
        if (moved !== undefined) found.set(name, moved);
        yield;
      }
    }
    return found;
  }

  #countInput({ input, at }: DecisionFact, { input: window }: Part): void {
    this.#numbers.reader.read(input);
    this.#input.counter.count(input, this.#numbers.reader.values, window.row(at));
  }

  #countOutput({ output, at }: DecisionFact, segment: Part | undefined): void {
    this.#outputs.read(output);
    this.#output.counter.count(output, this.#outputs.values, this.#whole.output.row(at));
    if (segment !== undefined) this.#output.counter.count(output, this.#outputs.values, segment.output.row(at));
  }

  *#judged(part: Part, now: number, withOthers: boolean, segment?: string): Generator<undefined, MonitorReading[]> {
    const fields = this.#sides(part).flatMap(([side, window]) => {
      const totals = window.totals(now);
      return side.references.map((reference, field) => ({
        reference,
        counts: driftCounts(reference.profile, countersOf(side, field, totals, withOthers)),
      }));
    });
    const readings = yield* driftReadings(fields, this.#limits, segment);
    const isWhole = this.#period === undefined || part.input.isWhole(now);
    return isWhole ? readings : readings.map((reading) => unseen(reading, this.#period ?? ''));
  }

  #sides({ input, output }: Part): readonly (readonly [Side, CountWindow])[] {
    return [
      [this.#input, input],
      [this.#output, output],
    ];
  }
}

/** Counters of one field in a window. @param withOthers and those of the other processes */
function countersOf({ counter, others }: Side, field: number, totals: Uint32Array, withOthers: boolean): number[] {
  const start = counter.offsets[field] ?? 0;
  const end = start + (counter.layouts[field]?.size ?? 0);
  return Array.from(totals.subarray(start, end), (count, at) => count + (withOthers ? (others[start + at] ?? 0) : 0));
}

/** Others are counted from where they were first seen: before may be an incident that is over. */
function feed({ fed, waiting }: Side, everything: ReadonlyMap<string, Float64Array>): void {
  for (const [instance, counts] of everything) {
    const before = fed.get(instance);
    fed.set(instance, counts);
    if (before === undefined) continue;
    const gained = counts.map((count, at) => count - (before[at] ?? 0));
    // One that began anew under its name counts from there.
    if (gained.every((count) => count >= 0)) for (const [at, count] of gained.entries()) waiting[at] = (waiting[at] ?? 0) + count;
  }
  for (const instance of fed.keys()) if (instance !== OWN && !everything.has(instance)) fed.delete(instance);
}

/** Evidence that may be looked at as often as one likes needs no confirmation. */
const withMove = (reading: MonitorReading, moved: string | undefined): MonitorReading =>
  moved === undefined ? reading : { ...reading, status: 'breach', confirmed: true, reason: `${reading.reason} ${moved}` };

const unseen = (reading: MonitorReading, whole: string): MonitorReading => ({
  ...reading,
  value: null,
  interval: null,
  status: 'insufficient',
  reason: `No verdict before a whole ${whole} was seen.`,
});

function side(
  profile: Profile,
  name: 'input' | 'output',
  paths: readonly string[],
  reader: NumberReader,
  withEvidence: boolean,
  views: readonly FieldView[] | undefined,
): Side {
  const prefix = name === 'input' ? '' : OUTPUT;
  const references = paths.flatMap((path) => {
    const known = ownValue(profile[name], path);
    return known === undefined
      ? []
      : [fieldReference(prefix + path, views?.find((view) => view.path === path)?.keys ?? path.split('.'), known)];
  });
  const counter = new InputCounter(references, reader);
  const key = `${name}:${murmur3(`${profile.digest}:${paths.join('|')}`).toString(36)}:`;
  return {
    references,
    counter,
    others: new Float64Array(counter.width),
    key,
    evidence: withEvidence ? references.map((field) => new FieldEvidence(field)) : [],
    fed: new Map(),
    waiting: new Float64Array(counter.width),
  };
}
