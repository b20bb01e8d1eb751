/** How figures are written: short, with their unit. */

const NONE = '–';
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export const count = (value: number): string =>
  Number.isFinite(value) ? (value < 10_000 ? whole : compact).format(value) : NONE;

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  if (Number.isInteger(value)) return `${value} %`;
  return value < 1 ? `${value.toPrecision(2)} %` : `${value.toFixed(value > 99.9 ? 3 : 1)} %`;
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  if (ms < 10) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return perSecond < 100 ? `${Number(perSecond.toPrecision(2))}/s` : `${count(perSecond)}/s`;
}

/** The time of day, to the millisecond. */
export const timeOfDay = (at: number): string => (Number.isFinite(at) ? clock.format(at) : NONE);
