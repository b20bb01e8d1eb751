import { anything, type Kinds, readOptions, text, UnderstudyError } from '../errors/index.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import type { ModelStatus } from '../model/status.ts';
import { pageOf } from './page/page.ts';
import { PageFormat } from './page/page-format.ts';
import { reportBuilder, type ReportDataOptions } from './report-builder.ts';
import type { ReportData } from './report-data.ts';

export interface PageOptions {
  /** @defaultValue 'Model report' */
  readonly title?: string;
  /** IANA name, in which times are shown. @defaultValue 'UTC' */
  readonly timeZone?: string;
}

export interface ReportOptions extends ReportDataOptions, PageOptions {}

const PAGE: Kinds<PageOptions> = { title: text, timeZone: text };

/** @param others options that the same function takes, read elsewhere */
function pageOptions(factory: string, given: PageOptions, others = {}): Required<PageOptions> {
  const known = { ...PAGE, ...others };
  const { title, timeZone } = readOptions<PageOptions, {}>(factory, given, known, {});
  return { title: title ?? 'Model report', timeZone: timeZone ?? 'UTC' };
}

/** A file of a report is smaller than that. */
const MAX_BYTES = 150_000;
/** Detail goes down by so many steps at most, two of which halve it: then every list has one row, and every text 16 characters. */
const STEPS = 18;

/**
 * What a report shows, as plain JSON.
 *
 * @param status of the model or models: `model.status()`; an empty list where only events are known
 * @param history events in any order; for a long history, add them one by one to a {@link reportBuilder}
 * @throws UnderstudyError `CONFIGURATION_INVALID` for an `at` that is no time
 */
export function reportData(
  status: ModelStatus | readonly ModelStatus[],
  history: Iterable<UnderstudyEvent>,
  options: ReportDataOptions = {},
): ReportData {
  const builder = reportBuilder();
  for (const event of history) builder.add(event);
  return builder.data(status, options);
}

/**
 * A report as one HTML file of less than 150 kB: light and dark, on a phone and on paper, without scripts, and it loads nothing.
 * Beside every chart is a table of its numbers.
 *
 * @param status of the model or models: `model.status()`; an empty list where only events are known
 * @param history events in any order; for a long history, see {@link reportBuilder} and {@link renderReportData}
 * @throws UnderstudyError `CONFIGURATION_INVALID` for an `at` that is no time, and for a `timeZone` that there is not
 */
export function renderReport(
  status: ModelStatus | readonly ModelStatus[],
  history: Iterable<UnderstudyEvent>,
  options: ReportOptions = {},
): string {
  const page = pageOptions('renderReport', options, { at: anything, unreadable: anything });
  const { at, unreadable } = options;
  const data = { ...(at === undefined ? {} : { at }), ...(unreadable === undefined ? {} : { unreadable }) };
  return renderReportData(reportData(status, history, data), page);
}

/**
 * The HTML file of a report that was made before.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for another version of the data, and for a `timeZone` that there is not
 */
export function renderReportData(data: ReportData, options: PageOptions = {}): string {
  if (data.v !== 1)
    throw new UnderstudyError('CONFIGURATION_INVALID', `The report's v: expected 1, got ${JSON.stringify(data.v)}.`, {
      details: { path: 'v' },
    });
  const { title, timeZone } = pageOptions('renderReportData', options);
  const encoder = new TextEncoder();
  let page = '';
  for (let step = 0; step <= STEPS; step++) {
    const detail = (step % 2 === 0 ? 1 : 0.75) * 0.5 ** Math.floor(step / 2);
    page = pageOf(data, title, new PageFormat(timeZone, detail)).markup;
    if (encoder.encode(page).length < MAX_BYTES) return page;
  }
  return page;
}
