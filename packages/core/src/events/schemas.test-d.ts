import { expectTypeOf, test } from 'vitest';
import type * as z from 'zod';
import type { AttemptRecord, EventMap, EventType, UnderstudyEvent } from './event.ts';
import type { attemptShape, eventSchema, eventSchemas, eventShapes, parseEvent } from './schemas.ts';

/** Without `readonly`, and without the `undefined` that zod's `optional()` adds. */
type Plain<T> = T extends readonly (infer E)[]
  ? Plain<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
    : T;
/** What a shape describes, without the unknown fields that a loose object keeps. */
type Described<S extends z.ZodRawShape> = Plain<
  z.output<z.ZodObject<{ [K in keyof S]: K extends 'attempts' ? z.ZodArray<z.ZodObject<typeof attemptShape>> : S[K] }>>
>;

test('every shape describes its event, neither more nor less', () => {
  expectTypeOf<keyof typeof eventShapes>().toEqualTypeOf<EventType>();
  expectTypeOf<Described<typeof attemptShape>>().toEqualTypeOf<Plain<AttemptRecord>>();
  expectTypeOf<Described<typeof eventShapes.decision>>().toEqualTypeOf<Plain<EventMap['decision']>>();
  expectTypeOf<Described<typeof eventShapes.outcome>>().toEqualTypeOf<Plain<EventMap['outcome']>>();
  expectTypeOf<Described<(typeof eventShapes)['shadow-compared']>>().toEqualTypeOf<Plain<EventMap['shadow-compared']>>();
  expectTypeOf<Described<(typeof eventShapes)['circuit-changed']>>().toEqualTypeOf<Plain<EventMap['circuit-changed']>>();
  expectTypeOf<Described<(typeof eventShapes)['control-changed']>>().toEqualTypeOf<Plain<EventMap['control-changed']>>();
  expectTypeOf<Described<(typeof eventShapes)['rollout-changed']>>().toEqualTypeOf<Plain<EventMap['rollout-changed']>>();
  expectTypeOf<Described<(typeof eventShapes)['telemetry-dropped']>>().toEqualTypeOf<Plain<EventMap['telemetry-dropped']>>();
});

test('schemas and readers give the event types', () => {
  expectTypeOf<z.output<typeof eventSchema>>().toEqualTypeOf<UnderstudyEvent>();
  expectTypeOf<z.output<(typeof eventSchemas)['decision']>>().toEqualTypeOf<EventMap['decision']>();
  expectTypeOf<ReturnType<typeof parseEvent>>().toEqualTypeOf<UnderstudyEvent>();
});
