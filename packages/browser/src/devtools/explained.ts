import type { AttemptRecord, Decision, DecisionEvent } from '@understudy/core';

/** A decision that the page has shown to the panel, whatever its types. */
export type ShownDecision = Pick<Decision<unknown, unknown>, 'id' | 'input' | 'output' | 'explain'>;

/** Why a decision is what it is. */
export interface Explained {
  /** Whether it is what `explain()` says, or what the event tells. */
  readonly from: 'explain' | 'event';
  readonly reason: string;
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly attempts: readonly AttemptRecord[];
  /** Present where the page, or an event with allowed fields, has it. */
  readonly input?: { readonly value: unknown };
  readonly output?: { readonly value: unknown };
}

/** An event leaves out the attempts of a call that went well at once. */
function attemptsOf({ attempts, outcome, tier, servedBy, durationMs }: DecisionEvent): readonly AttemptRecord[] {
  if (attempts.length > 0 || outcome !== 'served' || tier === 'none') return attempts;
  return [{ name: servedBy, tier, attempt: 1, startMs: 0, durationMs, resultClass: 'ok' }];
}

/**
 * Puts together what is known of a decision: of its event, and of the decision itself where the page has shown it. A page may show what only
 * looks like a decision: it counts as far as it can be read.
 *
 * @param percent writes a share
 */
export function explained(event: DecisionEvent, shown: ShownDecision | undefined, percent: (share: number) => string): Explained {
  const content = { ...contentOf('input', event, shown), ...contentOf('output', event, shown) };
  try {
    return { ...told(event, shown?.explain(), percent), ...content };
  } catch {
    return { ...told(event, undefined, percent), ...content };
  }
}

function told(
  event: DecisionEvent,
  explanation: ReturnType<ShownDecision['explain']> | undefined,
  percent: (share: number) => string,
): Explained {
  const facts: (readonly [string, string])[] = [
    ['Assigned', `${event.assigned}, by ${event.assignedBy}, with ${percent(event.probability)}`],
    ['Served by', event.servedBy === '' ? 'nothing' : `${event.servedBy} ${event.version} (${event.tier})`],
  ];
  if (event.errorType !== undefined) facts.push(['Failed with', event.errorType]);
  if (explanation?.rescued !== undefined) {
    const { code, from, message } = explanation.rescued;
    facts.push(['Rescued from', `${code} of ${from}: ${message}`]);
  }
  const rules = explanation?.rules ?? event.rules;
  if (rules !== undefined) {
    const because = explanation?.rules?.because;
    const rows = rules.rows.join(', ') || 'the row “otherwise”';
    facts.push(['Rules that fired', because === undefined ? rows : `${rows}: ${because}`]);
  }
  if (event.usage !== undefined) {
    const { inputTokens, outputTokens, costMicroUsd } = event.usage;
    const cost = costMicroUsd === null ? 'price not known' : `$${(costMicroUsd / 1e6).toPrecision(2)}`;
    facts.push(['Used', `${inputTokens.total ?? 0} tokens in, ${outputTokens.total ?? 0} out, ${cost}`]);
  }
  facts.push(['Control document', explanation === undefined ? event.control : controlOf(explanation.control)]);
  if (event.tenant !== undefined) facts.push(['Tenant', event.tenant]);
  if (event.trace !== undefined) facts.push(['Trace', event.trace.traceId]);
  if (event.parentId !== undefined) facts.push(['Within', event.parentId]);
  for (const [name, text] of Object.entries(explanation?.facts ?? event.facts ?? {})) facts.push([name, text]);
  facts.push(['Id', event.id]);
  return {
    from: explanation === undefined ? 'event' : 'explain',
    reason: explanation?.reason ?? event.reason,
    facts,
    attempts: explanation?.attempts ?? attemptsOf(event),
  };
}

function controlOf({ known, version, pinned, isolated, paused }: ReturnType<ShownDecision['explain']>['control']): string {
  const switches = [
    ...(paused ? ['paused'] : []),
    ...(pinned === null ? [] : [`pinned to ${pinned}`]),
    ...isolated.map((variant) => `${variant} isolated`),
  ];
  return `${known ? `version ${version}` : 'unknown'}${switches.length === 0 ? '' : `: ${switches.join(', ')}`}`;
}

function contentOf(name: 'input' | 'output', event: DecisionEvent, shown: ShownDecision | undefined): Partial<Explained> {
  if (shown !== undefined) {
    try {
      return { [name]: { value: shown[name] } };
    } catch {
      // Its getter throws.
    }
  }
  return event[name] === undefined ? {} : { [name]: { value: event[name] } };
}
