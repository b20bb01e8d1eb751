/**
 * What leaves a runtime: the types of events, and zod schemas that check what was read back. Needs zod.
 *
 * @module
 */
export type { AlertRaisedEvent, AssignmentReason, AttemptRecord, CallbackFailedEvent, CircuitChangedEvent, ControlChangedEvent, DecisionEvent, EventMap, EventType, MonitorChangedEvent, OutcomeEvent, OutcomeKind, RetrainRequestedEvent, RolloutChangedEvent, ShadowComparedEvent, TelemetryDroppedEvent, UnderstudyEvent } from './events/event.ts';
export { eventSchema, eventSchemas, parseEvent } from './events/schemas.ts';
