export type {
  AlertRaisedEvent,
  AssignmentReason,
  AttemptFailedEvent,
  AttemptRecord,
  CallbackFailedEvent,
  CircuitChangedEvent,
  ControlChangedEvent,
  DecisionEvent,
  EventMap,
  EventType,
  ListenerEvent,
  ListenerMap,
  ListenerType,
  MonitorChangedEvent,
  OutcomeEvent,
  OutcomeKind,
  RetrainRequestedEvent,
  RolloutChangedEvent,
  ShadowComparedEvent,
  TelemetryDroppedEvent,
  UnderstudyEvent,
} from './event.ts';
export { EventBus, type Listener } from './event-bus.ts';
export { type EventSampling, Telemetry } from './telemetry.ts';
export { allowFields, NO_CONTENT, plainRedaction, type Redaction } from './redaction.ts';
export type { SinkStatus } from './sink-queue.ts';
export type { SinkQueueOptions } from './sink-queue-options.ts';
