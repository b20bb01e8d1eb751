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
} from './event.ts';
export { EventBus, type Listener } from './event-bus.ts';
export { type EventSampling, Telemetry, type TelemetryOptions } from './telemetry.ts';
export { isRoutine, type Lane } from './lane.ts';
export { allow, type Content, NO_CONTENT, type Redaction } from './redaction.ts';
export { SinkQueue, type SinkQueueOptions, type SinkStatus } from './sink-queue.ts';
