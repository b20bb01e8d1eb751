import { open, rename, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { UnderstudyError } from '@understudy/core';
import { trainingCases, type TrainingCasesOptions } from '@understudy/core/replay';
import { ndjsonRows } from '../replay/ndjson-rows.ts';
import { parquetRows } from '../replay/parquet-rows.ts';
import { pathError } from '../text-file.ts';
import { type Command, UsageError } from './command.ts';
import { importModule } from './import-module.ts';

const HELP = `Usage: understudy export-training [<module>] [--log FILE] -o FILE [options]

Writes cases whose label is known for the training of the next model, one JSON object a line, reviewed ones first: input, label, what was
served, and the propensity with which the case came to have a label, with its weight.

The module exports "reviews", a list of review queues, and if you like "rows", logged decisions with their truths such as
storeRows(store, { truthOf }), "truthPropensity", and "close", which is called at the end. --log reads rows with truths from a file instead.

Options:
  --log FILE        Logged decisions with their truths: a JSON object a line, or a .parquet file
  --max-weight N    Largest weight of a case (default: no bound)
  -o, --output FILE Where the cases are written; a file of that name is replaced when all is written
  -h, --help        Show this help

Exit codes: 0 done, 1 there is no case.
`;

export const exportTraining: Command = {
  summary: 'Writes labelled cases for the training of the next model',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { log: { type: 'string' }, 'max-weight': { type: 'string' }, output: { type: 'string', short: 'o' } },
    });
    const [path, ...more] = positionals;
    const { log, output } = values;
    if (more.length > 0 || (path === undefined && log === undefined))
      throw new UsageError(`Expected a module, --log FILE, or both, got ${positionals.length} modules.`);
    if (output === undefined) throw new UsageError('Expected -o FILE.');
    const maxWeight = values['max-weight'] === undefined ? undefined : Number(values['max-weight']);
    if (maxWeight !== undefined && !(maxWeight > 0)) throw new UsageError('Expected a number over 0 after --max-weight.');
    const module = path === undefined ? {} : await importModule(path);
    const { reviews, truthPropensity, close } = module;
    const rows = log === undefined ? module['rows'] : log.endsWith('.parquet') ? parquetRows(log) : ndjsonRows(log);
    if (reviews === undefined && rows === undefined)
      throw new UnderstudyError('CONFIGURATION_INVALID', `${path ?? ''}: expected it to export reviews, rows, or both.`);
    const given = { reviews, rows, truthPropensity, maxWeight } as TrainingCasesOptions;
    const [reviewed, all] = await write(output, trainingCases(given)).finally(() =>
      typeof close === 'function' ? (close as () => unknown)() : undefined,
    );
    process.stderr.write(`${output}: ${all} cases, ${reviewed} of them reviewed.\n`);
    return all === 0 ? 1 : 0;
  },
};

/** @returns how many cases were reviewed, and how many there are */
async function write(path: string, cases: ReturnType<typeof trainingCases>): Promise<readonly [reviewed: number, all: number]> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w').catch((cause: unknown) => {
    throw pathError(path, 'written', cause);
  });
  let [reviewed, all] = [0, 0];
  try {
    let lines: string[] = [];
    for await (const one of cases) {
      all++;
      if (one.labelledBy === 'review') reviewed++;
      lines.push(`${JSON.stringify(one)}\n`);
      if (lines.length < 1000) continue;
      await file.write(lines.join(''));
      lines = [];
    }
    await file.write(lines.join(''));
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  return [reviewed, all];
}
