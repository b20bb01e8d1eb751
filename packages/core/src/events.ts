export { eventSchema, eventSchemas, parseEvent } from './events/schemas.ts';
export type {
  AssignmentReason,
  AttemptRecord,
  CircuitChangedEvent,
  ControlChangedEvent,
  DecisionEvent,
  EventMap,
  EventType,
  OutcomeEvent,
  OutcomeKind,
  ShadowComparedEvent,
  TelemetryDroppedEvent,
  UnderstudyEvent,
} from './events/index.ts';
