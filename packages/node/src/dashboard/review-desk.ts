import { type Operator, UnderstudyError } from '@understudy/core';
import { anything, checkOptions, type Clock, either, flag, type Kinds, oneOf, required, text } from '@understudy/core/authoring';
import type { ReviewAnswer, ReviewCase, ReviewQueue, ReviewQueueStatus, ReviewRights, ReviewTask } from '@understudy/core/review';
import { within } from '../within.ts';
import { bodyOf } from './body.ts';
import type { Viewer } from './dashboard-options.ts';
import { refusal } from './refusal.ts';
import { json, problem } from './respond.ts';
import {
  REVIEW_ACTIONS,
  type ReviewAction,
  type ReviewBrief,
  type ReviewCaseAnswer,
  type ReviewCasesAnswer,
  type ReviewCommand,
  type ReviewQueueView,
  type ReviewsAnswer,
  type ReviewTaskAnswer,
} from './wire.ts';

/** Longer, and nobody can say what a store did. */
const QUEUE_MS = 15_000;
/** So long a status serves all who look: it is made of up to 2,000 cases. */
const STATUS_MS = 1000;
/** A corrected answer may be as large as an answer. */
const BODY_BYTES = 262_144;
/** Cases of one page. */
const PAGE = 50;

const KINDS: Kinds<ReviewCommand> = {
  queue: required(text),
  action: required(oneOf(...REVIEW_ACTIONS)),
  id: text,
  token: text,
  agrees: flag,
  output: anything,
  reason: text,
  to: either(text, oneOf(null)),
};

interface Known {
  readonly until: number;
  readonly status: Promise<ReviewQueueStatus | null>;
}

const NOTHING: ReviewRights = { take: false, answer: false, assign: false };

/** What the page of reviews asks and does. A case's content is given to who has taken it, and to nobody else. */
export class ReviewDesk {
  readonly names: readonly string[];
  readonly #queues: ReadonlyMap<string, ReviewQueue>;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(queues: readonly ReviewQueue[], clock: Clock) {
    this.#queues = new Map(queues.map((queue) => [queue.name, queue]));
    this.names = [...this.#queues.keys()];
    this.#clock = clock;
  }

  /** @param name the address below `api/` */
  async answer(
    name: 'reviews' | 'cases' | 'case' | 'review',
    request: Request,
    query: URLSearchParams,
    viewer: Viewer | undefined,
  ): Promise<Response> {
    if (name === 'review') return this.#command(request, viewer);
    const at = this.#clock.wall();
    if (name === 'reviews') {
      const answer: ReviewsAnswer = { at, queues: await Promise.all(this.names.map((one) => this.#view(one, viewer))) };
      return json(200, answer);
    }
    const queue = this.#queues.get(query.get('queue') ?? '');
    if (queue === undefined) return noQueue();
    try {
      if (name === 'case') {
        const found = await this.#asked(() => queue.read(query.get('id') ?? ''));
        const answer: ReviewCaseAnswer = { at, found: found === undefined ? null : briefOf(found) };
        return json(200, answer);
      }
      const skip = Math.max(0, Math.floor(Number(query.get('skip') ?? 0)) || 0);
      const found = await this.#asked(() => queue.list({ limit: PAGE + 1, skip }));
      const cases = found.slice(0, PAGE).map(briefOf);
      const answer: ReviewCasesAnswer = { at, cases, ...(found.length > PAGE ? { next: skip + PAGE } : {}) };
      return json(200, answer);
    } catch (error) {
      return refused(error);
    }
  }

  /** Does something in the name of who was authorised; what the body says of who that is is refused. */
  async #command(request: Request, viewer: Viewer | undefined): Promise<Response> {
    if (viewer === undefined || viewer.may === 'read')
      return problem(403, 'READ_ONLY', 'You may look, and not review: the dashboard’s authorize() says may: read.');
    const body = await bodyOf(request, this.#clock, BODY_BYTES);
    if (body.refused !== undefined) return body.refused;
    const { problems } = checkOptions<ReviewCommand, {}>(body.given as ReviewCommand, KINDS, {});
    if (problems.length > 0)
      return problem(400, 'INPUT_INVALID', problems.map(({ path, message }) => `${path || 'body'}: ${message}`).join('; '));
    const given = body.given as ReviewCommand;
    const queue = this.#queues.get(given.queue);
    if (queue === undefined) return noQueue();
    const missing = NEEDS[given.action].find((name) => given[name] === undefined);
    if (missing !== undefined) return problem(400, 'INPUT_INVALID', `${missing}: is needed to ${given.action}.`);
    const by: Operator = { id: viewer.id, roles: viewer.roles };
    try {
      const task = await this.#asked(() => DO[given.action](queue, given, by));
      this.#known.delete(queue.name);
      const answer: ReviewTaskAnswer = { at: this.#clock.wall(), task: task ?? null };
      return json(200, answer);
    } catch (error) {
      return refused(error);
    }
  }

  async #view(name: string, viewer: Viewer | undefined): Promise<ReviewQueueView> {
    const queue = this.#queues.get(name);
    if (queue === undefined) return { name, status: null, rights: NOTHING };
    const [status, rights] = await Promise.all([this.#status(queue), this.#rights(queue, viewer)]);
    return { name, status, rights };
  }

  /** Nobody who cannot be asked about may do anything. */
  async #rights(queue: ReviewQueue, viewer: Viewer | undefined): Promise<ReviewRights> {
    if (viewer === undefined || viewer.may === 'read') return NOTHING;
    try {
      const may = await this.#asked(() => queue.rights({ id: viewer.id, roles: viewer.roles }));
      const isSaid = (said: unknown): boolean => said === true;
      return { take: isSaid(may.take), answer: isSaid(may.answer), assign: isSaid(may.assign) };
    } catch {
      return NOTHING;
    }
  }

  #status(queue: ReviewQueue): Promise<ReviewQueueStatus | null> {
    const now = this.#clock.now();
    const known = this.#known.get(queue.name);
    if (known !== undefined && known.until > now) return known.status;
    const ask = async (): Promise<ReviewQueueStatus | null> => {
      try {
        // Plain data, whoever made the queue.
        const status = JSON.parse(JSON.stringify(await this.#asked(() => queue.status()))) as ReviewQueueStatus;
        if (typeof status.waiting !== 'number') return null;
        // What a store says may hold addresses and more.
        return { ...status, storeFailure: status.storeFailure === null ? null : 'The store of the queue fails.' };
      } catch {
        return null;
      }
    };
    const status = ask();
    this.#known.set(queue.name, { until: now + STATUS_MS, status });
    return status;
  }

  #asked<T>(work: () => Promise<T>): Promise<Awaited<T>> {
    return within(this.#clock, QUEUE_MS, 'The queue', work) as Promise<Awaited<T>>;
  }
}

const NEEDS: Readonly<Record<ReviewAction, readonly (keyof ReviewCommand)[]>> = {
  take: [],
  renew: ['id', 'token'],
  answer: ['id', 'token'],
  release: ['id', 'token', 'reason'],
  escalate: ['id', 'token', 'reason'],
  assign: ['id', 'to', 'reason'],
};

type Do = (queue: ReviewQueue, given: ReviewCommand, by: Operator) => Promise<ReviewTask | undefined | void>;
const DO: Readonly<Record<ReviewAction, Do>> = {
  take: (queue, { id }, by) => queue.take(by, id === undefined ? {} : { id }),
  renew: (queue, { id = '', token = '' }, by) => queue.renew({ id, token }, by),
  answer: (queue, given, by) => {
    const { id = '', token = '', agrees, output, reason } = given;
    // What it may be is for the queue to say: this passes on what was given, and nothing else.
    const answer = {
      ...(agrees === undefined ? {} : { agrees }),
      ...(output === undefined ? {} : { output }),
      ...(reason === undefined ? {} : { reason: reason.trim() }),
    } as ReviewAnswer;
    return queue.answer({ id, token }, answer, by);
  },
  release: (queue, { id = '', token = '', reason = '' }, by) => queue.release({ id, token }, { by, reason: reason.trim() }),
  escalate: (queue, { id = '', token = '', reason = '' }, by) => queue.escalate({ id, token }, { by, reason: reason.trim() }),
  assign: (queue, { id = '', to = null, reason = '' }, by) => queue.assign(id, to, { by, reason: reason.trim() }),
};

const noQueue = (): Response => problem(404, 'UNKNOWN_QUEUE', 'This dashboard has no such queue.');

/** What a store says stays here. */
const refused = (error: unknown): Response =>
  UnderstudyError.is(error) && error.code === 'STORE_UNAVAILABLE'
    ? problem(503, 'STORE_UNAVAILABLE', 'The store of the queue fails. Nothing that you typed is lost: try again.')
    : refusal(error);

function briefOf(found: ReviewCase): ReviewBrief {
  const { id, model, decisionId, why, blind, priority, createdAt, dueAt, needed, escalated, assigned, state, leases, answers } =
    found;
  const about = { id, model, decisionId, why, blind, priority, createdAt, dueAt, needed, escalated, assigned, state };
  return { ...about, answers: answers.length, leases: leases.map(({ by, until }) => ({ by, until })) };
}
