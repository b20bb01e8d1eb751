export type { Allocation, ArmRewards } from './allocation.ts';
export type { AssignUnit, AssignedVariant, UnitContext } from './assign-unit.ts';
export type { Call, Repair } from './call.ts';
export type { CircuitControl, CircuitDocument, CircuitState } from './circuit.ts';
export type { Authorize, Command, CommandKind, ControlNote, Operator } from './command.ts';
export type { ContractView, FieldView } from './contract-view.ts';
export type { Failure } from './failure.ts';
export type { FailureKind } from './failure-kind.ts';
export type {
  AttemptResult,
  BatchMachine,
  CircuitMachine,
  ConcurrencyMachine,
  CustomPolicy,
  DisabledPolicy,
  HedgeMachine,
  Permit,
  Policy,
  PolicyCall,
  PolicyChange,
  PolicyDependencies,
  PolicyMachine,
  PolicySlots,
  PolicySnapshot,
  Postponement,
  Refusal,
  RepairMachine,
  RetryMachine,
  SlotPolicy,
} from './policy.ts';
export type {
  Counters,
  CallFact,
  EvidenceCell,
  EvidenceTest,
  Gate,
  GateContext,
  GateMeasure,
  GateSource,
  GateVerdict,
  ModelGate,
  ReplayEvidence,
  Proof,
  ScoredDecision,
  Tally,
} from './gate.ts';
export type {
  DecisionFact,
  DistributionBin,
  DistributionSample,
  FieldDistribution,
  MonitorReading,
  MonitorRun,
  MonitorStatus,
  OutcomeFact,
} from './monitor.ts';
export type { ContractReads } from './reads.ts';
export type { AdapterPredictor, Predictor } from './predictor.ts';
export type { Classify, ResultClass } from './result-class.ts';
export type { InOf, MaybePromise, OutOf, Schema } from './schema.ts';
export type { EventBase, Sink, SinkFeed } from './sink.ts';
export type { TraceContext } from './trace.ts';
export type { CounterPart, KeptDecision, StateStore, Versioned } from './state-store.ts';
export type { FilteredEntry, Tier, TierAnswer, TierKind } from './tier.ts';
export type { CallReport, CallUsage, EndpointLimit, ModelRequest, Usage } from './usage.ts';
