import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Any schema that follows Standard Schema v1: zod 4, valibot, arktype and others. */
export type Schema = StandardSchemaV1;
/** What a caller passes to a schema. */
export type InOf<S extends Schema> = StandardSchemaV1.InferInput<S>;
/** What comes out of a schema, after transforms and defaults. */
export type OutOf<S extends Schema> = StandardSchemaV1.InferOutput<S>;
export type MaybePromise<T> = T | Promise<T>;
