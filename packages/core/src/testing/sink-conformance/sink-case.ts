import type { EventType, UnderstudyEvent } from '../../events/event.ts';
import { EVENT_TYPES } from '../../events/event-types.ts';
import { laneOf, LANES } from '../../events/lane.ts';
import type { MaybePromise, Sink } from '../../types/index.ts';
import { check } from '../conformance/check.ts';
import { show } from '../store-conformance/same.ts';

/** A sink under test, and what can be seen and done on its other side. A case passes over what is absent. */
export interface OpenSink {
  readonly sink: Sink<UnderstudyEvent>;
  /** All that has left the sink, as text: bodies, headers, lines, rows, metrics. */
  readonly arrived: () => MaybePromise<string>;
  /** Ids of the events that have arrived, in their order; one that came twice is there twice. Absent where none arrive, as with metrics. */
  readonly ids?: () => MaybePromise<readonly string[]>;
  /** Lets the other side forget what has arrived, so that a case measures the sink alone. */
  readonly forget?: () => MaybePromise<void>;
  /** Whether the other side drops repeats by itself, as a store does. @defaultValue false */
  readonly dropsRepeats?: boolean;
  /** Takes the other side down, so that deliveries fail, until `mend`. */
  readonly fail?: () => MaybePromise<void>;
  readonly mend?: () => MaybePromise<void>;
  /** From now on the other side takes everything and answers nothing, until `mend`. */
  readonly hang?: () => MaybePromise<void>;
  /** What the sink was given and may tell nobody: passwords, tokens, headers. */
  readonly secrets?: readonly string[];
  /** What a status of the sink's own says. */
  readonly status?: () => unknown;
}

export interface SinkContext {
  /**
   * A new sink before an empty other side. Whoever gives it closes and removes all of it after the case.
   *
   * @param content whether the sink is to want input and output; one that cannot is given as it is
   */
  readonly open: (content: boolean) => MaybePromise<OpenSink>;
  /** Bytes of the heap that are in use, after a collection. Absent: no case measures. */
  readonly heapBytes?: () => number;
}

export interface SinkCase {
  readonly title: string;
  /** Rejects with what was seen where the sink does not do what the title says. */
  readonly run: (context: SinkContext) => Promise<void>;
}

/** Types of events that a sink takes. */
export const typesOf = ({ accepts }: Sink<UnderstudyEvent>): readonly EventType[] =>
  EVENT_TYPES.filter((type) => accepts?.(type) ?? true);

/** A signal that nobody aborts. */
export const quiet = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });

/** Batches as the queue gives them: no larger than the sink wants. */
export function batchesOf(
  sink: Sink<UnderstudyEvent>,
  events: readonly UnderstudyEvent[],
): readonly (readonly UnderstudyEvent[])[] {
  const most = sink.batchSize ?? Math.max(events.length, 1);
  return Array.from({ length: Math.ceil(events.length / most) }, (_, index) => events.slice(index * most, (index + 1) * most));
}

/** Writes events, in batches as the queue gives them. */
export async function deliver(sink: Sink<UnderstudyEvent>, events: readonly UnderstudyEvent[]): Promise<void> {
  for (const batch of batchesOf(sink, events)) await sink.write(Object.freeze([...batch]), quiet());
}

/** How long an answer may take that must come soon, in milliseconds. */
const SOON_MS = 10_000;
const LATE = Symbol('late');

/** What a promise comes to, where it settles soon. */
export async function soon<T>(work: MaybePromise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => late.resolve(LATE), SOON_MS);
  try {
    const value = await Promise.race([work, late.promise]);
    if (value === LATE) throw new Error(`${what} did not end within ${SOON_MS / 1000} s`);
    return value;
  } finally {
    clearTimeout(timer);
  }
}

/** The error of work that must fail soon. */
export async function failureOf(work: () => MaybePromise<unknown>, what: string): Promise<unknown> {
  const attempt = async (): Promise<{ readonly error?: unknown }> => {
    try {
      await work();
      return {};
    } catch (error) {
      return { error };
    }
  };
  const failed = await soon(attempt(), what);
  check('error' in failed, `${what}: expected a rejection, and it resolved`);
  return failed.error;
}

/** Events have arrived after failures, in the order of each lane. */
export async function checkArrivedByLane(opened: OpenSink, events: readonly UnderstudyEvent[]): Promise<void> {
  if (opened.ids === undefined) return;
  const seen = await opened.ids();
  for (const lane of LANES) {
    const own = events.filter((event) => laneOf(event) === lane).map(({ id }) => id);
    await checkArrived({ ...opened, ids: () => seen.filter((id) => own.includes(id)) }, own, true);
  }
}

/** Every event has arrived, in the order of its first arrival; of a store, once. */
export async function checkArrived(
  { ids, dropsRepeats }: OpenSink,
  expected: readonly string[],
  repeats: boolean,
): Promise<void> {
  if (ids === undefined) return;
  const seen = await ids();
  const firsts = [...new Set(seen)];
  check(show(firsts) === show(expected), `ids that arrived: expected ${show(expected)}, saw ${show(firsts)}`);
  if (dropsRepeats === true || !repeats) check(seen.length === expected.length, `${seen.length} arrived, of ${expected.length}`);
}

/** How a test's own help is told from the sink: what it throws says nothing of the sink. */
function told(name: string, cause: unknown): Error {
  return new Error(`\`${name}()\` of the test threw: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

const guarded =
  <A extends readonly unknown[], T>(name: string, helper: (...args: A) => MaybePromise<T>) =>
  async (...args: A): Promise<T> => {
    try {
      return await helper(...args);
    } catch (cause) {
      throw told(name, cause);
    }
  };

/** The same, where an error of one of the test's helpers names it. */
export function withToldHelpers(context: SinkContext): SinkContext {
  const open = guarded('open', context.open);
  return {
    ...context,
    open: async (content) => {
      const opened = await open(content);
      const { arrived, status } = opened;
      const helpers = (['ids', 'forget', 'fail', 'mend', 'hang'] as const).flatMap((name) => {
        const helper: (() => MaybePromise<unknown>) | undefined = opened[name];
        return helper === undefined ? [] : [[name, guarded(name, () => helper())] as const];
      });
      return {
        ...opened,
        ...(Object.fromEntries(helpers) as Pick<OpenSink, 'ids' | 'forget' | 'fail' | 'mend' | 'hang'>),
        arrived: guarded('arrived', () => arrived()),
        ...(status === undefined ? {} : { status: statusTold(status) }),
      };
    },
  };
}

const statusTold = (status: () => unknown) => (): unknown => {
  try {
    return status();
  } catch (cause) {
    throw told('status', cause);
  }
};
