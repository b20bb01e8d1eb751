import { parseArgs } from 'node:util';
import { UnderstudyError } from '@understudy/core';
import { type Profile, ProfileBuilder, type ProfiledFields } from '@understudy/core/monitors';
import { type Command, UsageError } from './command.ts';
import { contractFields, isJson } from './contract-fields.ts';
import { progressBar } from './progress-bar.ts';
import { readJson } from './read-json.ts';
import { readLines } from './read-lines.ts';
import { writeText } from '../text-file.ts';

const HELP = `Usage: understudy profile <rows> --contract FILE [options]

Makes the reference profile that drift() and dataQuality() compare live traffic with. The rows are a file with an object as JSON
on each line: { "input": {...}, "output": {...} }, or all fields at the top. It may be of any size: memory is constant.

The contract is a JSON file:

  {
    "name": "credit",
    "input": { "income": "number", "rooms": "integer", "employed": "boolean", "city": "string", "plan": { "enum": ["a", "b"] } },
    "output": { "probability": "number" }
  }

"input" and "output" may each be a JSON Schema of an object instead, such as z.toJSONSchema() of zod writes.

Options:
  --contract FILE     The contract
  -o, --output FILE   Where the profile is written (default: standard output)
  --bins N            Quantile bins of a numeric field (2 to 100, default 10)
  --created-at TIME   Kept in the profile, such as 2026-01-31T00:00:00Z (default: nothing, so that equal rows give equal profiles)
  -h, --help          Show this help

What could not be used is told, and the exit code is then 1; the profile of the rest is written.
`;

/** So many bad lines are told one by one. */
const TOLD = 5;

export const profile: Command = {
  summary: 'Makes a reference profile of rows',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        contract: { type: 'string' },
        output: { type: 'string', short: 'o' },
        bins: { type: 'string', default: '10' },
        'created-at': { type: 'string' },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0)
      throw new UsageError(`Expected one file, got ${positionals.length}: understudy profile <rows> --contract FILE.`);
    if (values.contract === undefined) throw new UsageError('Expected --contract FILE.');
    const bins = Number(values.bins);
    if (!Number.isInteger(bins) || bins < 2 || bins > 100)
      throw new UsageError(`Expected an integer from 2 to 100 after --bins, got ${JSON.stringify(values.bins)}.`);
    const at = values['created-at'] === undefined ? undefined : Date.parse(values['created-at']);
    if (Number.isNaN(at))
      throw new UsageError(`Expected a time after --created-at, got ${JSON.stringify(values['created-at'])}.`);
    const fields = contractFields(await readJson(values.contract), values.contract);
    const builder = new ProfileBuilder(fields, { bins, ...(at === undefined ? {} : { at }) });
    const problems = await addRows(file, builder, fields);
    const made = builder.build();
    await writeText(`${JSON.stringify(made, undefined, 2)}\n`, values.output);
    problems.push(...unused(made, fields));
    if (problems.length === 0) return 0;
    process.stderr.write(`${file}: not all could be used:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
    return 1;
  },
};

/** @returns which lines hold no row */
async function addRows(file: string, builder: ProfileBuilder, { input, output }: ProfiledFields): Promise<string[]> {
  const isPair = (row: Readonly<Record<string, unknown>>): boolean =>
    isJson(row['input']) && !input.some(({ path }) => path === 'input');
  const outputs = output.map(({ path }) => path.split('.')[0] ?? path);
  const told: string[] = [];
  let [number, bad, good] = [0, 0, 0];
  let first = '';
  const bar = progressBar('Profiling');
  try {
    for await (const { lines, bytesRead, bytes } of readLines(file)) {
      for (const line of lines) {
        number++;
        if (line !== null && line.trim() === '') continue;
        const row = rowOf(line);
        if (typeof row !== 'string') good++;
        if (typeof row === 'string') {
          if (bad === 0) first = line ?? '';
          bad++;
          if (told.length < TOLD) told.push(`line ${number}: ${row}`);
        } else if (isPair(row)) builder.add(row['input'], row['output'] ?? undefined);
        else builder.add(row, outputs.some((name) => Object.hasOwn(row, name)) ? row : undefined);
      }
      bar.update(bytesRead, Math.max(1, bytes));
    }
  } finally {
    bar.clear();
  }
  if (bad > 0 && good === 0) throw noRows(file, first);
  return bad > told.length ? [...told, `and ${bad - told.length} lines more`] : told;
}

/** Nothing can be used of a file of another kind. */
function noRows(file: string, first: string): UnderstudyError {
  const isTable = /^[^{}[\]]*[,;\t]/.test(first);
  const text = isTable
    ? 'it looks like a table (CSV). Write each row as an object of JSON on a line of its own first, such as by `csvtojson` or DuckDB'
    : 'no line holds an object as JSON';
  return new UnderstudyError('CONFIGURATION_INVALID', `${file}: holds no rows: ${text}.`, { details: { path: file } });
}

/** The object of a line, or what is wrong with it. */
function rowOf(line: string | null): Readonly<Record<string, unknown>> | string {
  if (line === null) return 'is too long for a row';
  try {
    const row: unknown = JSON.parse(line);
    return isJson(row) ? row : 'expected an object';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unused({ input, output, skipped, mistyped = {} }: Profile, fields: ProfiledFields): string[] {
  const absent = [
    ...fields.input.filter(({ path }) => !skipped.includes(path) && !Object.hasOwn(input, path)).map(({ path }) => path),
    ...fields.output
      .filter(({ path }) => !skipped.includes(`output.${path}`) && !Object.hasOwn(output, path))
      .map(({ path }) => `output.${path}`),
  ];
  return [
    ...Object.entries(mistyped).map(([field, count]) => `${field}: ${count} values are not of its type`),
    ...absent.map((field) => `${field}: no row has a value of it`),
    ...skipped.map((field) => `${field}: its type has no profile`),
  ];
}
