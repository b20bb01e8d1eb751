/** How figures are written: short, with their unit, the same everywhere. */

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const exactTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

const NONE = '–';

/** Over this no unit is left: 1.5·10²⁰. */
const LARGEST = 1e15;

export function count(value: number): string {
  if (Math.abs(value) < 10_000) return whole.format(value);
  return Math.abs(value) < LARGEST ? compact.format(value) : scientific(value);
}

/** 1.5·10²⁰: short, however large or small. */
function scientific(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const [digits = '', exponent = ''] = value.toExponential(1).split('e');
  return `${digits.replace('.0', '').replace('-', '−')}·10${raised(Number(exponent))}`;
}

/** An exponent: −3 is ⁻³. */
export const raised = (exponent: number): string => String(exponent).replaceAll(/[-\d]/g, (sign) => RAISED[sign] ?? sign);
const RAISED: Readonly<Record<string, string>> = Object.fromEntries([
  ['-', '⁻'],
  ...['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'].map((sign, digit) => [String(digit), sign]),
]);

/** 97.2 %, and 99.997 % where more digits say more. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  if (value === 0 || value === 100) return `${value} %`;
  if (value > 99.9) return `${(Math.floor(value * 1000) / 1000).toFixed(3)} %`;
  return value < 1 ? `${value.toPrecision(2)} %` : `${value.toFixed(1)} %`;
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  if (ms === 0) return '0 ms';
  if (ms < 0.1) return `${Number((ms * 1000).toPrecision(2))} µs`;
  if (ms < 10) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  const days = ms / 86_400_000;
  return days < 10_000 ? `${days.toFixed(1)} d` : `${count(days)} d`;
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.1) return `${Number((perSecond * 60).toPrecision(2))}/min`;
  return perSecond < 100 ? `${Number(perSecond.toPrecision(2))}/s` : `${count(perSecond)}/s`;
}

export function dollars(microUsd: number): string {
  const usd = microUsd / 1_000_000;
  if (usd === 0) return '$0';
  if (usd < 0.01) return `$${usd.toPrecision(2)}`;
  if (usd < 1000) return `$${usd.toFixed(2)}`;
  return usd < LARGEST ? `$${compact.format(usd)}` : `$${scientific(usd)}`;
}

/** A figure of a monitor, whose unit nobody knows. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (Number.isInteger(value)) return count(value);
  if (Math.abs(value) >= 1000) return count(value);
  return Math.abs(value) < 1e-6 ? scientific(value) : String(Number(value.toPrecision(3))).replace(/^-/, '−');
}

export const exact = (at: number): string => exactTime.format(at);

export function ago(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
