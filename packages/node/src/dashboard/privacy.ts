import type { DecisionEvent, ModelStatus, UnderstudyEvent, VariantStatus } from '@understudy/core';

/** A decision without its content. */
export function bareDecision(event: DecisionEvent): DecisionEvent {
  if (event.input === undefined && event.output === undefined) return event;
  const { input: _input, output: _output, ...rest } = event;
  return rest;
}

export const bareEvent = (event: UnderstudyEvent): UnderstudyEvent => (event.type === 'decision' ? bareDecision(event) : event);

/** A status without what functions of the user threw: their messages may hold content of calls. */
export function bareStatus(status: ModelStatus): ModelStatus {
  const { monitors, callbacks, variants } = status;
  return {
    ...status,
    variants: Object.fromEntries(Object.entries(variants).map(([name, variant]) => [name, bareVariant(variant)])),
    ...(monitors === undefined ? {} : { monitors: { ...monitors, reports: monitors.reports.map(bareReport) } }),
    ...(callbacks === undefined
      ? {}
      : { callbacks: Object.fromEntries(Object.entries(callbacks).map(([name, { count }]) => [name, { count, last: HIDDEN }])) }),
  };
}

type Report = NonNullable<ModelStatus['monitors']>['reports'][number];

function bareReport(report: Report): Report {
  return report.failure === undefined ? report : { ...report, failure: HIDDEN };
}

function bareVariant(variant: VariantStatus): VariantStatus {
  const { faults } = variant.policies;
  return faults === undefined ? variant : { ...variant, policies: { ...variant.policies, faults: { ...faults, last: HIDDEN } } };
}

const HIDDEN = 'A function threw; its message may hold content of calls and is not shown here.';
