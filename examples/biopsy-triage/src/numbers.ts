/** `98.2 %`; `–` for nothing out of nothing. Only all is 100 %. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  return `${(part < whole ? Math.min(99.9, (part / whole) * 100) : 100).toFixed(1)} %`;
}

/** Milliseconds: one digit behind the point below ten. */
export function milliseconds(value: number | null): string {
  return value === null ? '–' : value.toFixed(value < 10 ? 1 : 0);
}

/** `3,600` */
export const count = (value: number): string => value.toLocaleString('en-US');
