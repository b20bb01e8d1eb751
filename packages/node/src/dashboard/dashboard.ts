import { type Understudy, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { type Access, accessOf, type Refused } from './access.ts';
import { assets } from './assets.ts';
import { command } from './commands.ts';
import { type DashboardOptions, type DashboardSettings, readDashboardOptions, type Viewer } from './dashboard-options.ts';
import { Health } from './health.ts';
import { History } from './history.ts';
import { Hub } from './hub.ts';
import { LiveStreams } from './live.ts';
import { ReviewDesk } from './review-desk.ts';
import { json, pageOf, plainPage, problem, respond } from './respond.ts';
import { type ApiName, type Route, routeOf } from './route.ts';
import { isSameOrigin } from './same-origin.ts';
import type { StatusAnswer } from './wire.ts';

/** A web-standard handler: it answers every request, and never rejects. */
export interface Dashboard {
  /** @param context what `authorize` is given beside the request, such as what the server's framework knows of it */
  (request: Request, context?: unknown): Promise<Response>;
  /**
   * Ends open streams, opens no other, and stops listening to the runtime. Call it before the server is closed, which waits for open streams.
   */
  close(): void;
  /** The events that this process remembers for the page: a few hundred a model. */
  events(): Iterable<UnderstudyEvent>;
  /** Leaves events out of them; answers how many. */
  drop(isDropped: (event: UnderstudyEvent) => boolean): number;
}

/**
 * A page that shows what the models of this runtime do and why, with controls for who may give commands. Closed to everybody until
 * `authorize` says who is who; read-only for everybody with `open: 'read-only'`. It works under any path, in whatever takes a
 * `Request` and returns a `Response`; `toNodeHandler()` fits it to `node:http`, Express and Fastify.
 *
 * `healthz` and `readyz` below its path answer probes without authorisation.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` with every problem
 */
export function dashboard(understudy: Understudy, options: DashboardOptions = {}): Dashboard {
  const settings = readDashboardOptions(options);
  if (typeof (understudy as Understudy | undefined)?.on !== 'function')
    throw new UnderstudyError('CONFIGURATION_INVALID', 'dashboard(understudy): expected what createUnderstudy() returns.');
  const site = new Site(understudy, settings);
  return Object.assign((request: Request, context?: unknown) => site.handle(request, context), {
    close: () => site.close(),
    events: () => site.hub.kept(),
    drop: (isDropped: (event: UnderstudyEvent) => boolean) => site.hub.drop(isDropped),
  });
}

class Site {
  readonly #understudy: Understudy;
  readonly #settings: DashboardSettings;
  readonly hub: Hub;
  readonly #live: LiveStreams;
  readonly #history: History;
  readonly #health: Health;
  readonly #desk: ReviewDesk;
  readonly #process = crypto.randomUUID().slice(0, 8);

  constructor(understudy: Understudy, settings: DashboardSettings) {
    const { clock, content, history, reviews } = settings;
    this.#understudy = understudy;
    this.#settings = settings;
    this.hub = new Hub(understudy, clock, content);
    this.#live = new LiveStreams(this.hub, clock, this.#process);
    this.#history = new History(this.hub, history, clock, content);
    this.#health = new Health(understudy, clock);
    this.#desk = new ReviewDesk(reviews, clock);
  }

  async handle(request: Request, context: unknown): Promise<Response> {
    try {
      const response = await this.#answer(request, context);
      return request.method === 'HEAD' ? new Response(null, response) : response;
    } catch {
      // What went wrong may hold anything: it is for no page.
      return problem(500, 'FAILED', 'The dashboard could not answer.');
    }
  }

  close(): void {
    this.#live.close();
    this.hub.close();
  }

  async #answer(request: Request, context: unknown): Promise<Response> {
    const url = new URL(request.url);
    const route = routeOf(url.pathname);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const expected = route.to === 'api' && (route.name === 'command' || route.name === 'review') ? 'POST' : 'GET';
    if (method !== expected) return problem(405, 'METHOD', `This address takes ${expected} alone.`, { allow: expected });
    if (route.to === 'nowhere') return problem(404, 'NOT_FOUND', 'There is nothing at this address.');
    if (route.to === 'healthz') return this.#health.live();
    if (route.to === 'readyz') return this.#health.ready();
    // Before anything is asked or read: a page of another origin learns nothing, not even who is logged in.
    if (expected === 'POST' && !isSameOrigin(request.headers, url))
      return problem(403, 'CROSS_ORIGIN', 'Commands are taken from the dashboard’s own page alone.');
    const access = await accessOf(this.#settings, request, context);
    if ('refused' in access) return refused(access.refused, request);
    if (access.response !== undefined) return access.response;
    return this.#allowed(request, url, route, access);
  }

  #allowed(request: Request, url: URL, route: Route, { viewer }: Access): Promise<Response> | Response {
    if (route.to === 'stroke') return respond(308, null, { location: route.location + url.search });
    if (route.to === 'api') return this.#api(request, url.searchParams, route.name, viewer);
    return file(request, route.to === 'asset' ? route.path : 'index.html');
  }

  async #api(request: Request, query: URLSearchParams, name: ApiName, viewer: Viewer | undefined): Promise<Response> {
    if (name === 'status') return json(200, this.#status(viewer));
    if (name === 'command') {
      if (viewer?.may !== 'control') return problem(403, 'READ_ONLY', 'You may look, and not command.');
      return command(this.#understudy, this.#settings.clock, viewer, request);
    }
    if (name === 'reviews' || name === 'cases' || name === 'case' || name === 'review')
      return this.#desk.answer(name, request, query, viewer);
    const model = query.get('model') ?? '';
    const isOne = model !== '' || name === 'series' || name === 'decisions' || name === 'decision';
    if (isOne && !this.hub.has(model)) return problem(404, 'UNKNOWN_MODEL', 'There is no such model in this process.');
    switch (name) {
      case 'live':
        return request.method === 'HEAD' ? respond(200, null, {}) : this.#live.open(model === '' ? undefined : model);
      case 'series':
        return json(200, { process: this.#process, ...this.hub.series(model, (query.get('keys') ?? '').split(',')) });
      case 'decisions':
        return json(200, await this.#history.decisions(model, query));
      case 'decision':
        return json(200, await this.#history.decision(model, query.get('id') ?? ''));
      case 'events':
        return json(200, await this.#history.events(model, query));
    }
  }

  #status(viewer: Viewer | undefined): StatusAnswer {
    const { application, environment } = this.#understudy;
    return {
      process: this.#process,
      at: this.#settings.clock.wall(),
      since: this.hub.since,
      ...(application === undefined ? {} : { application }),
      ...(environment === undefined ? {} : { environment }),
      viewer: viewer === undefined ? { id: null, may: 'read' } : { id: viewer.id, may: viewer.may },
      history: this.#settings.history !== undefined,
      content: this.#settings.content,
      ...(this.#desk.names.length === 0 ? {} : { reviews: this.#desk.names }),
      models: this.hub.views(),
    };
  }
}

async function file(request: Request, path: string): Promise<Response> {
  const files = await assets();
  if (files === undefined)
    return plainPage(503, 'The dashboard has no files', [
      'The page’s files are not beside the code that serves it: a bundler has moved that code. Let it leave the package out, and load it when the server runs:',
      " // Next: next.config.mjs\nexport default { serverExternalPackages: ['@understudy/node'] };",
    ]);
  const found = files.get(path);
  if (found === undefined) return problem(404, 'NOT_FOUND', 'There is nothing at this address.');
  const isZipped = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
  const encoding = { vary: 'accept-encoding', ...(isZipped ? { 'content-encoding': 'gzip' } : {}) };
  const bytes = isZipped ? found.gzipped : found.bytes;
  if (path === 'index.html') return pageOf(bytes, encoding);
  // Its name changes with its content.
  return respond(200, bytes, {
    'content-type': found.type,
    'cache-control': 'private, max-age=31536000, immutable',
    ...encoding,
  });
}

const REFUSALS: Readonly<
  Record<Refused['refused'], readonly [status: number, code: string, title: string, lines: readonly string[]]>
> = {
  unconfigured: [
    403,
    'CLOSED',
    'This dashboard is closed',
    [
      'It shows nothing to anybody until it is told who may look. Say who makes a request, and what they may do:',
      " dashboard(understudy, {\n  authorize: async (request) => {\n    const user = await userOf(request);\n    return user && { id: user.email, roles: user.roles, may: 'control' };\n  },\n});",
      'On a machine that nobody else can reach, open it to look:',
      " dashboard(understudy, { open: 'read-only' });",
    ],
  ],
  stranger: [
    403,
    'FORBIDDEN',
    'You may not see this dashboard',
    ['Whoever runs it can let you in. If you are not logged in, do that first.'],
  ],
  unsure: [
    503,
    'UNSURE',
    'Nobody can say whether you may see this dashboard',
    ['The function that says who you are failed, took too long, or answered something else than { id, roles, may }. Try again.'],
  ],
};

function refused(why: Refused['refused'], request: Request): Promise<Response> | Response {
  const [status, code, title, lines] = REFUSALS[why];
  const wantsPage = (request.headers.get('accept') ?? '').includes('text/html');
  return wantsPage ? plainPage(status, title, lines) : problem(status, code, `${title}. ${lines[0] ?? ''}`);
}
