import { checkOptions, type Kinds, list, problemsError, required, text, UnderstudyError } from '../errors/index.ts';
import type { ModelStatus } from '../model/status.ts';
import type { RegisteredVersion, RegistryEntry, VersionQuery } from './registry-state.ts';
import { hashOf } from './registry-log.ts';
import type { RegisteredModel } from './registry.ts';

/** What only people can say of a model. */
export interface ModelCardAbout {
  /** What it does, in a sentence or two. */
  readonly overview: string;
  /** The task, as Hugging Face names them: `tabular-classification`, `text-generation`. */
  readonly task: string;
  /** The data that metrics of the registry were measured on. */
  readonly dataset: string;
  /** An SPDX identifier, or `other`. */
  readonly license?: string;
  /** Who may use it, and for what. */
  readonly users?: readonly string[];
  readonly useCases?: readonly string[];
  readonly limitations?: readonly string[];
  readonly tradeoffs?: readonly string[];
  readonly ethicalConsiderations?: readonly string[];
  /** Who answers questions: a name or an address of a team. */
  readonly contact?: string;
}

/** A figure of live traffic, as a monitor reads it. */
export interface LiveFigure {
  readonly monitor: string;
  readonly measure: string;
  /** The field or the part of the traffic that it is about; empty for all of it. */
  readonly slice: string;
  readonly value: number;
  readonly interval: readonly [number, number] | null;
  readonly n: number;
  readonly status: string;
}

/** Everything that a card says, of one version. */
export interface ModelCard {
  readonly v: 1;
  readonly version: RegisteredVersion;
  readonly about: ModelCardAbout;
  /** The change log as far as it is about this version. */
  readonly changes: readonly RegistryEntry[];
  /** What monitors read of live traffic; `null` without a status. */
  readonly live: {
    readonly at: number;
    readonly availability: number | null;
    readonly calls: number;
    readonly figures: readonly LiveFigure[];
  } | null;
  /** SHA-256 of what the registry and people say: another one means that the card is out of date. */
  readonly fingerprint: string;
}

export interface ModelCardOptions {
  readonly model: RegisteredModel;
  /** The version, or the alias that names it. */
  readonly of: VersionQuery;
  readonly about: ModelCardAbout;
  /** What the model says of itself, `model.status()`, and when that was, in milliseconds since the Unix epoch. */
  readonly live?: { readonly status: ModelStatus; readonly at: number };
}

const ABOUT: Kinds<ModelCardAbout> = {
  overview: required(text),
  task: required(text),
  dataset: required(text),
  license: text,
  users: list(text),
  useCases: list(text),
  limitations: list(text),
  tradeoffs: list(text),
  ethicalConsiderations: list(text),
  contact: text,
};

/**
 * A card of a version, of its registry, of what people say, and of live traffic.
 *
 * @throws UnderstudyError `INPUT_INVALID` for what people say too little of; `CONTROL_CONFLICT` where there is no such version
 */
export async function modelCard({ model, of, about, live }: ModelCardOptions): Promise<ModelCard> {
  const { problems } = checkOptions<ModelCardAbout, {}>(about, ABOUT, {});
  if (problems.length > 0)
    throw problemsError(
      'INPUT_INVALID',
      'modelCard(options)',
      problems.map(({ path, message }) => ({ path: `about.${path}`, message })),
    );
  const version = await model.resolve(of);
  if (version === undefined) {
    const named = 'alias' in of ? `the alias ${of.alias} names no version` : `there is no version ${of.version}`;
    throw new UnderstudyError('CONTROL_CONFLICT', `The registry of model "${model.name}": ${named}.`);
  }
  const changes: RegistryEntry[] = [];
  for await (const entry of model.changes())
    if (entry.version === version.version || isFrom(entry, version.version)) changes.push(entry);
  const fingerprint = await hashOf({ version, about, changes });
  return { v: 1, version, about, changes, live: live === undefined ? null : liveOf(live.status, live.at), fingerprint };
}

const isFrom = (entry: RegistryEntry, version: string): boolean => 'from' in entry && entry.from === version;

function liveOf(status: ModelStatus, at: number): NonNullable<ModelCard['live']> {
  const figures = (status.monitors?.reports ?? []).flatMap(({ monitor, readings }) =>
    readings.flatMap(({ measure, field, segment, value, interval, n, status: judged }): LiveFigure[] =>
      value === null
        ? []
        : [
            {
              monitor,
              measure,
              slice: [field, segment].filter((part) => part !== undefined).join(' / '),
              value,
              interval,
              n,
              status: judged,
            },
          ],
    ),
  );
  return { at, availability: status.availability, calls: status.calls.total, figures };
}

const MARK = 'understudy_fingerprint';

/** The fingerprint that a card in Markdown has; `undefined` where it has none. */
export const fingerprintIn = (markdown: string): string | undefined =>
  new RegExp(`^${MARK}: "([0-9a-f]{64})"$`, 'm').exec(markdown)?.[1];

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** YAML takes every JSON text. */
const quoted = (value: string): string => JSON.stringify(value);
/** Markdown on one line, which begins nothing but a paragraph. */
const plain = (value: string): string =>
  value
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[|<>`*_[\]\\]/g, String.raw`\$&`)
    .replace(/^[-#+=~]/, String.raw`\$&`);
const rounded = (value: number): string => String(Number(value.toPrecision(4)));

/**
 * The card in Markdown, with the metadata of Hugging Face's model cards (`model-index`) at its head:
 * https://github.com/huggingface/hub-docs/blob/main/modelcard.md
 */
export function cardMarkdown({ version, about, changes, live, fingerprint }: ModelCard): string {
  const { model, lineage, metrics } = version;
  const measured = Object.entries(metrics);
  const index =
    measured.length === 0
      ? []
      : [
          'model-index:',
          `- name: ${quoted(`${model} ${version.version}`)}`,
          '  results:',
          `  - task:\n      type: ${quoted(about.task)}`,
          `    dataset:\n      type: ${quoted(about.dataset)}\n      name: ${quoted(about.dataset)}`,
          '    metrics:',
          ...measured.map(([name, value]) => `    - type: ${quoted(name)}\n      value: ${value}`),
        ];
  const head = [
    '---',
    ...(about.license === undefined ? [] : [`license: ${quoted(about.license)}`]),
    `tags:\n- ${quoted(about.task)}`,
    ...index,
    `${MARK}: ${quoted(fingerprint)}`,
    '---',
  ];
  const section = (title: string, lines: readonly string[] | undefined): string[] =>
    lines === undefined || lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines.map((line) => `- ${plain(line)}`)];
  const lines = [
    ['data', lineage.data],
    ['code', lineage.code],
    ['made of version', lineage.parent],
    ['run', lineage.run],
    ...Object.entries(lineage.parameters ?? {}),
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${String(name)}: ${String(value)}`]));
  return `${[
    ...head,
    '',
    `# ${plain(model)} ${plain(version.version)}`,
    '',
    plain(about.overview),
    '',
    '| | |',
    '| --- | --- |',
    `| status | ${version.status}${version.aliases.length === 0 ? '' : `, as ${plain(version.aliases.join(', '))}`} |`,
    `| owner | ${plain(version.owner)}${about.contact === undefined ? '' : `, ${plain(about.contact)}`} |`,
    `| registered | ${day(version.registeredAt)} by ${plain(version.registeredBy)} |`,
    `| approved by | ${version.approvals.length === 0 ? 'nobody' : version.approvals.map(({ by, at }) => `${plain(by)} (${day(at)})`).join(', ')} |`,
    `| digest | ${version.digest ?? 'none'} |`,
    ...section('Where it came from', lines),
    ...(measured.length === 0 ? [] : ['', `## Measured on ${plain(about.dataset)}`, '', '| metric | value |', '| --- | --- |']),
    ...measured.map(([name, value]) => `| ${plain(name)} | ${rounded(value)} |`),
    ...liveLines(live),
    ...section('Users', about.users),
    ...section('Use cases', about.useCases),
    ...section('Limitations', about.limitations),
    ...section('Trade-offs', about.tradeoffs),
    ...section('Ethical considerations', about.ethicalConsiderations),
    '',
    '## What happened to it',
    '',
    '| when | what | who | why |',
    '| --- | --- | --- | --- |',
    ...changes.map(
      (entry) =>
        `| ${day(entry.at)} | ${entry.change}${'alias' in entry ? ` ${plain(entry.alias)}` : ''} | ${plain(entry.by)} | ${plain(entry.reason)} |`,
    ),
  ].join('\n')}\n`;
}

function liveLines(live: ModelCard['live']): readonly string[] {
  if (live === null) return [];
  const { at, availability, calls, figures } = live;
  const served = availability === null ? '' : `; it served ${rounded(availability * 100)} % of them`;
  return [
    '',
    '## In production',
    '',
    `On ${day(at)}, of ${calls} calls of one process${served}.`,
    ...(figures.length === 0
      ? []
      : ['', '| monitor | measure | of | value | 95 % | cases | status |', '| --- | --- | --- | --- | --- | --- | --- |']),
    ...figures.map(
      ({ monitor, measure, slice, value, interval, n, status }) =>
        `| ${plain(monitor)} | ${plain(measure)} | ${slice === '' ? 'all' : plain(slice)} | ${rounded(value)} | ${interval === null ? '' : interval.map(rounded).join(' – ')} | ${n} | ${status} |`,
    ),
  ];
}

/**
 * The same in the schema of Google's Model Card Toolkit, version 0.0.2:
 * https://github.com/tensorflow/model-card-toolkit/blob/main/model_card_toolkit/schema/v0.0.2/model_card.schema.json
 */
export function googleCard({ version, about, live }: ModelCard): Readonly<Record<string, unknown>> {
  const described = (lines: readonly string[] | undefined): { readonly description: string }[] =>
    (lines ?? []).map((description) => ({ description }));
  const measured = Object.entries(version.metrics).map(([type, value]) => ({ type, value: String(value), slice: about.dataset }));
  const read = (live?.figures ?? []).map((figure) => {
    const { monitor, measure, slice, value } = figure;
    const [lower, upper] = figure.interval ?? [];
    const interval = { lower_bound: String(lower), upper_bound: String(upper) };
    return {
      type: `${monitor}: ${measure}`,
      value: String(value),
      slice: slice === '' ? 'live traffic' : slice,
      confidence_interval: lower === undefined ? undefined : interval,
    };
  });
  return {
    schema_version: '0.0.2',
    model_details: {
      name: version.model,
      overview: about.overview,
      owners: [{ name: version.owner, ...(about.contact === undefined ? {} : { contact: about.contact }) }],
      version: { name: version.version, date: day(version.registeredAt) },
      ...(about.license === undefined ? {} : { licenses: [{ identifier: about.license }] }),
      references: Object.values({ data: version.lineage.data, code: version.lineage.code, run: version.lineage.run }).flatMap(
        (reference) => (reference === undefined ? [] : [{ reference }]),
      ),
    },
    model_parameters: {
      data: version.lineage.data === undefined ? [] : [{ name: version.lineage.data, link: version.lineage.data }],
    },
    quantitative_analysis: { performance_metrics: [...measured, ...read] },
    considerations: {
      users: described(about.users),
      use_cases: described(about.useCases),
      limitations: described(about.limitations),
      tradeoffs: described(about.tradeoffs),
      ethical_considerations: (about.ethicalConsiderations ?? []).map((name) => ({ name })),
    },
  };
}
