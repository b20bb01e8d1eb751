import {
  didYouMean,
  either,
  type Kind,
  kind,
  oneOf,
  Problems,
  readOptions,
  required,
  UnderstudyError,
  untilAborted,
  withMethods,
} from '@understudy/core/authoring';

/** Whether the user has agreed: `pending` keeps events in memory, `denied` drops and counts them, `granted` lets them be kept and sent. */
export type Consent = 'pending' | 'granted' | 'denied';

/** The consent to one purpose: what it is now, and an event `change` when it becomes something else. */
export interface PurposeConsent extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly state: Consent;
}

export interface PageConsent<Purpose extends string> {
  /** What a sink for this purpose takes as its `consent`. @throws UnderstudyError `CONFIGURATION_INVALID` for a purpose that there is not */
  readonly of: (purpose: Purpose) => PurposeConsent;
  /**
   * Changes the consent to some purposes. `denied` erases at once what waits for that purpose, in memory and on disk.
   *
   * @throws UnderstudyError `CONFIGURATION_INVALID`; nothing is changed then
   */
  readonly set: (states: { readonly [P in Purpose]?: Consent }) => void;
}

class PurposeState extends EventTarget implements PurposeConsent {
  state: Consent;

  constructor(state: Consent) {
    super();
    this.state = state;
  }

  become(state: Consent): void {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}

const STATE: Kind = oneOf('pending', 'granted', 'denied');
const PURPOSES: Kind = kind(
  (value) => Object.keys(Object(value)).length > 0,
  "an object with the consent to each purpose, such as { statistics: 'pending' }",
);

/**
 * The consent of a page by purpose, such as `pageConsent({ necessary: 'granted', statistics: 'pending' })`. It keeps nothing: what
 * the user chose is for your consent banner to remember.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function pageConsent<const Purpose extends string>(initial: Readonly<Record<Purpose, Consent>>): PageConsent<Purpose> {
  const read = (factory: string, states: object, names: readonly string[]): readonly [string, Consent][] => {
    const kinds = Object.fromEntries(names.map((name) => [name, STATE]));
    return Object.entries(readOptions<Record<string, Consent>, {}>(factory, states as Record<string, Consent>, kinds, {}));
  };
  readOptions<{ purposes: unknown }, {}>('pageConsent', { purposes: initial }, { purposes: required(PURPOSES) }, {});
  const purposes = new Map(
    read('pageConsent', initial, Object.keys(Object(initial))).map(([purpose, state]) => [purpose, new PurposeState(state)]),
  );
  const names = [...purposes.keys()];
  return {
    of: (purpose) => {
      readOptions<{ purpose: string }, {}>('consent.of', { purpose }, { purpose: oneOf(...names) }, {});
      return purposes.get(purpose) ?? new PurposeState('denied');
    },
    set: (states) => {
      const problems = new Problems();
      for (const [name, state] of Object.entries(Object(states))) {
        if (state === undefined || purposes.has(name)) continue;
        const known = didYouMean(name, names) || `: known are ${names.join(', ')}`;
        problems.add(`consent.set.${name}`, `is no purpose${known}`);
      }
      problems.throwIfAny('CONFIGURATION_INVALID', 'consent.set()');
      for (const [purpose, state] of read('consent.set', states, names)) purposes.get(purpose)?.become(state);
    },
  };
}

/** A sink's option `consent`. */
export const CONSENT: Kind = (value) => {
  if ('of' in Object(value)) return "the consent to one purpose, by .of('purpose') of what pageConsent() answers";
  return CONSENT_TO_ONE(value);
};
const CONSENT_TO_ONE = either(STATE, withMethods('addEventListener', 'removeEventListener'));
/** The consent that a sink asks, whoever made it: a state that is none is no consent. */
export class SinkConsent {
  readonly #given: Consent | PurposeConsent;

  constructor(given: Consent | PurposeConsent) {
    this.#given = given;
  }

  get state(): Consent {
    const state = typeof this.#given === 'string' ? this.#given : this.#given.state;
    return state === 'granted' || state === 'pending' ? state : 'denied';
  }

  /** Calls `changed` after each change; returns what ends that. */
  listen(changed: () => void): () => void {
    const given = this.#given;
    if (typeof given === 'string') return () => undefined;
    given.addEventListener('change', changed);
    return () => given.removeEventListener('change', changed);
  }

  /** Resolves when the consent is `granted`. Until then it may be `pending`. @throws UnderstudyError `SINK_FAILED` where it is denied */
  async granted(signal: AbortSignal): Promise<void> {
    while (this.state === 'pending') await this.#change(signal);
    if (this.state === 'denied') {
      throw new UnderstudyError('SINK_FAILED', 'The user has denied consent: the events are dropped.');
    }
  }

  async #change(signal: AbortSignal): Promise<void> {
    const changed = Promise.withResolvers<void>();
    const end = this.listen(changed.resolve);
    try {
      await untilAborted(signal, changed.promise);
    } finally {
      end();
    }
  }
}
