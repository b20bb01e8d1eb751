import { UnderstudyError } from '../../errors/index.ts';
import { html, type Html } from './html.ts';

const PART_NAMES = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
type Parts = Record<(typeof PART_NAMES)[number], string>;

/** What all sections of a page share: how times are written, and how much detail there is room for. */
export class PageFormat {
  readonly timeZone: string;
  /** 0–1: the part of each list that is shown. */
  readonly detail: number;
  readonly #format: Intl.DateTimeFormat;
  readonly #columns = new Map<string, readonly string[]>();
  #ids = 0;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for a time zone that there is not */
  constructor(timeZone: string, detail: number) {
    this.timeZone = timeZone;
    this.detail = detail;
    try {
      this.#format = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      });
    } catch (cause) {
      throw new UnderstudyError(
        'CONFIGURATION_INVALID',
        `The report's timeZone: expected an IANA name such as Europe/Berlin, got ${JSON.stringify(timeZone)}.`,
        { cause, details: { timeZone } },
      );
    }
  }

  /** So many of `max` rows there is room for. */
  rows(max: number): number {
    return Math.max(1, Math.floor(max * this.detail));
  }

  /** As {@link rows}, for what is cut last: not before an eighth of the detail is left. */
  rowsToKeep(max: number): number {
    return Math.min(max, this.rows(8 * max));
  }

  /** A text, cut to the room that there is. */
  clip(text: string, max = 400): string {
    const room = Math.max(16, Math.floor(max * this.detail));
    return text.length <= room ? text : `${text.slice(0, room - 1).toWellFormed()}…`;
  }

  /** A class for tables with these columns: on a narrow screen the style of the page names each value, which is shorter than to name it in each cell. */
  columnsClass(heads: readonly string[]): string {
    const key = heads.join('|');
    this.#columns.set(key, heads);
    return `k${[...this.#columns.keys()].indexOf(key)}`;
  }

  /** For the style of the page, when all tables are made. */
  get columnNames(): Html {
    const rules = [...this.#columns.values()].map((heads, index) =>
      heads.slice(1).map((head, cell) => html`.k${index} td:nth-of-type(${cell + 1})::before{content:"${head}"}`),
    );
    return html`@media screen and (max-width:50rem){${rules.flat()}}`;
  }

  /** Unique on the page. */
  id(): string {
    return `c${++this.#ids}`;
  }

  /** `2026-03-14 09:12`, with seconds where they are wanted. */
  time(at: number, seconds = false): string {
    const { year, month, day, hour, minute, second } = this.#parts(at);
    return `${year}-${month}-${day} ${hour}:${minute}${seconds ? `:${second}` : ''}`;
  }

  /** For an axis that spans so much: `09:12:30`, `03-14 09:12`, `2026-03-14`, `2026-03`. */
  tick(at: number, spanMs: number): string {
    const { year, month, day, hour, minute, second } = this.#parts(at);
    if (spanMs < 600_000) return `${hour}:${minute}:${second}`;
    if (spanMs < 5 * 86_400_000) return `${month}-${day} ${hour}:${minute}`;
    return spanMs < 1000 * 86_400_000 ? `${year}-${month}-${day}` : `${year}-${month}`;
  }

  /** For a table. Without `datetime`, which would be twice the size: it says a local time. */
  timeCell(at: number): Html {
    return html`<time>${this.time(at)}</time>`;
  }

  timeElement(at: number | null): Html {
    return at === null ? html`–` : html`<time datetime="${new Date(at).toISOString()}">${this.time(at)}</time>`;
  }

  #parts(at: number): Parts {
    const parts = this.#format.formatToParts(at);
    return Object.fromEntries(PART_NAMES.map((name) => [name, parts.find(({ type }) => type === name)?.value ?? ''])) as Parts;
  }
}
