import type { EventMap, EventType, UnderstudyEvent } from '../events/event.ts';
import { isReading } from './plain.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const readings: Check = (value) => Array.isArray(value) && value.every(isReading);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const TIERS = ['model', 'cache', 'rules', 'always'];
const oneOf =
  (...known: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && known.includes(value);

/** What a report reads of each event. */
const FIELDS: { readonly [T in EventType]: { readonly [K in keyof EventMap[T]]?: Check } } = {
  decision: {
    tier: oneOf(...TIERS, 'none'),
    outcome: oneOf('served', 'failed', 'cancelled', 'invalid-input'),
    servedBy: text,
    version: text,
    weight: number,
    durationMs: number,
    assigned: text,
  },
  outcome: {
    kind: oneOf('truth', 'kpi', 'override', 'feedback'),
    result: oneOf('counted', 'unscored', 'duplicate', 'unknown', 'late', 'forged'),
    tier: optional(oneOf(...TIERS)),
    delayMs: optional(number),
    kpi: optional((value) => typeof value === 'object' && value !== null),
  },
  'shadow-compared': {
    variant: text,
    version: text,
    durationMs: number,
    agrees: (value) => value === null || typeof value === 'boolean',
  },
  'circuit-changed': { variant: text, from: text, to: text, reason: text },
  'control-changed': { variant: optional(text), command: text, by: text, reason: text, result: text, roles: texts },
  'rollout-changed': { rollout: text, challenger: text, from: text, to: text, by: text, reason: text, share: number },
  'monitor-changed': { monitor: text, kind: text, from: text, to: text, reading: isReading },
  'alert-raised': { monitor: text, kind: text, reason: text, actions: texts, readings },
  'retrain-requested': { monitor: text, kind: text, reason: text, champion: text, version: text, readings },
  'registry-changed': { change: text, version: text, by: text, reason: text, result: text },
  'review-changed': { change: text, by: text, reason: text },
  'callback-failed': { callback: text },
  'telemetry-dropped': { sink: text, count: number },
};

/** An event as far as a report reads it; `undefined` for what is none: a history comes from files, of any release. Never throws. */
export function plainEvent(value: unknown): UnderstudyEvent | undefined {
  try {
    if (typeof value !== 'object' || value === null) return undefined;
    const read = (name: string): unknown => Reflect.get(value, name);
    const type = read('type');
    if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return undefined;
    if (!text(read('id')) || typeof read('at') !== 'number' || !text(read('model'))) return undefined;
    const fields = Object.entries<Check>(FIELDS[type as EventType]);
    return fields.every(([name, check]) => check(read(name))) ? (value as UnderstudyEvent) : undefined;
  } catch {
    return undefined;
  }
}
