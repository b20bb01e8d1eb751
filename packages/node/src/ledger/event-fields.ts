import type { UnderstudyEvent } from '@understudy/core';
import { didYouMean, type Kind } from '@understudy/core/authoring';

type FieldOf<E> = E extends unknown ? keyof E : never;
/** What a record must say of every event. */
type Needed = 'v' | 'id' | 'type' | 'at' | 'model';

/** Fields of events that may be personal. The compiler holds the list to all that there are. */
const FIELDS: Readonly<Record<Exclude<FieldOf<UnderstudyEvent>, Needed>, true>> = {
  actions: true,
  agree: true,
  agrees: true,
  alias: true,
  application: true,
  assigned: true,
  assignedBy: true,
  attempts: true,
  blind: true,
  by: true,
  callback: true,
  challenger: true,
  champion: true,
  change: true,
  command: true,
  control: true,
  count: true,
  decisionId: true,
  degraded: true,
  delayMs: true,
  difference: true,
  digest: true,
  durationMs: true,
  entry: true,
  environment: true,
  errorType: true,
  evidence: true,
  facts: true,
  first: true,
  firstContentMs: true,
  from: true,
  input: true,
  kind: true,
  kpi: true,
  lane: true,
  modelCalls: true,
  monitor: true,
  outcome: true,
  output: true,
  parentId: true,
  phase: true,
  probability: true,
  queue: true,
  reading: true,
  readings: true,
  reason: true,
  result: true,
  resultClass: true,
  review: true,
  roles: true,
  rollout: true,
  rules: true,
  servedBy: true,
  share: true,
  since: true,
  sink: true,
  tenant: true,
  tier: true,
  to: true,
  trace: true,
  trainingData: true,
  unitHash: true,
  usage: true,
  variant: true,
  version: true,
  waitedMs: true,
  weight: true,
  why: true,
};

/** What events call what people call otherwise. */
const MEANT: Readonly<Record<string, string>> = { unit: 'unitHash', tenantId: 'tenant', inputs: 'input', outputs: 'output' };

const NEEDED = new Set(['v', 'id', 'type', 'at', 'model']);

/** A path of a field that events may have, and that a record can do without. */
export const eventField: Kind = (path) => {
  if (typeof path !== 'string' || !/^[^.]+(\.[^.]+)*$/.test(path)) return "a path such as 'tenant' or 'input.name'";
  const [root = ''] = path.split('.', 1);
  if (Object.hasOwn(FIELDS, root)) return undefined;
  if (NEEDED.has(root)) return "a path such as 'tenant' or 'input.name', and none that a record needs";
  const meant = Object.hasOwn(MEANT, root) ? `, did you mean ${MEANT[root]}?` : didYouMean(root, Object.keys(FIELDS));
  return [{ path: '', message: `expected a field of events, got ${JSON.stringify(path)}${meant}` }];
};
