export { eventSchema, eventSchemas, parseEvent } from './events/schemas.ts';
export type {
  AlertRaisedEvent,
  AssignmentReason,
  AttemptRecord,
  CircuitChangedEvent,
  ControlChangedEvent,
  DecisionEvent,
  EventMap,
  EventType,
  MonitorChangedEvent,
  OutcomeEvent,
  OutcomeKind,
  RetrainRequestedEvent,
  RolloutChangedEvent,
  ShadowComparedEvent,
  TelemetryDroppedEvent,
  UnderstudyEvent,
} from './events/index.ts';
