import { parseArgs } from 'node:util';
import { UnderstudyError } from '@understudy/core';
import { didYouMean } from '@understudy/core/authoring';
import { replay as runReplay, type ReplayResult, type ReplaySource } from '@understudy/core/replay';
import { ndjsonRows } from '../replay/ndjson-rows.ts';
import { parquetRows } from '../replay/parquet-rows.ts';
import { replayFiles } from '../replay/replay-files.ts';
import { writeText } from '../text-file.ts';
import { type Command, UsageError } from './command.ts';
import { importModule } from './import-module.ts';
import { progressBar } from './progress-bar.ts';

const HELP = `Usage: understudy replay <module> --variant NAME [--log FILE] [options]

Runs logged decisions through a variant, offline, and tells how it agrees with what was served, how good it is on known truths, what it would
have earned, what it costs and how long it takes.

The module exports "contract" and "variants", as defineModel() takes them, and if you like "scores", "compare", "otherLogged", "prices", "rowOf" (makes
a row of what a line holds), "gates" and "champion" ({ name, version }), whose pairs open the shadow stage of a rollout, and "rows", a source
of your own such as storeRows(store), in place of --log.

Options:
  --variant NAME        The variant
  --log FILE            Decisions: a file with a JSON object a line (rows, or events as fileSink writes them), or a .parquet file
  --results FILE        Where the result of each row is written; a replay that was killed goes on where it was
  --concurrency N       Calls at once (default 16)
  --min-agreement SHARE The exit code is 1 where the share of agreement is lower
  -o, --output FILE     Where what was found is written, as JSON (default: standard output)
  -h, --help            Show this help

Exit codes: 0 done, 1 stopped before the end of the log, nothing was replayed, or the agreement is too low.
`;

export const replay: Command = {
  summary: 'Runs logged decisions through a variant, offline',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        variant: { type: 'string' },
        log: { type: 'string' },
        results: { type: 'string' },
        concurrency: { type: 'string' },
        'min-agreement': { type: 'string' },
        output: { type: 'string', short: 'o' },
      },
    });
    const [path, ...more] = positionals;
    const { variant: name, log, results } = values;
    if (path === undefined || more.length > 0)
      throw new UsageError(`Expected one module, got ${positionals.length}: understudy replay <module>.`);
    if (name === undefined) throw new UsageError('Expected --variant NAME.');
    const concurrency = numberOf(values.concurrency, '--concurrency', (value) => Number.isInteger(value) && value > 0);
    const least = numberOf(values['min-agreement'], '--min-agreement', (value) => value >= 0 && value <= 1);
    const module = await importModule(path);
    const { contract, variants } = module;
    if (!isObject(contract) || !isObject(variants))
      throw new UnderstudyError(
        'CONFIGURATION_INVALID',
        `${path}: expected it to export contract and variants, as defineModel(contract, { variants }) takes them.`,
      );
    const variant = Object.hasOwn(variants, name) ? variants[name] : undefined;
    if (variant === undefined)
      throw new UnderstudyError(
        'CONFIGURATION_INVALID',
        `${path}: defines no variant ${name}${didYouMean(name, Object.keys(variants))}.`,
      );
    const rows = log === undefined ? module['rows'] : sourceOf(log, module['rowOf']);
    if (rows === undefined) throw new UsageError('Expected --log FILE, or a module that exports rows.');
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    process.once('SIGINT', abort);
    const files = results === undefined ? undefined : await replayFiles({ results });
    const bar = progressBar('Replaying');
    // What a module exports is checked where it is used.
    const given = {
      ...pick(module, ['scores', 'compare', 'otherLogged', 'prices', 'gates', 'champion', 'allowEffects']),
      name,
      variant,
      rows,
      signal: stop.signal,
      onProgress: ({ part }) => part !== undefined && bar.update(Math.round(part * 1000), 1000),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(files === undefined ? {} : { onBatch: files.onBatch }),
      ...(files?.resume === undefined ? {} : { resume: files.resume }),
    } as Parameters<typeof runReplay>[1];
    let found: ReplayResult;
    try {
      found = await runReplay(contract as unknown as Parameters<typeof runReplay>[0], given);
      await (found.isComplete ? files?.done() : files?.close());
    } catch (error) {
      await files?.close();
      throw error;
    } finally {
      bar.clear();
      process.off('SIGINT', abort);
    }
    await writeText(`${JSON.stringify(found, undefined, 2)}\n`, values.output);
    return complaint(found, least, path) === undefined ? 0 : 1;
  },
};

/** Tells why the exit code is 1. */
function complaint(found: ReplayResult, least: number | undefined, path: string): string | undefined {
  const { share } = found.agreement;
  const told = !found.isComplete
    ? 'it was stopped before the end of the log'
    : found.replayed === 0
      ? `nothing was replayed; ${found.problems[0] ?? `failures: ${JSON.stringify(found.failed)}`}`
      : least !== undefined && (share?.value ?? 0) < least
        ? `the agreement is ${share?.value ?? 'unknown'}, and ${least} was expected`
        : undefined;
  if (told !== undefined) process.stderr.write(`${path}: ${told}.\n`);
  return told;
}

function sourceOf(log: string, rowOf: unknown): ReplaySource {
  const options = rowOf === undefined ? {} : { rowOf: rowOf as never };
  return log.endsWith('.parquet') ? parquetRows(log, options) : ndjsonRows(log, options);
}

function numberOf(text: string | undefined, option: string, fits: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !fits(value)) throw new UsageError(`Expected a number after ${option}, got ${JSON.stringify(text)}.`);
  return value;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const pick = (from: Readonly<Record<string, unknown>>, names: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
