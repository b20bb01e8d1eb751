import { writeFileSync } from 'node:fs';
import { renderReportData, reportBuilder } from '@understudy/core/report';
import { type Day, runDay } from './day.ts';
import { faultTable } from './fault-table.ts';
import { timeline } from './timeline.ts';

export interface ExampleOptions {
  readonly seed: number;
  /** Where the report goes; its data go beside it, as JSON. */
  readonly report: string;
  readonly print: (line: string) => void;
}

/** Runs the day, tells it, and writes its report. */
export async function runExample({ seed, report, print }: ExampleOptions): Promise<Day> {
  const builder = reportBuilder();
  const day = await runDay(seed, { ...timeline(print), event: (event) => builder.add(event) });
  const data = builder.data(day.status, { at: day.at });
  writeFileSync(report, renderReportData(data, { title: 'Live triage: a day in which everything went wrong' }));
  writeFileSync(report.replace(/(\.html)?$/, '.json'), JSON.stringify(data, undefined, 1));
  print(`\n${faultTable(day.chapters)}`);
  return day;
}
