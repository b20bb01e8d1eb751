import { readProperty, UnderstudyError } from '../errors/index.ts';
import type { EventMap, UnderstudyEvent } from '../events/event.ts';
import { plainRedaction } from '../events/redaction.ts';
import type { AnyContract, AnyOptions } from '../model/any-definition.ts';
import type { ManagedModel } from '../model/managed-model.ts';
import type { ModelDependencies } from '../model/model-dependencies.ts';
import type { Command, EventBase, Operator } from '../types/index.ts';

/** What a part of the library that works beside the models of a runtime is given of it: its registry, its reviews. */
export interface CompanionParts extends Pick<ModelDependencies, 'clock' | 'random' | 'store' | 'refreshMs' | 'closed'> {
  /** Takes personal data out of a text that people write, as `redact` says. */
  readonly mask: (text: string) => string;
  /** Defines a model, with the types erased. */
  readonly define: (contract: AnyContract, options: AnyOptions) => ManagedModel;
  /** Records outcomes of a model of this runtime; `undefined` where it is not defined here. */
  readonly outcomesOf: (model: string) => ManagedModel['recordOutcome'] | undefined;
  /** The contract of a model of this runtime; `undefined` where it is not defined here. */
  readonly contractOf: (model: string) => AnyContract | undefined;
  /** Whether an operator may give a command. What `authorize` throws is thrown on. */
  readonly may: (operator: Operator, command: Command) => Promise<boolean>;
  /** Tells an event, with an id and a time of its own. */
  readonly tell: <T extends CompanionEvent>(type: T, model: string, facts: Omit<EventMap[T], keyof EventBase>) => void;
}

type CompanionEvent = 'registry-changed' | 'review-changed';

/** What a runtime has beside its public face. */
export interface WithCompanions {
  readonly '~companion': CompanionParts;
}

export function companionParts(
  dependencies: ModelDependencies,
  { define, models }: { readonly define: CompanionParts['define']; readonly models: ReadonlyMap<string, ManagedModel> },
): CompanionParts {
  const { clock, random, store, refreshMs, closed, words, authorize, wants, publish, redaction } = dependencies;
  const word = (): string => words.word().toString(36).padStart(7, '0');
  return {
    clock,
    random,
    store,
    refreshMs,
    closed,
    mask: plainRedaction(redaction).mask ?? ((text) => text),
    define,
    outcomesOf: (name) => {
      const model = models.get(name);
      return model === undefined ? undefined : (...outcome) => model.recordOutcome(...outcome);
    },
    contractOf: (name) => models.get(name)?.definition.contract,
    may: async (operator, command) => {
      // In plain JS it may answer anything, such as an object that says no.
      const answer: unknown = authorize === undefined || (await authorize(operator, command));
      return answer === true;
    },
    tell: (type, model, facts) => {
      if (!wants(type)) return;
      const event = { v: 1, type, id: `e${word()}${word()}${word()}`, at: clock.wall(), model, ...facts };
      publish(Object.freeze(event) as unknown as UnderstudyEvent);
    },
  };
}

/** @param what the caller, for the error @throws UnderstudyError `CONFIGURATION_INVALID` for what is no runtime */
export function companionOf(what: string, understudy: unknown): CompanionParts {
  const parts = readProperty(understudy, '~companion');
  if (typeof parts === 'object' && parts !== null) return parts as CompanionParts;
  throw new UnderstudyError('CONFIGURATION_INVALID', `${what}: expected what createUnderstudy() returns as the first argument.`);
}
