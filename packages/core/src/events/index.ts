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
} from './event.ts';
export { EVENT_TYPES } from './event-types.ts';
export { EventBus, type Listener } from './event-bus.ts';
export { type EventSampling, Telemetry } from './telemetry.ts';
export { allow, type Redaction } from './redaction.ts';
export type { SinkStatus } from './sink-queue.ts';
export type { SinkQueueOptions } from './sink-queue-options.ts';
