/** The folders of the packages: what each holds, and which it may import. The boundary check and ARCHITECTURE.md are made of this table. */

interface Folder {
  readonly name: string;
  /** What it holds, in a few words. */
  readonly holds: string;
}

/** Folders of packages/core/src, lowest first. A folder imports from lower rows only: siblings of one row never meet. */
export const LAYERS: readonly (readonly Folder[])[] = [
  [
    {
      name: 'errors',
      holds: 'UnderstudyError and its codes; the reader of options; what may be said of a value that is not ours',
    },
    { name: 'time', holds: 'clocks, deadlines, one queue of timers; one way to wait for what is not ours' },
  ],
  [{ name: 'types', holds: 'types alone: what policies, tiers, gates, monitors, sinks and stores are' }],
  [
    { name: 'statistics', holds: 'pure maths: e-processes, distances, sketches, metrics' },
    { name: 'usage', holds: 'tokens and money: reports, prices, sums' },
    { name: 'fleet', holds: 'what processes share through a store that no call waits for: exchanges, shares of a rate, totals' },
    { name: 'contract', holds: 'validation by any Standard Schema; fields that a schema tells' },
  ],
  [{ name: 'events', holds: 'events, the bus, queues of sinks, redaction; zod schemas by themselves' }],
  [{ name: 'policies', holds: 'timeout, retry, circuit breaker, limits, and the executor that fuses them' }],
  [
    { name: 'adapters', holds: 'predictors over HTTP and in process, tensors' },
    { name: 'fallback', holds: 'rules (decision tables and their checker) and fixed outputs' },
    { name: 'routing', holds: 'buckets and hashes of units, decision ids, shadows, comparators' },
    { name: 'explanations', holds: 'Shapley values of a prediction' },
    { name: 'guards', holds: 'checks of texts before and after a model, redaction of streams, judges' },
  ],
  [{ name: 'control', holds: 'the control document: commands, breaches, exchange with the store' }],
  [
    { name: 'rollout', holds: 'gates, evidence, the states of a rollout, allocation' },
    { name: 'monitors', holds: 'one file a monitor; judging, confirming, acting' },
  ],
  [{ name: 'model', holds: 'one model: its definition, its calls, its outcomes, its status' }],
  [
    { name: 'runtime', holds: 'createUnderstudy: what models share' },
    { name: 'report', holds: 'a page about a time of operation' },
    { name: 'value', holds: 'what a model was worth, in money, against a holdback' },
  ],
  [
    { name: 'ai-sdk', holds: 'a language model of the AI SDK out of several; an embedding model' },
    { name: 'review', holds: 'cases that people decide: queues, leases, escalation, what becomes of answers' },
    { name: 'replay', holds: 'logged decisions, run through a variant offline: what it would have served and earned' },
    { name: 'readiness', holds: 'the checklist from pilot to production, checked' },
    { name: 'registry', holds: 'versions of models: their change log, approvals, aliases, and variants that follow them' },
  ],
  [{ name: 'testing', holds: 'a virtual clock, fakes, faults, conformance suites' }],
];

/** What arrives as an option value: these folders may name its types and never load it. */
export const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = { model: ['monitors', 'adapters', 'guards'] };

/** Folders of the other packages, which import from core's entries only. */
export const OTHERS: Readonly<Record<string, readonly Folder[]>> = {
  node: [
    { name: 'adapters', holds: 'ONNX models' },
    { name: 'stores', holds: 'Redis, PostgreSQL, SQLite' },
    { name: 'decisions', holds: 'events in PostgreSQL and SQLite, where they can be asked for' },
    {
      name: 'sinks',
      holds:
        'files, a spool on disk, HTTP, NATS, Kafka, pino, OpenTelemetry, Prometheus, alerts to Slack, PagerDuty and webhooks',
    },
    {
      name: 'ledger',
      holds: 'an append-only, signed ledger of events: records, Merkle tree, checkpoints, erasure, verification',
    },
    { name: 'registry', holds: 'registries in files' },
    { name: 'replay', holds: 'logs that are replayed: NDJSON, Parquet, decision stores; checkpoints' },
    { name: 'reviews', holds: 'cases for reviewers in PostgreSQL and SQLite' },
    { name: 'context', holds: 'who calls, by AsyncLocalStorage and diagnostics_channel' },
    {
      name: 'dashboard',
      holds:
        'the handler of the dashboard: access, commands, reviews, series, live streams; its page is in `packages/node/dashboard`',
    },
    { name: 'openfeature', holds: 'assignment by flags; decisions as flags' },
    { name: 'signing', holds: 'seals of decision ids' },
    { name: 'privacy', holds: 'pseudonyms under rotating keys' },
    { name: 'explanations', holds: 'explanations in a worker' },
    { name: 'cli', holds: 'the program `understudy`: card, drill, ledger, plan, profile, report, runbook' },
  ],
  browser: [
    { name: 'adapters', holds: 'ONNX models in a worker' },
    { name: 'elements', holds: 'an element that asks people whether they agree' },
    { name: 'devtools', holds: 'a panel at the bottom of a page, for its developers; nothing in a production build' },
    { name: 'models', holds: 'files of models that a browser keeps' },
    { name: 'network', holds: 'a policy that knows the network of the page' },
    { name: 'sinks', holds: 'beacons, a queue that outlives being offline, consent' },
    { name: 'tabs', holds: 'circuits that the tabs of an origin share' },
  ],
};

const [START, END] = ['<!-- folders: made by scripts/boundaries.ts --write -->\n', '<!-- /folders -->'];

/** Folders that the table names and that are not there, and folders that are there without a name in it, one line each. */
export function folderProblems(found: readonly string[]): string[] {
  const inCore = LAYERS.flat().map(({ name }) => `packages/core/src/${name}`);
  const others = Object.entries(OTHERS).flatMap(([home, folders]) => folders.map(({ name }) => `packages/${home}/src/${name}`));
  const named = [...inCore, ...others];
  const twice = named.filter((path, index) => named.indexOf(path) < index);
  const there = found.map((path) => path.replace(/\/$/, ''));
  return [
    ...twice.map((path) => `scripts/layers.ts names ${path} twice`),
    ...named.filter((path) => !there.includes(path)).map((path) => `scripts/layers.ts names ${path}, which does not exist`),
    ...there.filter((path) => !named.includes(path)).map((path) => `${path} is not in scripts/layers.ts: say what it holds`),
  ];
}

/** The page with its map of folders as the table is now. */
export function withMap(page: string): string {
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  return from < 0 || to < from ? page : page.slice(0, from + START.length) + folderMap() + page.slice(to);
}

export const mapProblems = (page: string): string[] =>
  page.includes(START) && withMap(page) === page
    ? []
    : ['ARCHITECTURE.md has another map of folders than scripts/layers.ts: node scripts/boundaries.ts --write'];

/** Two tables in Markdown: floors of core from the highest, and the folders of the other packages. */
function folderMap(): string {
  const rows = LAYERS.toReversed().flatMap((row, index) =>
    row.map(
      ({ name, holds }, place) => `| ${place === 0 ? LAYERS.length - index : ''} | \`${name}/\` | ${holds} | ${typesOf(name)} |`,
    ),
  );
  const others = Object.entries(OTHERS).flatMap(([home, folders]) =>
    folders.map(({ name, holds }, place) => `| ${place === 0 ? `\`${home}\`` : ''} | \`${name}/\` | ${holds} |`),
  );
  return `
In \`packages/core/src\` a folder imports from lower floors only; folders of one floor never meet.

| floor | folder | holds | only the types of |
| --- | --- | --- | --- |
${rows.join('\n')}

The other packages import from the entries of core, and not from each other.

| package | folder | holds |
| --- | --- | --- |
${others.join('\n')}

`;
}

const typesOf = (name: string): string => (TYPES_ONLY[name] ?? []).map((folder) => `\`${folder}/\``).join(', ');
