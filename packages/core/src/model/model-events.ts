import type { CommandListener } from '../control/control-snapshot.ts';
import { liveWeight, type RolloutState, type RolloutTransition } from '../control/rollout-state.ts';
import { EventBus } from '../events/event-bus.ts';
import type {
  AlertRaisedEvent,
  DecisionEvent,
  ListenerEvent,
  ListenerType,
  MonitorChangedEvent,
  OutcomeEvent,
  RetrainRequestedEvent,
} from '../events/event.ts';
import { errorClass, errorText } from '../errors/index.ts';
import { guardedPseudonym } from '../events/pseudonyms.ts';
import { plainRedaction, type Redaction } from '../events/redaction.ts';
import type { DecisionIds } from '../routing/decision-id.ts';
import type { ShadowResult } from '../routing/shadow-job.ts';
import type { EventBase, PolicyChange } from '../types/index.ts';
import type { WallTime } from '../time/index.ts';
import { decisionEvent, type End } from './decision-event.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import type { Prediction } from './prediction.ts';

/** The events of one model: to its own listeners, then to the runtime. An event that nobody wants is not made. */
export class ModelEvents {
  readonly bus = new EventBus();
  readonly #model: string;
  /** The challenger of the rollout; empty without one. */
  readonly #challenger: string;
  readonly #dependencies: ModelDependencies;
  readonly #ids: DecisionIds;
  readonly #wallTime: WallTime;
  readonly #redaction: Redaction;
  /** What stands for units, and for tenants; `undefined`: they are told as ever. */
  readonly #namesUnits: boolean;
  readonly #tenantName: ((tenant: string) => string) | undefined;

  constructor(model: string, challenger: string, dependencies: ModelDependencies, ids: DecisionIds, wallTime: WallTime) {
    this.#challenger = challenger;
    this.#model = model;
    this.#dependencies = dependencies;
    this.#ids = ids;
    this.#wallTime = wallTime;
    const { redaction, pseudonyms } = dependencies;
    const fields = pseudonyms?.fields ?? [];
    const name =
      pseudonyms === undefined ? undefined : guardedPseudonym(pseudonyms, (error) => this.callbackFailed('pseudonyms', error));
    this.#redaction = plainRedaction(redaction, fields, name);
    this.#namesUnits = fields.includes('unit');
    this.#tenantName = fields.includes('tenant') ? name : undefined;
  }

  /** What the user's own functions threw where it changes no call: how often, and what last. */
  readonly callbacks = new Map<string, { count: number; last: string }>();

  /** Counts a failure of a user's function; the first one of each is told. */
  readonly callbackFailed = (callback: string, error: unknown): void => {
    const known = this.callbacks.get(callback);
    const last = errorText(error, 200);
    this.callbacks.set(callback, { count: (known?.count ?? 0) + 1, last });
    if (known !== undefined || !this.wants('callback-failed')) return;
    const reason = `${callback} threw ${errorClass(error) ?? 'something that is no Error'}.`;
    this.#emit({ ...this.#head('callback-failed'), callback, reason });
  };

  /** An attempt did not serve. */
  attemptFailed(prediction: Prediction, failure: FailedAttempt): void {
    if (!this.wants('attempt-failed')) return;
    this.#emit({ ...this.#head('attempt-failed'), call: prediction.stem, ...failure.facts() });
  }

  wants(type: ListenerType): boolean {
    return this.bus.wants(type) || this.#dependencies.wants(type);
  }

  decision(prediction: Prediction, end: End): void {
    const content = this.#dependencies.wantsContent() ? this.#redaction : undefined;
    const at = Math.floor(this.#wallTime.at(end.now));
    const { unit } = prediction;
    const unitHash = (this.#namesUnits && this.#ids.unitName(unit)) || this.#ids.unitHash(unit);
    const named = prediction.tenant;
    const tenant = named === undefined || this.#tenantName === undefined ? named : this.#tenantName(named) || undefined;
    let event: DecisionEvent;
    try {
      event = decisionEvent(prediction, end, at, unitHash, tenant, content);
    } catch (error) {
      // Getters of an input or output that throw: the event goes without content.
      this.callbackFailed('redact', error);
      event = decisionEvent(prediction, end, at, unitHash, tenant, undefined);
    }
    this.#emit(event);
  }

  outcome(facts: Omit<OutcomeEvent, 'v' | 'type' | 'id' | 'at' | 'model'>): void {
    if (!this.wants('outcome')) return;
    const { mask } = this.#redaction;
    const reason = facts.reason === undefined || mask === undefined ? {} : { reason: mask(facts.reason) };
    this.#emit({ ...this.#head('outcome'), ...facts, ...reason });
  }

  readonly policyChanged = (variant: string, { kind, from, to, reason }: PolicyChange): void => {
    if (kind !== 'circuitBreaker' || !this.wants('circuit-changed')) return;
    this.#emit({ ...this.#head('circuit-changed'), variant, from, to, reason });
  };

  readonly shadowCompared = (result: ShadowResult): void => {
    if (!this.wants('shadow-compared')) return;
    const { decisionId, target, resultClass, agrees, difference, durationMs, errorType } = result;
    this.#emit({
      ...this.#head('shadow-compared'),
      id: `${decisionId}/${target.variant}`,
      decisionId,
      variant: target.variant,
      version: target.version,
      resultClass,
      agrees,
      durationMs,
      // A difference from NaN is none that JSON could carry.
      ...(difference !== undefined && Number.isFinite(difference) ? { difference } : {}),
      ...(errorType === undefined ? {} : { errorType }),
    });
  };

  readonly rolloutChanged = (
    state: RolloutState,
    { from, to, by, reason, evidence }: RolloutTransition,
    version: number,
  ): void => {
    if (!this.wants('rollout-changed')) return;
    const share = liveWeight(state) / 10_000;
    const facts = { rollout: state.id, challenger: this.#challenger, from, to, by, reason, share, evidence, version };
    this.#emit({ ...this.#head('rollout-changed'), ...facts });
  };

  readonly monitorChanged = (facts: Omit<MonitorChangedEvent, keyof EventBase>): void => {
    if (this.wants('monitor-changed')) this.#emit({ ...this.#head('monitor-changed'), ...facts });
  };

  readonly alertRaised = (facts: Omit<AlertRaisedEvent, keyof EventBase>): void => {
    if (this.wants('alert-raised')) this.#emit({ ...this.#head('alert-raised'), ...facts });
  };

  readonly retrainRequested = (facts: Omit<RetrainRequestedEvent, keyof EventBase>): void => {
    if (this.wants('retrain-requested')) this.#emit({ ...this.#head('retrain-requested'), ...facts });
  };

  readonly commanded: CommandListener = (command, note, result, version, first) => {
    if (!this.wants('control-changed')) return;
    this.#emit({
      ...this.#head('control-changed'),
      command: command.kind,
      by: note.by.id,
      roles: note.by.roles,
      reason: note.reason,
      result,
      ...(first === undefined ? {} : { first }),
      version,
      ...(command.variant === undefined ? {} : { variant: command.variant }),
    });
  };

  #head<T extends ListenerType>(type: T): { v: 1; type: T; id: string; at: number; model: string } {
    const { clock } = this.#dependencies;
    return { v: 1, type, id: this.#ids.stem(clock.now()), at: clock.wall(), model: this.#model };
  }

  #emit(event: ListenerEvent): void {
    Object.freeze(event);
    if (this.bus.wants(event.type)) this.bus.emit(event);
    if (this.#dependencies.wants(event.type)) this.#dependencies.publish(event);
  }
}
