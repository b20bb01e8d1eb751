/**
 * Schemas of events, and their reader, for those who store or exchange them. This entry needs zod; the types of events do not, and
 * are in `@understudy/core`.
 *
 * @module
 */
export { eventSchema, eventSchemas, parseEvent } from './events/schemas.ts';
