import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createUnderstudy, UnderstudyError } from '@understudy/core';
import { createRegistry, fingerprintIn, modelCard, type ModelCardAbout } from '@understudy/core/registry';
import {
  answersTemplate,
  readAnswers,
  readiness as judge,
  type ReadinessDrill,
  type ReadinessOptions,
  type ReadinessReport,
} from '@understudy/core/readiness';
import { verifyLedger } from '../ledger/verify-ledger.ts';
import { fileRegistry } from '../registry/file-registry.ts';
import { pathError, writeText } from '../text-file.ts';
import { type Command, UsageError } from './command.ts';
import { importModule } from './import-module.ts';
import { readJson } from './read-json.ts';
import { readStatus } from './read-status.ts';
import { readinessPage, VERDICTS } from './readiness-page.ts';

const HELP = `Usage: understudy readiness <module> [options]
       understudy readiness --init FILE

Says whether a model may go from pilot to production: a checklist of five dimensions, each check with what was seen. Four of five may go, with
the fifth in parallel.

The module exports "contract" and "options", as defineModel() takes them, and "runtime", what createUnderstudy() takes.

Options:
  --status FILE      What the model says of itself, best after a day of shadow: JSON.stringify(model.status())
  --registry DIR     The directory of fileRegistry(); the version is the one that --alias names
  --alias NAME       (default champion)
  --drill FILE       What understudy drill has printed
  --ledger DIR       The ledger, with --key VKEY, a verifier key that you trust
  --card FILE        The model card, with --about FILE, what people say of it
  --runbook FILE     What understudy runbook has written
  --answers FILE     What people say where software cannot see
  --init FILE        Writes an empty file of answers, with the questions
  --html FILE        Writes a page, too
  --json             JSON instead of text
  -h, --help         Show this help

Exit codes: 0 go, 1 no go.
`;

export const readiness: Command = {
  summary: 'Says whether a model may go from pilot to production',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        status: { type: 'string' },
        registry: { type: 'string' },
        alias: { type: 'string', default: 'champion' },
        drill: { type: 'string' },
        ledger: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
        card: { type: 'string' },
        about: { type: 'string' },
        runbook: { type: 'string' },
        answers: { type: 'string' },
        init: { type: 'string' },
        html: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [path, ...more] = positionals;
    if (values.init !== undefined && positionals.length === 0) {
      await writeText(`${JSON.stringify(answersTemplate(), undefined, 2)}\n`, values.init);
      return 0;
    }
    if (path === undefined || more.length > 0)
      throw new UsageError(`Expected one module, got ${positionals.length}: understudy readiness <module>.`);
    if (values.ledger !== undefined && values.key.length === 0) throw new UsageError('Expected --key VKEY beside --ledger.');
    if (values.card !== undefined && (values.about === undefined || values.registry === undefined))
      throw new UsageError('Expected --about FILE and --registry DIR beside --card.');
    const { contract, options, runtime } = await importModule(path);
    const name: unknown = isObject(contract) ? contract['name'] : undefined;
    if (!isObject(contract) || typeof name !== 'string' || !isObject(options))
      throw new UnderstudyError(
        'CONFIGURATION_INVALID',
        `${path}: expected it to export contract and options, as defineModel(contract, options) takes them.`,
      );
    const { status, registry, drill, ledger, key, card, about, runbook, answers, alias, html } = values;
    const report = judge({
      contract: contract as { readonly name: string },
      options,
      at: Date.now(),
      ...(isObject(runtime) ? { runtime } : {}),
      ...(status === undefined ? {} : await statusOf(status, name)),
      ...(registry === undefined ? {} : await versionOf(registry, name, alias)),
      ...(drill === undefined ? {} : { drill: await drillOf(drill) }),
      ...(ledger === undefined ? {} : { ledger: await ledgerOf(ledger, key) }),
      ...(card === undefined || about === undefined || registry === undefined
        ? {}
        : { card: await cardOf({ card, about, registry, name, alias }) }),
      ...(runbook === undefined ? {} : { runbook: await textOf(runbook) }),
      ...(answers === undefined ? {} : { answers: readAnswers(await readJson(answers)) }),
    });
    if (html !== undefined) await writeText(readinessPage(report), html);
    process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : described(report));
    return report.verdict === 'no-go' ? 1 : 0;
  },
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

async function statusOf(file: string, name: string): Promise<Pick<ReadinessOptions, 'status'>> {
  const status = (await readStatus(file)).find(({ model }) => model === name);
  if (status === undefined) throw new UsageError(`${file} has nothing of ${name}.`);
  return { status };
}

const registered = (directory: string, name: string) =>
  createRegistry(createUnderstudy(), { store: fileRegistry({ directory }) }).model(name);

async function versionOf(directory: string, name: string, alias: string): Promise<Pick<ReadinessOptions, 'version'>> {
  const version = await registered(directory, name).resolve({ alias });
  return version === undefined ? {} : { version };
}

/** A report says when it was; an older one is as old as its file. */
async function drillOf(file: string): Promise<ReadinessDrill> {
  const report = (await readJson(file)) as ReadinessDrill | null;
  if (!isObject(report) || typeof report['faulted'] !== 'number' || !isObject(report['servedBy']))
    throw new UnderstudyError('CONFIGURATION_INVALID', `${file}: is no report of understudy drill.`);
  const { mtimeMs } = await stat(file);
  return { ...report, at: typeof report['at'] === 'number' ? report['at'] : mtimeMs };
}

async function ledgerOf(directory: string, keys: readonly string[]): Promise<NonNullable<ReadinessOptions['ledger']>> {
  const { integrity, completeness, size } = await verifyLedger({ directory, keys, maxAgeMs: Infinity });
  return { isIntact: integrity.ok && completeness.ok, records: size };
}

async function cardOf(
  of: Readonly<Record<'card' | 'about' | 'registry' | 'name' | 'alias', string>>,
): Promise<{ readonly isCurrent: boolean }> {
  const { fingerprint } = await modelCard({
    model: registered(of.registry, of.name),
    of: { alias: of.alias },
    about: (await readJson(of.about)) as ModelCardAbout,
  });
  return { isCurrent: fingerprintIn(await textOf(of.card)) === fingerprint };
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw pathError(file, 'read', cause);
  });

const MARKS = { passed: '✓', failed: '✗', waived: '~' } as const;

function described({ model, verdict, dimensions, checks }: ReadinessReport): string {
  const parts = dimensions.map(({ dimension, passed, total, isReady }) => {
    const items = checks
      .filter((item) => item.dimension === dimension)
      .map(({ id, result, evidence, remedy, isRequired }) => {
        const what = `  ${MARKS[result]} ${id}${isRequired ? '' : ' (not required)'}: ${evidence}`;
        return remedy === undefined ? what : `${what}\n      ${remedy}`;
      });
    return [`${dimension}: ${isReady ? 'ready' : 'not ready'}, ${passed} of ${total}`, ...items].join('\n');
  });
  return `${model}\n\n${parts.join('\n\n')}\n\n${VERDICTS[verdict]}\n`;
}
