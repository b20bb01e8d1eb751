/** After which traffic comes round again. */
export type Period = 'day' | 'week';

/** In milliseconds. */
export const PERIODS: Readonly<Record<Period, number>> = { day: 86_400_000, week: 7 * 86_400_000 };
