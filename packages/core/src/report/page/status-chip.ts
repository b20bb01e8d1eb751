import type { MonitorStatus } from '../../types/index.ts';
import { html, type Html } from './html.ts';

const SIGNS: Readonly<Record<MonitorStatus, string>> = { ok: '✓', warn: '▲', breach: '■', insufficient: '◇' };
const WORDS: Readonly<Record<MonitorStatus, string>> = {
  ok: 'ok',
  warn: 'warning',
  breach: 'breach',
  insufficient: 'too little seen',
};

/** A sign and a word: `■ breach`. */
export const statusWords = (status: MonitorStatus): string => `${SIGNS[status]} ${WORDS[status]}`;

export const statusChip = (status: MonitorStatus): Html => html`<span class="chip ${status}">${statusWords(status)}</span>`;
