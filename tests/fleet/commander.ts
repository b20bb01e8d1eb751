import { setTimeout } from 'node:timers/promises';
import { createUnderstudy, type StateStore } from '@understudy/core';
import { postgresStore } from '@understudy/node/postgres';
import { redisStore } from '@understudy/node/redis';
import { sqliteStore } from '@understudy/node/sqlite';
import * as z from 'zod';

export interface CommanderOptions {
  readonly name: string;
  readonly kind: 'redis' | 'postgres' | 'sqlite';
  readonly url: string;
  readonly commands: number;
}

/** What a process that commands tells: what was answered to a command, by its reason, and what it told as an event. */
export type Told =
  | { readonly kind: 'answer'; readonly reason: string; readonly answer: 'obeyed' | 'unchanged' | 'unknown' | 'race' }
  | { readonly kind: 'event'; readonly reason: string; readonly version: number }
  | { readonly kind: 'ready' | 'done' };

const STORES: Readonly<Record<CommanderOptions['kind'], (url: string) => StateStore>> = {
  redis: (url) => redisStore({ url }),
  postgres: (connectionString) => postgresStore({ connectionString }),
  sqlite: (file) => sqliteStore({ file, timeoutMs: 30_000 }),
};

const { name, kind, url, commands } = JSON.parse(process.argv[2] ?? '') as CommanderOptions;
const tell = (told: Told): void => void process.send?.(told);

const understudy = createUnderstudy({ store: STORES[kind](url), refreshMs: 200 });
const model = understudy.defineModel(
  { name: 'commanded', input: z.object({}), output: z.object({}) },
  {
    variants: { v1: { version: '1', predictor: () => ({}) }, v2: { version: '1', predictor: () => ({}) } },
    champion: 'v1',
  },
);
model.on('control-changed', ({ reason, version }) => tell({ kind: 'event', reason, version }));

async function command(index: number): Promise<void> {
  const reason = `${name} ${index}`;
  const note = { by: { id: name, roles: [] }, reason };
  try {
    await (index % 2 === 0 ? model.control.pin('v2', note) : model.control.unpin(note));
    tell({ kind: 'answer', reason, answer: 'obeyed' });
  } catch (error) {
    const text = String(error);
    const answer = text.includes('nothing was changed') ? 'unchanged' : text.includes('unknown whether') ? 'unknown' : 'race';
    tell({ kind: 'answer', reason, answer });
    // As a person would: a moment later.
    await setTimeout(5);
  }
}

process.once('message', () => {
  void (async () => {
    for (let index = 0; index < commands; index++) await command(index);
    tell({ kind: 'done' });
  })();
});
process.on('disconnect', () => process.exit());
tell({ kind: 'ready' });
