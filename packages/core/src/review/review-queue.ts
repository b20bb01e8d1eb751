import { readNote, readOperator } from '../control/note-kinds.ts';
import {
  asError,
  callback,
  checkOptions,
  countOr0,
  errorText,
  finite,
  flag,
  isRecord,
  type Kinds,
  list,
  ms,
  msOrNever,
  noteText,
  options as optionsOf,
  problemsAt,
  problemsError,
  problemsUnder,
  readOptions,
  required,
  text,
  UnderstudyError,
  whole,
  withMethods,
} from '../errors/index.ts';
import { introspect } from '../contract/introspect.ts';
import { checkNow, validator } from '../contract/validate.ts';
import type { ReviewChangedEvent } from '../events/event.ts';
import { type CompanionParts, companionOf } from '../runtime/companion.ts';
import type { Understudy } from '../runtime/understudy.ts';
import { type Agreement, cohensKappa } from '../statistics/metrics/agreement.ts';
import type { CommandKind, ControlNote, FieldView, Operator } from '../types/index.ts';
import type { TimerHandle } from '../time/index.ts';
import {
  answered,
  assignedTo,
  escalated,
  type EscalationStep,
  type GivenAnswer,
  labelOf,
  lapsed,
  mayTake,
  passedOn,
  released,
  renewed,
  type ReviewAnswer,
  type ReviewCase,
  type ReviewLease,
  type ReviewState,
  scheduled,
  taken,
  withdrawn,
} from './review-case.ts';
import { memoryReviews, type ReviewStore } from './review-store.ts';

export interface ReviewQueueOptions {
  /** Its name, in events, in the store and on the page. */
  readonly name: string;
  /** Where cases are kept: `sqliteReviews()` or `postgresReviews()` of `@understudy/node`. @defaultValue memory */
  readonly store?: ReviewStore;
  /** How many people answer each case: 1, or 2; where two differ a third decides. @defaultValue 1 */
  readonly reviewers?: 1 | 2;
  /** Whether reviewers decide without seeing the model's answer. @defaultValue false */
  readonly blind?: boolean;
  /** Within which time a case must be answered, in milliseconds. @defaultValue 86400000 (a day) */
  readonly answerMs?: number;
  /** What happens to a case that waits: each step once, in their order. @defaultValue one step when `answerMs` is over */
  readonly escalation?: readonly EscalationStep[];
  /** How long somebody who has taken a case has it alone, in milliseconds. @defaultValue 600000 (10 minutes) */
  readonly leaseMs?: number;
  /** The truth that an answer stands for: it is recorded as the outcome beside the override. @defaultValue none: an answer is no truth */
  readonly truth?: (label: unknown) => unknown;
  /** How long cases are kept after their end, in milliseconds. @defaultValue 7776000000 (90 days) */
  readonly keepMs?: number;
  /** Most cases that may wait: no more are asked for. @defaultValue 10000 */
  readonly maxWaiting?: number;
  /** How often time limits and answers are looked at, in milliseconds. @defaultValue 1000 */
  readonly pollMs?: number;
}

/** What is asked of people. */
export interface ReviewRequest {
  readonly model: string;
  /** The decision that it is about; it is asked for once. @defaultValue none: the answer is the decision */
  readonly decisionId?: string;
  readonly input: unknown;
  /** What the model answered. @defaultValue it did not */
  readonly output?: unknown;
  readonly why: string;
  /** With what probability it was chosen, over 0 to 1. @defaultValue 1 */
  readonly probability?: number;
  readonly segment?: string;
  /** @defaultValue 0 */
  readonly priority?: number;
}

/** A case that somebody works on. What the model answered is not in one that is `blind`. */
export interface ReviewTask extends Pick<
  ReviewCase,
  'id' | 'queue' | 'model' | 'decisionId' | 'input' | 'output' | 'why' | 'segment' | 'blind' | 'createdAt' | 'dueAt'
> {
  /** Needed to answer it. */
  readonly token: string;
  /** Until when it is theirs alone, in milliseconds since the Unix epoch. */
  readonly until: number;
  /** What an output of the model has, for a form; absent where this process does not define the model, or its schema cannot be read. */
  readonly fields?: readonly FieldView[];
}

/** A case that was reviewed, for training. */
export interface ReviewLabel extends Pick<
  ReviewCase,
  'id' | 'model' | 'decisionId' | 'input' | 'output' | 'why' | 'probability' | 'segment'
> {
  /** What it is, as people say. */
  readonly label: unknown;
  readonly agrees: boolean;
  readonly by: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface ReviewQueueStatus {
  readonly queue: string;
  readonly waiting: number;
  /** Of those that wait, seen up to 1,000: with somebody, beyond their time, and escalated. */
  readonly taken: number;
  readonly overdue: number;
  readonly escalated: number;
  /** How long the oldest of them has waited, in milliseconds. */
  readonly oldestMs: number;
  readonly resolved: number;
  readonly withdrawn: number;
  /** Of those that ended, seen up to 1,000: half, and nine of ten, were resolved in so many milliseconds. */
  readonly resolutionMs: { readonly p50: number | null; readonly p90: number | null };
  /** Of the same, those that two people answered: how far they agree. */
  readonly agreement: Agreement | null;
  /** Requests that were not kept: too many wait, or the store or the data did not allow it. */
  readonly dropped: number;
  readonly storeFailure: string | null;
  /** As the options say. */
  readonly answerMs: number;
  readonly leaseMs: number;
}

/** What somebody may do with the cases of a queue. */
export interface ReviewRights {
  /** Take, give back and pass on. */
  readonly take: boolean;
  readonly answer: boolean;
  /** Assign and withdraw. */
  readonly assign: boolean;
}

/** Cases that wait for people. Everything that a reviewer does is authorised and told as `review-changed`; so is what is refused to them. */
export interface ReviewQueue {
  readonly name: string;
  /** Asks for a review. @returns its id; `undefined` where it was asked for before, or too many wait */
  request(request: ReviewRequest): Promise<string | undefined>;
  /** The next case for this reviewer, or the one that is named; `undefined` where there is none. One that is theirs is given again, renewed. */
  take(by: Operator, options?: { readonly id?: string }): Promise<ReviewTask | undefined>;
  /** Has it for `leaseMs` more. @param by who goes on: `authorize` is asked as for `take`. @defaultValue whoever has the token */
  renew(task: Pick<ReviewTask, 'id' | 'token'>, by?: Operator): Promise<ReviewTask>;
  /** Gives it back. */
  release(task: Pick<ReviewTask, 'id' | 'token'>, note: ControlNote): Promise<void>;
  /** Passes it on: the next step of escalation is taken now, and `take()` gives it to this reviewer by its name alone. */
  escalate(task: Pick<ReviewTask, 'id' | 'token'>, note: ControlNote): Promise<void>;
  answer(task: Pick<ReviewTask, 'id' | 'token'>, answer: ReviewAnswer, by: Operator): Promise<void>;
  /** Only this reviewer may take it; `null`: everybody may. */
  assign(id: string, reviewer: string | null, note: ControlNote): Promise<void>;
  /** Nobody needs to answer it any more. */
  withdraw(id: string, note: ControlNote): Promise<void>;
  /** What the runtime's `authorize` would allow somebody, for a page that shows no button in vain. It tells no event. */
  rights(by: Operator): Promise<ReviewRights>;
  /** One case; `undefined` where there is none. Whoever calls it may see all of it, also of a blind queue. */
  read(id: string): Promise<ReviewCase | undefined>;
  /** Cases in the order in which they are taken. Whoever calls it may see all of them, also of blind queues. */
  list(query?: {
    readonly states?: readonly ReviewState[];
    readonly limit?: number;
    readonly skip?: number;
  }): Promise<readonly ReviewCase[]>;
  /** Resolves with what people say; rejects with the signal's reason, and with `CONTROL_CONFLICT` for a case that was withdrawn. */
  result(id: string, options: { readonly signal: AbortSignal }): Promise<GivenAnswer>;
  /** All cases that people have resolved, with the probability of each. */
  labels(): AsyncIterable<ReviewLabel>;
  status(): Promise<ReviewQueueStatus>;
  /** Deletes the cases of these decisions. */
  erase(decisionIds: readonly string[]): Promise<number>;
  /** Looks at time limits and answers now; the queue does so by itself every `pollMs`. Never rejects. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** What is told of a case. */
type Told = Pick<ReviewCase, 'model' | 'id' | 'decisionId' | 'why' | 'probability' | 'blind' | 'createdAt'>;

const DAY = 86_400_000;
/** Cases that are looked at in one go. */
const STEP = 200;
/** Cases behind the figures of a status. */
const SEEN = 1000;
/** Each race that is lost is a case that somebody else has. */
const MAX_RACES = 200;
const LABELS = 12;

const KINDS: Kinds<ReviewQueueOptions> = {
  name: required(text),
  store: withMethods('insert', 'read', 'replace', 'list', 'count', 'forget', 'erase'),
  reviewers: whole(1, 2),
  blind: flag,
  answerMs: ms,
  escalation: list(optionsOf<EscalationStep>({ afterMs: required(ms), priority: finite })),
  leaseMs: ms,
  truth: callback,
  keepMs: msOrNever,
  maxWaiting: countOr0,
  pollMs: ms,
};

/**
 * A queue of cases that people decide, beside a runtime: it uses its clock and its `authorize`, and tells its sinks.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function reviewQueue(understudy: Understudy, options: ReviewQueueOptions): ReviewQueue {
  return new ManagedReviewQueue(companionOf('reviewQueue(understudy)', understudy), options);
}

/** Nobody waits for an answer any more; what was answered meanwhile stays. Never rejects. */
export async function abandon(queue: ReviewQueue, id: string): Promise<void> {
  const reason = 'Nobody waits for its answer any more.';
  const withdraw =
    queue instanceof ManagedReviewQueue
      ? queue.withdrawn(id, 'reviews', reason)
      : queue.withdraw(id, { by: { id: 'reviews', roles: [] }, reason });
  await withdraw.catch(() => undefined);
}

class ManagedReviewQueue implements ReviewQueue {
  readonly name: string;
  readonly #companion: CompanionParts;
  readonly #store: ReviewStore;
  readonly #settings: Required<Omit<ReviewQueueOptions, 'store' | 'truth'>> & Pick<ReviewQueueOptions, 'truth'>;
  readonly #waiters = new Set<() => void>();
  #timer: TimerHandle;
  #sweeping: Promise<void> | undefined;
  /** Cases that wait, as far as is known, and until when that counts. */
  readonly #counted = { waiting: 0, until: Number.NEGATIVE_INFINITY };
  #dropped = 0;
  #storeFailure: string | null = null;
  #aheadMs = 0;
  #isClosed = false;

  constructor(companion: CompanionParts, options: ReviewQueueOptions) {
    const settings = readOptions('reviewQueue', options, KINDS, {
      reviewers: 1,
      blind: false,
      answerMs: DAY,
      leaseMs: 600_000,
      keepMs: 90 * DAY,
      maxWaiting: 10_000,
      pollMs: 1000,
    } as const);
    const { escalation = [{ afterMs: settings.answerMs }], store = memoryReviews() } = settings;
    this.name = settings.name;
    this.#companion = companion;
    this.#store = store;
    this.#settings = { ...settings, escalation: escalation.toSorted((a, b) => a.afterMs - b.afterMs) };
    this.#arm();
  }

  async request(request: ReviewRequest): Promise<string | undefined> {
    const { model, decisionId = '', why, probability = 1, segment = '', priority = 0 } = readInput('request()', request, REQUEST);
    const { reviewers, blind, answerMs, escalation, maxWaiting } = this.#settings;
    if ((await this.#waiting()) >= maxWaiting) {
      this.#dropped++;
      return undefined;
    }
    const at = await this.#now();
    const id = decisionId === '' ? this.#word('r') : decisionId;
    const content = plainContent(request);
    if (content === undefined) {
      this.#dropped++;
      throw problemsError('INPUT_INVALID', 'request()', [
        { path: 'input', message: 'expected input and output that can be written as JSON' },
      ]);
    }
    const made: ReviewCase = {
      v: 1,
      id,
      queue: this.name,
      model,
      decisionId,
      ...content,
      why,
      probability,
      segment,
      blind,
      priority,
      createdAt: at,
      dueAt: at + answerMs,
      needed: reviewers,
      assigned: null,
      leases: [],
      answers: [],
      escalated: 0,
      state: 'waiting',
      resolvedAt: null,
      nextAt: 0,
      version: 1,
    };
    if (!(await this.#asked(() => this.#store.insert(scheduled(made, escalation))))) return undefined;
    this.#counted.waiting++;
    this.#tell(made, 'requested', 'reviews', `It was chosen: ${why}.`, at);
    return id;
  }

  async take(by: Operator, { id }: { readonly id?: string } = {}): Promise<ReviewTask | undefined> {
    const reviewer = await this.#allowed('review-take', by, id);
    const tried = new Set<string>();
    for (let race = 0; race < MAX_RACES; race++) {
      const at = await this.#now();
      const own = id === undefined ? undefined : await this.#leaseOf(id, reviewer, at);
      if (own !== undefined) return this.renew(own);
      const found = await this.#candidates(reviewer, id, tried, at);
      if (found === undefined) return undefined;
      const lease: ReviewLease = { by: reviewer, token: this.#word('t'), until: at + this.#settings.leaseMs };
      const next = taken(found, lease, at);
      if (!(await this.#replace(found, next))) continue;
      for (const gone of lapsed(found, at).gone) this.#tell(found, 'lapsed', gone.by, 'The time to answer it was over.', at);
      this.#tell(next, 'taken', reviewer, 'It was taken.', at);
      return this.#taskOf(next, lease);
    }
    return undefined;
  }

  async renew({ id, token }: Pick<ReviewTask, 'id' | 'token'>, by?: Operator): Promise<ReviewTask> {
    const reviewer = by === undefined ? undefined : await this.#allowed('review-take', by, id);
    const { next } = await this.#change(id, (found, at) => {
      if (reviewer !== undefined) this.#own(found, token, reviewer, at);
      return renewed(found, token, at + this.#settings.leaseMs);
    });
    const lease = next.leases.find((one) => one.token === token);
    if (lease === undefined) throw this.#unknown(id);
    return this.#taskOf(next, lease);
  }

  async release({ id, token }: Pick<ReviewTask, 'id' | 'token'>, note: ControlNote): Promise<void> {
    const { by, reason } = readNote('The note', note);
    const reviewer = await this.#allowed('review-take', by, id);
    const { next, at } = await this.#change(id, (found, now) => released(this.#own(found, token, reviewer, now), token));
    this.#tell(next, 'released', reviewer, reason, at);
  }

  async escalate({ id, token }: Pick<ReviewTask, 'id' | 'token'>, note: ControlNote): Promise<void> {
    const { by, reason } = readNote('The note', note);
    const reviewer = await this.#allowed('review-take', by, id);
    const { escalation } = this.#settings;
    const { next, at } = await this.#change(id, (found, now) =>
      passedOn(this.#own(found, token, reviewer, now), token, escalation),
    );
    this.#tell(next, 'escalated', reviewer, reason, at);
  }

  async answer({ id, token }: Pick<ReviewTask, 'id' | 'token'>, answer: ReviewAnswer, by: Operator): Promise<void> {
    const reviewer = await this.#allowed('review-answer', by, id);
    const told = readAnswer(answer);
    const { next, at } = await this.#change(id, (found, now) => {
      this.#own(found, token, reviewer, now);
      if ('agrees' in told && (found.blind || found.output === undefined))
        throw problemsError('INPUT_INVALID', 'answer()', [
          {
            path: 'answer.output',
            message: `expected what it should be: ${found.blind ? 'the model’s answer is hidden' : 'no model has answered'}`,
          },
        ]);
      if ('output' in told) this.#checkOutput(found.model, told.output);
      return answered(found, token, told, now);
    });
    const given = next.answers.at(-1);
    this.#tell(next, 'answered', reviewer, given?.reason ?? '', at, given?.agrees);
    if (next.state !== 'resolved') return;
    this.#tell(next, 'resolved', next.result?.by ?? reviewer, next.result?.reason ?? '', at, next.result?.agrees);
    this.#wake();
    void this.sweep();
  }

  async assign(id: string, reviewer: string | null, note: ControlNote): Promise<void> {
    const { by, reason } = readNote('The note', note);
    const giver = await this.#allowed('review-assign', by, id);
    const problems = reviewer === null ? [] : problemsAt('reviewer', noteText, reviewer);
    if (problems.length > 0) throw problemsError('INPUT_INVALID', 'assign()', problems);
    const { next, at } = await this.#change(id, (found) => assignedTo(found, reviewer));
    this.#tell(next, 'assigned', giver, reason, at);
  }

  async withdraw(id: string, note: ControlNote): Promise<void> {
    const { by, reason } = readNote('The note', note);
    await this.#allowed('review-assign', by, id);
    await this.withdrawn(id, by.id, reason);
  }

  /** For the library itself: nobody waits for the answer any more. */
  async withdrawn(id: string, by: string, reason: string): Promise<void> {
    const { next, at } = await this.#change(id, withdrawn);
    this.#tell(next, 'withdrawn', by, reason, at);
    this.#wake();
  }

  async rights(by: Operator): Promise<ReviewRights> {
    const operator = readOperator('A reviewer', by);
    const may = (kind: CommandKind): Promise<boolean> => this.#companion.may(operator, { kind, model: this.name });
    const [take, answer, assign] = await Promise.all([may('review-take'), may('review-answer'), may('review-assign')]);
    return { take, answer, assign };
  }

  read(id: string): Promise<ReviewCase | undefined> {
    return this.#asked(() => this.#store.read(this.name, id));
  }

  async list(query: Parameters<ReviewQueue['list']>[0] = {}): Promise<readonly ReviewCase[]> {
    const { states = ['waiting'], limit = 100, skip = 0 } = query;
    return this.#asked(() => this.#store.list({ queue: this.name, states, limit, skip }));
  }

  async result(id: string, { signal }: { readonly signal: AbortSignal }): Promise<GivenAnswer> {
    const { clock } = this.#companion;
    for (;;) {
      signal.throwIfAborted();
      const found = await this.#asked(() => this.#store.read(this.name, id));
      if (found === undefined) throw this.#unknown(id);
      if (found.result !== undefined) return found.result;
      if (found.state === 'withdrawn')
        throw new UnderstudyError('CONTROL_CONFLICT', `The review ${id} of the queue ${this.name} was withdrawn.`);
      // An answer in this process wakes at once, one of another process within the time of a look.
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.schedule(resolve, this.#settings.pollMs, true);
      this.#waiters.add(resolve);
      const stop = (): void => resolve();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', stop);
        this.#waiters.delete(resolve);
        clock.cancel(timer);
      }
    }
  }

  async *labels(): AsyncGenerator<ReviewLabel> {
    for (let skip = 0; ; skip += STEP) {
      const found = await this.list({ states: ['resolved', 'settled'], limit: STEP, skip });
      for (const one of found) {
        const { id, model, decisionId, input, output, why, probability, segment, answers, result, resolvedAt } = one;
        if (result === undefined) continue;
        const about = { id, model, decisionId, input, why, probability, segment, ...(output === undefined ? {} : { output }) };
        const label = labelOf(result, output);
        yield { ...about, label, agrees: result.agrees, by: answers.map(({ by }) => by), at: resolvedAt ?? result.at };
      }
      if (found.length < STEP) return;
    }
  }

  async status(): Promise<ReviewQueueStatus> {
    const [counts, waiting, ended, at] = await Promise.all([
      this.#asked(() => this.#store.count(this.name)),
      this.list({ limit: SEEN }),
      this.list({ states: ['resolved', 'settled'], limit: SEEN }),
      this.#now(),
    ]);
    const times = ended.map(({ createdAt, resolvedAt }) => (resolvedAt ?? createdAt) - createdAt).sort((a, b) => a - b);
    const quantile = (share: number): number | null =>
      times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? null;
    return {
      queue: this.name,
      waiting: counts.waiting ?? 0,
      taken: waiting.filter(({ leases }) => leases.some(({ until }) => until > at)).length,
      overdue: waiting.filter(({ dueAt }) => dueAt < at).length,
      escalated: waiting.filter((one) => one.escalated > 0).length,
      oldestMs: Math.max(0, ...waiting.map(({ createdAt }) => at - createdAt)),
      resolved: (counts.resolved ?? 0) + (counts.settled ?? 0),
      withdrawn: counts.withdrawn ?? 0,
      resolutionMs: { p50: quantile(0.5), p90: quantile(0.9) },
      agreement: agreementOf(ended),
      dropped: this.#dropped,
      storeFailure: this.#storeFailure,
      answerMs: this.#settings.answerMs,
      leaseMs: this.#settings.leaseMs,
    };
  }

  erase(decisionIds: readonly string[]): Promise<number> {
    return this.#asked(() => this.#store.erase(this.name, decisionIds));
  }

  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => void (this.#storeFailure = errorText(error, 300)))
      .finally(() => {
        this.#sweeping = undefined;
      });
    return this.#sweeping;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#companion.clock.cancel(this.#timer);
    await this.#sweeping;
    await this.#store.close?.();
  }

  #arm(): void {
    const look = async (): Promise<void> => {
      await this.sweep();
      if (!this.#isClosed && !this.#companion.closed()) this.#arm();
    };
    this.#timer = this.#companion.clock.schedule(() => void look(), this.#settings.pollMs, true);
  }

  async #sweep(): Promise<void> {
    const at = await this.#now();
    let failure: Error | undefined;
    for (;;) {
      const due = await this.#asked(() =>
        this.#store.list({ queue: this.name, states: ['waiting', 'resolved'], nextBefore: at, limit: STEP }),
      );
      let done = 0;
      for (const found of due) {
        try {
          if (await this.#attend(found, at)) done++;
        } catch (error) {
          // One case that cannot be attended to must not keep the others.
          failure ??= asError(error);
        }
      }
      if (done === 0 || due.length < STEP) break;
    }
    if (this.#settings.keepMs !== Infinity) await this.#asked(() => this.#store.forget(this.name, at - this.#settings.keepMs));
    if (failure !== undefined) throw failure;
  }

  /** What is due on a case: told by the process whose change was taken. @returns whether this one did something */
  async #attend(found: ReviewCase, at: number): Promise<boolean> {
    if (found.state === 'resolved') return this.#settle(found);
    const { next: free, gone } = lapsed(found, at);
    const steps: ReviewCase[] = [];
    for (
      let next = escalated(free, this.#settings.escalation, at);
      next !== undefined;
      next = escalated(next, this.#settings.escalation, at)
    )
      steps.push(next);
    const next = steps.at(-1) ?? free;
    if (next === found || !(await this.#replace(found, next))) return false;
    for (const { by } of gone) this.#tell(next, 'lapsed', by, 'The time to answer it was over.', at);
    for (const step of steps)
      this.#tell(
        step,
        'escalated',
        'reviews',
        `It has waited ${Math.round((at - step.createdAt) / 1000)} s: step ${step.escalated} of its escalation.`,
        at,
      );
    return true;
  }

  /** Records what people said as an outcome of the decision, where this process has the model. An outcome that comes twice counts once. */
  async #settle(found: ReviewCase): Promise<boolean> {
    const { decisionId, model, result, output, blind } = found;
    if (result === undefined) return false;
    if (decisionId !== '') {
      const record = this.#companion.outcomesOf(model);
      if (record === undefined) return false;
      const by = found.answers.map((answer) => answer.by).join(', ');
      const told = result.agrees
        ? { feedback: { agree: true } }
        : { override: { output: result.output, by, reason: result.reason, blind } };
      await record(decisionId, told);
      const { truth } = this.#settings;
      if (truth !== undefined) await record(decisionId, { truth: truth(labelOf(result, output)) });
    }
    return this.#replace(found, { ...found, state: 'settled' });
  }

  async #candidates(reviewer: string, id: string | undefined, tried: Set<string>, at: number): Promise<ReviewCase | undefined> {
    if (id !== undefined) {
      const found = await this.#asked(() => this.#store.read(this.name, id));
      if (found === undefined) throw this.#unknown(id);
      if (tried.has(`${id}/${found.version}`)) return undefined;
      tried.add(`${id}/${found.version}`);
      return mayTake(found, reviewer, at) ? found : undefined;
    }
    for (let skip = 0; ; skip += STEP) {
      const found = await this.#asked(() => this.#store.list({ queue: this.name, states: ['waiting'], limit: STEP, skip }));
      const free = found.find(
        (one) =>
          mayTake(one, reviewer, at) && !tried.has(`${one.id}/${one.version}`) && one.passedBy?.includes(reviewer) !== true,
      );
      if (free !== undefined) {
        tried.add(`${free.id}/${free.version}`);
        return free;
      }
      if (found.length < STEP) return undefined;
    }
  }

  /** Changes a case by compare-and-set, again for each race that was lost. */
  async #change(
    id: string,
    decide: (found: ReviewCase, at: number) => ReviewCase,
  ): Promise<{ readonly next: ReviewCase; readonly at: number }> {
    for (let race = 0; race < MAX_RACES; race++) {
      const at = await this.#now();
      const found = await this.#asked(() => this.#store.read(this.name, id));
      if (found === undefined) throw this.#unknown(id);
      const next = decide(found, at);
      if (await this.#replace(found, next)) return { next, at };
    }
    throw new UnderstudyError('CONTROL_CONFLICT', `The review ${id} lost ${MAX_RACES} races against others: try again.`, {
      retryable: true,
    });
  }

  #replace(found: ReviewCase, next: ReviewCase): Promise<boolean> {
    const changed = scheduled({ ...next, version: found.version + 1 }, this.#settings.escalation);
    return this.#asked(() => this.#store.replace(changed, found.version));
  }

  /** The case, where the lease is this reviewer's: nobody answers in another's name. */
  #own(found: ReviewCase, token: string, reviewer: string, at: number): ReviewCase {
    const lease = found.leases.find((one) => one.token === token);
    if (lease === undefined || lease.by === reviewer) return found;
    this.#tell(found, 'refused', reviewer, 'It was taken by somebody else.', at);
    throw new UnderstudyError('FORBIDDEN', `The review ${found.id} was taken by somebody else than ${reviewer}.`);
  }

  /** The place of a case that somebody has, so that it can be given again: a page that was loaded anew has lost it. */
  async #leaseOf(id: string, reviewer: string, at: number): Promise<Pick<ReviewTask, 'id' | 'token'> | undefined> {
    const found = await this.read(id);
    const lease = found?.state === 'waiting' ? found.leases.find(({ by, until }) => by === reviewer && until > at) : undefined;
    return lease === undefined ? undefined : { id, token: lease.token };
  }

  /** What no outcome of the model could be is refused while its reviewer can mend it. A schema that answers later is asked when it is recorded. */
  #checkOutput(model: string, output: unknown): void {
    const contract = this.#companion.contractOf(model);
    const verdict = contract === undefined ? undefined : checkNow(validator(contract.output), output);
    if (verdict?.problems === undefined) return;
    const what = `The answer, which must be an output of the model "${model}"`;
    throw problemsError('INPUT_INVALID', what, problemsUnder('answer.output', verdict.problems));
  }

  /** @param review the case that it is about, where one was named */
  async #allowed(kind: CommandKind, by: Operator, review: string | undefined): Promise<string> {
    const { id, roles } = readOperator('A reviewer', by);
    if (await this.#companion.may({ id, roles }, { kind, model: this.name })) return id;
    const unnamed = { model: '', id: review ?? '', decisionId: '', why: '', probability: 1, blind: false };
    // The store is not asked: that it is away must not hide who was refused.
    const at = this.#companion.clock.wall() + this.#aheadMs;
    this.#tell({ ...unnamed, createdAt: at }, 'refused', id, `The runtime's authorize() refused ${kind}.`, at);
    throw new UnderstudyError(
      'FORBIDDEN',
      `${id} may not ${kind} in the queue ${this.name}: the runtime's authorize() refused it.`,
      {
        details: { queue: this.name },
      },
    );
  }

  #taskOf(found: ReviewCase, { token, until }: ReviewLease): ReviewTask {
    const { id, queue, model, decisionId, input, output, why, segment, blind, createdAt, dueAt } = found;
    const shown = blind || output === undefined ? {} : { output };
    const contract = this.#companion.contractOf(model);
    const fields = contract === undefined ? undefined : introspect(contract.output, 'output');
    const form = fields === undefined ? {} : { fields };
    return { id, queue, model, decisionId, input, ...shown, why, segment, blind, createdAt, dueAt, token, until, ...form };
  }

  /** How many cases wait, about: asked once in a while, since a count of a large table takes its time. */
  async #waiting(): Promise<number> {
    const now = this.#companion.clock.now();
    if (now >= this.#counted.until) {
      this.#counted.until = now + this.#settings.pollMs;
      const { waiting = 0 } = await this.#asked(() => this.#store.count(this.name));
      this.#counted.waiting = waiting;
    }
    return this.#counted.waiting;
  }

  /** By the store's clock where it has one, so that processes agree. */
  async #now(): Promise<number> {
    const { clock } = this.#companion;
    if (this.#store.now === undefined) return clock.wall();
    const now = await this.#asked(async () => this.#store.now?.());
    if (now !== undefined) this.#aheadMs = now - clock.wall();
    return clock.wall() + this.#aheadMs;
  }

  /** @throws UnderstudyError `STORE_UNAVAILABLE` for every failure of the store */
  async #asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#storeFailure = null;
      return answer;
    } catch (error) {
      this.#storeFailure = errorText(error, 300);
      if (UnderstudyError.is(error)) throw error;
      throw new UnderstudyError(
        'STORE_UNAVAILABLE',
        `The store of reviews "${this.#store.name}" failed: ${this.#storeFailure}. Try again.`,
        {
          cause: error,
          retryable: true,
        },
      );
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  #tell(
    { model, id, decisionId, why, probability, blind, createdAt }: Told,
    change: ReviewChangedEvent['change'],
    by: string,
    reason: string,
    at: number,
    agrees?: boolean,
  ): void {
    const facts = {
      queue: this.name,
      review: id,
      decisionId,
      change,
      why,
      probability,
      by,
      reason: this.#companion.mask(reason),
      waitedMs: Math.max(0, at - createdAt),
    };
    this.#companion.tell('review-changed', model, {
      ...facts,
      ...(blind ? { blind } : {}),
      ...(agrees === undefined ? {} : { agrees }),
    });
  }

  #unknown(id: string): UnderstudyError {
    return new UnderstudyError('CONTROL_CONFLICT', `The queue ${this.name} has no review ${id}: it may be too old.`, {
      details: { review: id },
    });
  }

  #word(prefix: string): string {
    const { random } = this.#companion;
    return prefix + [random(), random(), random()].map((draw) => Math.floor(draw * 2 ** 40).toString(36)).join('');
  }
}

/** Two people's answers, as labels: the most frequent ones, and all others together. */
function agreementOf(ended: readonly ReviewCase[]): Agreement | null {
  const pairs = ended.flatMap(({ answers: [first, second], output }) =>
    first === undefined || second === undefined
      ? []
      : [[JSON.stringify(labelOf(first, output)), JSON.stringify(labelOf(second, output))] as const],
  );
  const labels = [...new Set(pairs.flat())].slice(0, LABELS - 1);
  const placeOf = (label: string): number => (labels.includes(label) ? labels.indexOf(label) : labels.length);
  const matrix = Array.from({ length: labels.length + 1 }, () => Array.from({ length: labels.length + 1 }, () => 0));
  for (const [first, second] of pairs) {
    const row = matrix[placeOf(first)];
    const column = placeOf(second);
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  return cohensKappa(matrix);
}

/** Input and output as plain data; `undefined` for what cannot be written as JSON. */
function plainContent({ input, output }: ReviewRequest): Pick<ReviewCase, 'input' | 'output'> | undefined {
  try {
    const copied = JSON.parse(JSON.stringify({ input, output })) as Pick<ReviewCase, 'input' | 'output'>;
    return 'input' in copied ? copied : { output: copied['output'], input: null };
  } catch {
    return undefined;
  }
}

const REQUEST: Kinds<ReviewRequest> = {
  model: required(text),
  decisionId: text,
  input: () => undefined,
  output: () => undefined,
  why: required(noteText),
  probability: (value) => (typeof value === 'number' && value > 0 && value <= 1 ? undefined : 'a probability over 0, at most 1'),
  segment: text,
  priority: finite,
};

/** @throws UnderstudyError `INPUT_INVALID` */
function readInput<T extends object>(what: string, given: T, kinds: Kinds<T>): T {
  const { settings, problems } = checkOptions<T, {}>(given, kinds, {});
  if (problems.length > 0) throw problemsError('INPUT_INVALID', what, problems);
  return settings;
}

/** @throws UnderstudyError `INPUT_INVALID` */
function readAnswer(answer: ReviewAnswer): ReviewAnswer {
  const given: unknown = answer;
  if (isRecord(given) && given['agrees'] === true && !('output' in given)) {
    const reason = given['reason'];
    if (reason === undefined || (typeof reason === 'string' && reason.length <= 1000))
      return { agrees: true, reason: reason ?? '' };
  }
  if (isRecord(given) && 'output' in given && given['output'] !== undefined && !('agrees' in given)) {
    const problems = problemsAt('answer.reason', noteText, given['reason']);
    if (problems.length > 0) throw problemsError('INPUT_INVALID', 'answer()', problems);
    const copied = plainContent({ input: null, output: given['output'] } as ReviewRequest);
    if (copied !== undefined && 'output' in copied) return { output: copied.output, reason: String(given['reason']) };
  }
  throw problemsError('INPUT_INVALID', 'answer()', [
    { path: 'answer', message: 'expected { agrees: true }, or { output, reason } with what it should be, as plain data' },
  ]);
}
