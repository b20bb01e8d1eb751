import type { DecisionEvent, UnderstudyEvent } from '@understudy/core';
import { callback, kind, list, readOptions, required, sharedIds, sharedKey, text, withMethods } from '@understudy/core/authoring';
import type { DecisionHistory, DecisionQuery, Page } from '../decisions/decision-store.ts';
import { exportLedger, type ExportLedgerOptions } from '../ledger/export-ledger.ts';
import type { ErasureNote } from '../ledger/ledger-writer.ts';
import { isAbout, type Subject, type SubjectPlace } from './subject.ts';

/** As much of a decision store as its place needs. */
export interface KeepsDecisions {
  readonly name: string;
  decisions(query: DecisionQuery): Promise<Page<DecisionEvent>>;
  decision(id: string): Promise<DecisionHistory | undefined>;
  eraseUnit(unitHash: string): Promise<number>;
}

/** The decisions of a decision store, with what became known of each. It knows which decisions are of a subject. */
export function decisionPlace(store: KeepsDecisions): SubjectPlace {
  readOptions('decisionPlace', { store }, { store: required(withMethods('decisions', 'decision', 'eraseUnit')) }, {});
  return {
    name: store.name,
    knowsDecisions: true,
    find: async function* ({ names }) {
      for (const unit of names) {
        let after: string | undefined;
        do {
          const { items, next } = await store.decisions({ unit, limit: 200, ...(after === undefined ? {} : { after }) });
          for (const { id } of items) {
            const history = await store.decision(id);
            if (history !== undefined) yield { decisionId: id, ...history };
          }
          after = next;
        } while (after !== undefined);
      }
    },
    erase: async ({ names }) => {
      let erased = 0;
      for (const name of names) erased += await store.eraseUnit(name);
      return erased;
    },
  };
}

/** As much of a queue of reviews as its place needs. */
export interface KeepsCases {
  readonly name: string;
  list(query: {
    readonly states: readonly ('waiting' | 'resolved' | 'settled' | 'withdrawn')[];
    readonly limit: number;
    readonly skip: number;
  }): Promise<readonly { readonly decisionId: string }[]>;
  erase(decisionIds: readonly string[]): Promise<number>;
}

const CASES = 200;

/** The cases of a queue of reviews: inputs, outputs, answers and reasons. They are found by the decisions that they are about. */
export function reviewPlace(queue: KeepsCases): SubjectPlace {
  readOptions('reviewPlace', { queue }, { queue: required(withMethods('list', 'erase')) }, {});
  return {
    name: `reviews ${queue.name}`,
    find: async function* ({ decisionIds }) {
      if (decisionIds.size === 0) return;
      for (let skip = 0; ; skip += CASES) {
        const found = await queue.list({ states: ['waiting', 'resolved', 'settled', 'withdrawn'], limit: CASES, skip });
        for (const one of found) if (decisionIds.has(one.decisionId)) yield one;
        if (found.length < CASES) return;
      }
    },
    erase: async ({ decisionIds }) => {
      let erased = 0;
      const ids = [...decisionIds];
      for (let at = 0; at < ids.length; at += CASES) erased += await queue.erase(ids.slice(at, at + CASES));
      return erased;
    },
  };
}

/**
 * The records of a ledger whose personal fields are sealed under a key of their subject. Its records stay, and verify; what was personal in
 * them is gone. The fields that name the subject must be among them, such as `unitHash`: what is not sealed cannot be erased, and is told as left.
 */
export function ledgerPlace(
  ledger: { readonly erase: (subject: string, note: ErasureNote) => Promise<boolean> },
  options: Pick<ExportLedgerOptions, 'directory' | 'subjectKeys'>,
): SubjectPlace {
  readOptions('ledgerPlace', { ledger }, { ledger: required(withMethods('erase')) }, {});
  const { directory, subjectKeys } = readOptions<typeof options, {}>(
    'ledgerPlace',
    options,
    { directory: required(text), subjectKeys: withMethods('all') },
    {},
  );
  return {
    name: `ledger ${directory}`,
    find: async function* (subject) {
      const sealed = exportLedger({ directory });
      const unnumbered = { ...subject, decisionIds: new Set<string>() };
      for await (const record of exportLedger({ directory, ...(subjectKeys === undefined ? {} : { subjectKeys }) })) {
        const { value: kept } = await sealed.next();
        if (record.kind !== 'event' || kept?.kind !== 'event') continue;
        const isOpen = kept.sealed !== undefined && record.sealed === undefined;
        // The ids of decisions stay, and say nothing without the rest.
        if (isAbout(record.event, isOpen ? subject : unnumbered)) yield record.event;
      }
    },
    erase: async ({ id, names }, note) => {
      let erased = 0;
      for (const name of [...names, id]) if (await ledger.erase(name, note)) erased++;
      return erased;
    },
  };
}

/** As much of a sink with lines on disk as its place needs: `fileSink()`, `spooled()`. */
export interface KeepsLines {
  readonly name: string;
  readonly lines: () => AsyncIterable<string>;
  readonly drop: (isDropped: (line: string) => boolean) => Promise<number>;
}

/** The lines of a sink on disk: of `fileSink()`, or what waits in the spool of `spooled()`. */
export function filePlace(sink: KeepsLines): SubjectPlace {
  readOptions('filePlace', { sink }, { sink: required(withMethods('lines', 'drop')) }, {});
  return {
    name: `file ${sink.name}`,
    knowsDecisions: true,
    find: async function* (subject) {
      for await (const line of sink.lines()) {
        const event = parsed(line);
        if (event === undefined ? isNamedIn(line, subject) : isAbout(event, subject))
          yield withDecision(event ?? { damaged: line });
      }
    },
    erase: (subject) =>
      sink.drop((line) => {
        const event = parsed(line);
        return event === undefined ? isNamedIn(line, subject) : isAbout(event, subject);
      }),
    eraseBefore: (before) =>
      sink.drop((line) => {
        const event = parsed(line);
        // Of a damaged line nobody can say how old it is.
        if (event === undefined) return true;
        const at: unknown = Reflect.get(event, 'at');
        return typeof at === 'number' && at < before;
      }),
  };
}

/** Whether a damaged line, which is no JSON any more, has one of the subject's names or decisions in it. */
const isNamedIn = (line: string, { id, names, decisionIds }: Subject): boolean =>
  [id, ...names, ...decisionIds].some((name) => line.includes(name));

function parsed(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A decision says its id under the name that other events have for it. */
function withDecision(event: object): object {
  const { type, id } = event as { readonly type?: unknown; readonly id?: unknown };
  return type === 'decision' ? { ...event, decisionId: id } : event;
}

/** As much of a state store as its place needs. */
export interface KeepsState {
  readonly name: string;
  readonly remember?: (
    key: string,
    entries: readonly { readonly id: string; readonly value: string }[],
    keepMs: number,
  ) => Promise<void>;
  readonly recall?: (key: string, ids: readonly string[]) => Promise<readonly (string | undefined)[]>;
  /** Takes what was replaced off the disk. */
  readonly purge?: () => Promise<void>;
}

/** Nothing: what was kept of a decision is put in its place. */
const NOTHING = 'null';
const RECALLED = 500;

/** What a state store keeps of decisions that wait for outcomes (`outcomes: { sharing: true }`), of these models. */
export function statePlace(store: KeepsState, { models }: { readonly models: readonly string[] }): SubjectPlace {
  readOptions(
    'statePlace',
    { store, models },
    { store: required(withMethods('remember', 'recall')), models: required(list(text)) },
    {},
  );
  const parts = function* ({ decisionIds }: Subject): Generator<readonly [key: string, ids: readonly string[]]> {
    const ids = sharedIds([...decisionIds]);
    for (const model of models)
      for (let at = 0; at < ids.length; at += RECALLED) yield [sharedKey(model), ids.slice(at, at + RECALLED)];
  };
  const kept = async function* (
    subject: Subject,
  ): AsyncGenerator<{ readonly key: string; readonly id: string; readonly value: string }> {
    for (const [key, ids] of parts(subject)) {
      const values = (await store.recall?.(key, ids)) ?? [];
      for (const [index, id] of ids.entries()) {
        const value = values[index];
        if (value !== undefined && value !== NOTHING) yield { key, id, value };
      }
    }
  };
  return {
    name: `state ${store.name}`,
    find: kept,
    erase: async (subject) => {
      let erased = 0;
      for await (const { key, id } of kept(subject)) {
        await store.remember?.(key, [{ id, value: NOTHING }], 1);
        erased++;
      }
      await store.purge?.();
      return erased;
    },
  };
}

/** As much of a dashboard as its place needs. */
export interface KeepsEvents {
  events(): Iterable<UnderstudyEvent>;
  drop(isDropped: (event: UnderstudyEvent) => boolean): number;
}

/** What a dashboard of this process remembers for its page. */
export function dashboardPlace(ops: KeepsEvents): SubjectPlace {
  const isFit = typeof ops === 'function' && callback(Reflect.get(ops, 'drop')) === undefined;
  readOptions('dashboardPlace', { ops: isFit }, { ops: kind((value) => value === true, 'what dashboard() returns') }, {});
  return {
    name: 'dashboard',
    find: function* (subject) {
      for (const event of ops.events()) if (isAbout(event, subject)) yield event;
    },
    erase: async (subject) => ops.drop((event) => isAbout(event, subject)),
  };
}

/** A store of cached answers, which cannot say whose they are: it is emptied as a whole. What is in memory ends by its `ttlMs`. */
export function cachePlace(
  store: { readonly clear: () => unknown },
  { name = 'cache' }: { readonly name?: string } = {},
): SubjectPlace {
  readOptions('cachePlace', { store }, { store: required(withMethods('clear')) }, {});
  return {
    name,
    find: () => [],
    erase: async () => {
      await store.clear();
      return 0;
    },
  };
}

/** Refuses what is no place. */
export const PLACE = kind(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'name') === 'string' &&
    callback(Reflect.get(value, 'find')) === undefined &&
    callback(Reflect.get(value, 'erase')) === undefined,
  'a place: decisionPlace(store), reviewPlace(queue), …, or { name, find, erase }',
);
