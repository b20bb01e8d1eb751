import { count, figure, interval } from '../figures.ts';
import { statusChip } from '../page/status-chip.ts';
import type { Cell } from '../page/table.ts';
import type { ReportReading } from '../report-data.ts';

export const READING_HEADS = ['value', '95 % interval', 'limit', 'cases', 'status'] as const;

/** Under {@link READING_HEADS}. */
export const readingCells = ({ value, interval: bounds, limit, n, status }: ReportReading): Cell[] => [
  figure(value),
  interval(bounds),
  figure(limit),
  count(n),
  statusChip(status),
];
