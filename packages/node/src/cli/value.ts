import { parseArgs } from 'node:util';
import { parseEvent } from '@understudy/core/events';
import { UnderstudyError } from '@understudy/core';
import { valueBuilder } from '@understudy/core/value';
import { type Command, UsageError } from './command.ts';
import { progressBar } from './progress-bar.ts';
import { readLines } from './read-lines.ts';
import { writeText } from '../text-file.ts';
import { sentence, valuePage } from './value-page.ts';

const HELP = `Usage: understudy value <events> --model NAME --kpi NAME --baseline VARIANT --worth N --currency CODE [options]

Says what a model was worth: a KPI of each variant against the holdback, in money, with what it cost. Events are a file with an event as JSON on
each line, as fileSink of @understudy/node/file writes them.

Options:
  --model NAME        The model
  --kpi NAME          The KPI of its contract
  --baseline VARIANT  Whom the others are compared with: the holdback
  --worth N           What one unit of the KPI is worth; below 0 where less is better
  --currency CODE     Of --worth and --fixed-cost, such as EUR
  --fixed-cost N      What the model costs beside its calls, over the whole time (default 0)
  --per-usd N         How much of the currency a US dollar is (default 1): calls are priced in dollars
  --period-days N     Length of a period (default 7)
  --html FILE         Writes a page that is read in a minute
  --json              JSON instead of text
  -h, --help          Show this help

Exit codes: 0 done, 1 nothing can be said.
`;

export const value: Command = {
  summary: 'Says what a model was worth against its holdback, in money',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        kpi: { type: 'string' },
        baseline: { type: 'string' },
        worth: { type: 'string' },
        currency: { type: 'string' },
        'fixed-cost': { type: 'string', default: '0' },
        'per-usd': { type: 'string', default: '1' },
        'period-days': { type: 'string', default: '7' },
        html: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    const { model, kpi, baseline, worth, currency, html } = values;
    if (file === undefined || more.length > 0)
      throw new UsageError(`Expected one file, got ${positionals.length}: understudy value <events>.`);
    if (model === undefined || kpi === undefined || baseline === undefined || worth === undefined || currency === undefined)
      throw new UsageError('Expected --model, --kpi, --baseline, --worth and --currency.');
    const builder = valueBuilder({
      model,
      kpi,
      baseline,
      currency,
      worth: numberOf('worth', worth),
      fixedCost: numberOf('fixed-cost', values['fixed-cost']),
      perUsd: numberOf('per-usd', values['per-usd']),
      periodMs: numberOf('period-days', values['period-days']) * 86_400_000,
    });
    const unreadable = await addAll(file, builder.add);
    const report = builder.report();
    if (html !== undefined) await writeText(valuePage(report), html);
    process.stdout.write(
      values.json ? `${JSON.stringify(report, undefined, 2)}\n` : `${sentence(report).replaceAll('&#39;', "'")}\n`,
    );
    if (unreadable > 0) process.stderr.write(`${file}: ${unreadable} lines hold no event, and were left out.\n`);
    return report.gain === null ? 1 : 0;
  },
};

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    throw new UsageError(`Expected a number after --${name}, got ${JSON.stringify(text)}.`);
  return number;
}

async function addAll(file: string, add: ReturnType<typeof valueBuilder>['add']): Promise<number> {
  const bar = progressBar('Reading');
  let unreadable = 0;
  try {
    for await (const { lines, bytesRead, bytes } of readLines(file)) {
      for (const line of lines) {
        if (line?.trim() === '') continue;
        try {
          if (line === null) unreadable++;
          else add(parseEvent(line));
        } catch (error) {
          if (!UnderstudyError.is(error)) throw error;
          unreadable++;
        }
      }
      bar.update(bytesRead, Math.max(1, bytes));
    }
  } finally {
    bar.clear();
  }
  return unreadable;
}
