import { introspectObject } from '../contract/introspect.ts';
import { isRecord, readProperty } from '../errors/index.ts';
import type { ReadinessEvidence } from './evidence.ts';

export type ReadinessDimension = 'data' | 'integration' | 'governance' | 'change' | 'monitoring';

/** What was seen, and whether it is enough. */
export interface Seen {
  readonly passes: boolean;
  /** In one sentence: what was seen, or what is missing. */
  readonly evidence: string;
}

export interface ReadinessCheck {
  readonly id: string;
  readonly dimension: ReadinessDimension;
  /** What holds where it passes. */
  readonly title: string;
  /** Whether the dimension waits for it. */
  readonly isRequired: boolean;
  /** What to do where it fails. */
  readonly remedy: string;
  /** Looks at what software sees; `undefined` where people are asked. */
  readonly look?: (evidence: ReadinessEvidence, now: number) => Seen;
  /** What people are asked, in the file of answers: in place of `look`, or where that does not pass. */
  readonly question?: string;
}

const DAY = 86_400_000;
const DRILL_DAYS = 30;
const yes = (evidence: string): Seen => ({ passes: true, evidence });
const no = (evidence: string): Seen => ({ passes: false, evidence });

/** A schema that lets only fields through that it names. */
function schemaSeen(schema: unknown, side: string): Seen {
  const view = introspectObject(schema as Parameters<typeof introspectObject>[0], 'output');
  if (view === undefined) return no(`The ${side} schema does not tell its fields.`);
  if (view.open) return no(`The ${side} schema lets fields through that it does not name.`);
  const loose = view.fields.filter((field) => field.type === 'unknown').map(({ path }) => path);
  if (view.fields.length === 0) return no(`The ${side} schema names no field.`);
  if (loose.length > 0) return no(`The ${side} schema takes anything in ${loose.join(', ')}.`);
  return yes(`${view.fields.length} fields of the ${side} are typed, and no others pass.`);
}

interface MonitorFacts {
  readonly name: string;
  readonly kind: string;
  readonly onBreach: readonly unknown[];
}

/** The monitors of the definition, read once and guarded: they are the user's. */
function monitorsOf({ options }: ReadinessEvidence): readonly MonitorFacts[] {
  const all: unknown = readProperty(options, 'monitors');
  if (!Array.isArray(all)) return [];
  return all.map((monitor: unknown) => {
    const onBreach = readProperty(monitor, 'onBreach');
    return {
      name: textOf(readProperty(monitor, 'name')),
      kind: textOf(readProperty(monitor, 'kind')),
      onBreach: Array.isArray(onBreach) ? onBreach : [],
    };
  });
}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const ofKind = (evidence: ReadinessEvidence, ...kinds: readonly string[]): readonly MonitorFacts[] =>
  monitorsOf(evidence).filter(({ kind }) => kinds.includes(kind));

function monitorSeen(evidence: ReadinessEvidence, what: string, ...kinds: readonly string[]): Seen {
  const found = ofKind(evidence, ...kinds);
  return found.length === 0 ? no(`No monitor ${what}.`) : yes(`${found.map(({ name }) => name).join(', ')} ${what}.`);
}

/** The readings of monitors of a kind, in the status. */
function standing(evidence: ReadinessEvidence, what: string, kind: string): Seen {
  if (ofKind(evidence, kind).length === 0) return no(`No monitor ${what}.`);
  const reports = evidence.status?.monitors?.reports.filter((report) => report.kind === kind) ?? [];
  if (reports.length === 0) return no(`There is no status that tells how ${kind} stands.`);
  const open = reports.filter(({ status }) => status !== 'ok');
  return open.length === 0
    ? yes(`${reports.map(({ monitor }) => monitor).join(', ')}: ok.`)
    : no(`${open.map(({ monitor, status }) => `${monitor} is in ${status}`).join(', ')}.`);
}

function policyKinds(policies: unknown): readonly string[] {
  return Array.isArray(policies) ? policies.map((policy: unknown) => textOf(readProperty(policy, 'kind'))) : [];
}

/** Variants without a circuit of their own, of the model or of the runtime. */
function unguarded({ options, runtime }: ReadinessEvidence): readonly string[] {
  const shared = [...policyKinds(readProperty(options, 'policies')), ...policyKinds(readProperty(runtime, 'policies'))];
  if (shared.includes('circuitBreaker')) return [];
  const variants: unknown = readProperty(options, 'variants');
  if (!isRecord(variants)) return ['every variant'];
  return Object.keys(variants).filter(
    (name) => !policyKinds(readProperty(readProperty(variants, name), 'policies')).includes('circuitBreaker'),
  );
}

function lastTier({ options, status }: ReadinessEvidence): Seen {
  const fallback: unknown = readProperty(options, 'fallback');
  const last: unknown = Array.isArray(fallback) ? fallback.at(-1) : undefined;
  const kind = readProperty(last, 'kind');
  const name = textOf(readProperty(last, 'name'));
  if (kind === 'always') return yes(`The last tier is the fixed output ${name}.`);
  if (kind !== 'rules') return no('The last tier is not one that always answers.');
  const tier = status?.fallback.find((one) => one.kind === 'rules' && one.name === name);
  if (tier === undefined || tier.served === 0)
    return no(`The last tier is the rules ${name}, which have served nothing yet in the status.`);
  return tier.abstained === 0
    ? yes(`The last tier is the rules ${name}, which answered ${tier.served} calls and abstained from none.`)
    : no(`The rules ${name} are the last tier, and abstained from ${tier.abstained} calls.`);
}

function drillSeen({ drill, contract }: ReadinessEvidence, now: number): Seen {
  if (drill === undefined) return no('There is no report of a drill.');
  if (drill.model !== contract.name) return no(`The drill was of ${drill.model}.`);
  const days = Math.floor((now - drill.at) / DAY);
  if (!(days >= 0)) return no('The report of the drill does not say when it was, or it is yet to come.');
  if (days > DRILL_DAYS) return no(`The last drill was ${days} days ago.`);
  if (!(drill.faulted > 0)) return no('The last drill met no call.');
  if ((drill.servedBy['none'] ?? 0) > 0)
    return no(`In the last drill ${drill.servedBy['none'] ?? 0} calls were served by nothing.`);
  const { recoveryMs } = drill;
  if (typeof recoveryMs !== 'number' || !(recoveryMs >= 0)) return no('In the last drill the variant did not recover.');
  if (drill.rollBack?.works === false) return no(`In the last drill the roll-back did not work: ${drill.rollBack.reason}`);
  return yes(`${drill.faulted} calls were rescued in a drill ${days} days ago, which recovered in ${Math.round(recoveryMs)} ms.`);
}

function rolloutSeen({ options }: ReadinessEvidence): Seen {
  const rollout: unknown = readProperty(options, 'rollout');
  if (rollout === undefined) return no('The definition has no rollout: a next version would replace this one unproven.');
  const gates: unknown = readProperty(rollout, 'gates');
  const holdback: unknown = readProperty(rollout, 'holdbackShare');
  if (!Array.isArray(gates) || gates.length === 0) return no('The rollout has no gates.');
  if (holdback === 0) return no('The rollout keeps no holdback: harm after the promotion would not be seen.');
  const names = gates.map((gate: unknown) => textOf(readProperty(gate, 'name'))).join(', ');
  return yes(`Gates ${names}, and a holdback of ${typeof holdback === 'number' ? holdback : 0.02}.`);
}

function runbookSeen(evidence: ReadinessEvidence): Seen {
  const { runbook, options } = evidence;
  if (runbook === undefined) return no('There is no runbook.');
  const champion = textOf(readProperty(options, 'champion'));
  const version = textOf(readProperty(readProperty(readProperty(options, 'variants'), champion), 'version'));
  const missing = [`${champion}@${version}`, ...monitorsOf(evidence).map(({ name }) => name)].filter(
    (name) => !runbook.includes(name),
  );
  return missing.length === 0
    ? yes(`The runbook tells of ${champion}@${version} and of every monitor.`)
    : no(`The runbook does not tell of ${missing.join(', ')}.`);
}

function approved({ version }: ReadinessEvidence): Seen {
  if (version === undefined) return no('No registry names the version that is to serve.');
  const { owner, approvals } = version;
  const others = [...new Set(approvals.map(({ by }) => by).filter((by) => by !== owner))];
  if (owner === '') return no(`Version ${version.version} has no owner.`);
  return others.length === 0
    ? no(`Nobody but its owner ${owner} has approved version ${version.version}.`)
    : yes(`${owner} owns version ${version.version}, and ${others.join(', ')} approved it.`);
}

function driftActs(evidence: ReadinessEvidence): Seen {
  const found = ofKind(evidence, 'drift');
  const acting = found.filter(({ onBreach }) => onBreach.some((action) => action !== 'alert'));
  if (found.length === 0) return no('No monitor watches the inputs for drift.');
  return acting.length === 0
    ? no(`${found.map(({ name }) => name).join(', ')} alerts, and does nothing.`)
    : yes(
        `${acting.map(({ name, onBreach }) => `${name}: ${onBreach.map((action) => (typeof action === 'string' ? action : 'a function')).join(', ')}`).join('; ')}.`,
      );
}

function noBreach({ status }: ReadinessEvidence): Seen {
  const reports = status?.monitors?.reports ?? [];
  if (reports.length === 0) return no('There is no status with readings of monitors.');
  const bad = reports.filter((report) => report.status === 'breach');
  return bad.length === 0
    ? yes(`None of ${reports.length} monitors is in breach.`)
    : no(`${bad.map(({ monitor }) => monitor).join(', ')} in breach.`);
}

function kpiSeen(evidence: ReadinessEvidence): Seen {
  const kpis: unknown = readProperty(evidence.contract, 'kpis');
  const names = isRecord(kpis) ? Object.keys(kpis) : [];
  if (names.length === 0) return no('The contract names no KPI.');
  return ofKind(evidence, 'kpiValue').length > 0
    ? yes(
        `${names.join(', ')}, watched by ${ofKind(evidence, 'kpiValue')
          .map(({ name }) => name)
          .join(', ')}.`,
      )
    : no(`${names.join(', ')}: no monitor watches it.`);
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** The checklist from pilot to production, by dimension. */
export const READINESS_CHECKS: readonly ReadinessCheck[] = [
  {
    id: 'input-schema',
    dimension: 'data',
    title: 'The input is typed, and nothing else passes',
    isRequired: true,
    remedy: 'Name every field of the input with its type and range, and close the schema: z.strictObject() or z.object().',
    look: ({ contract }) => schemaSeen(readProperty(contract, 'input'), 'input'),
  },
  {
    id: 'output-schema',
    dimension: 'data',
    title: 'The output is typed, and nothing else passes',
    isRequired: true,
    remedy: 'Name every field of the output with its type and range.',
    look: ({ contract }) => schemaSeen(readProperty(contract, 'output'), 'output'),
  },
  {
    id: 'reference-profile',
    dimension: 'data',
    title: 'Live inputs are compared with a reference',
    isRequired: true,
    remedy: 'Make a profile of the training data (understudy profile) and give it to drift({ reference }).',
    look: (evidence) => monitorSeen(evidence, 'compares inputs with a reference', 'drift'),
  },
  {
    id: 'data-quality',
    dimension: 'data',
    title: 'Missing and impossible values are watched',
    isRequired: false,
    remedy: 'Add dataQuality() to the monitors.',
    look: (evidence) => monitorSeen(evidence, 'watches missing and impossible values', 'dataQuality'),
  },
  {
    id: 'lineage',
    dimension: 'data',
    title: 'The version says which data it learnt from',
    isRequired: true,
    remedy: 'Register the version with lineage: { data }.',
    look: ({ version }) =>
      version?.lineage.data === undefined || version.lineage.data === ''
        ? no('The registry has no lineage of data.')
        : yes(`Data: ${version.lineage.data}.`),
  },
  {
    id: 'data-rights',
    dimension: 'data',
    title: 'The data may be used for this',
    isRequired: true,
    remedy: 'Ask the owner of the data, and write the answer down.',
    question: 'Has the owner of the data agreed that it is used for this model, for training and live?',
  },
  {
    id: 'last-tier',
    dimension: 'integration',
    title: 'A call is answered whatever fails',
    isRequired: true,
    remedy: 'End fallback with always(output), or with rules that have an otherwise.',
    look: lastTier,
  },
  {
    id: 'deadline',
    dimension: 'integration',
    title: 'No call outlives its deadline',
    isRequired: true,
    remedy: 'Set deadlineMs of the model to what its callers can wait.',
    look: ({ options }) => {
      const ms: unknown = readProperty(options, 'deadlineMs') ?? 10_000;
      return typeof ms === 'number' && ms < Infinity ? yes(`${ms} ms.`) : no('The model has no deadline.');
    },
  },
  {
    id: 'circuit',
    dimension: 'integration',
    title: 'Each variant has a circuit breaker',
    isRequired: true,
    remedy: 'Add circuitBreaker() to the policies of the model. Where all variants run in process, answer the question.',
    look: (evidence) => {
      const open = unguarded(evidence);
      return open.length === 0 ? yes('Every variant has one.') : no(`${open.join(', ')} has none.`);
    },
    question: 'Do all variants without a circuit breaker run in this process, so that none is needed?',
  },
  {
    id: 'service-level',
    dimension: 'integration',
    title: 'A service level is declared, and met',
    isRequired: true,
    remedy: 'Add serviceLevel() to the monitors, run in shadow, and give the status.',
    look: (evidence) => standing(evidence, 'declares a service level', 'serviceLevel'),
  },
  {
    id: 'shared-store',
    dimension: 'integration',
    title: 'What operators decide outlives a process',
    isRequired: true,
    remedy: 'Give createUnderstudy a store of @understudy/node: redis, postgres, sqlite or a file.',
    look: ({ runtime }) => {
      const store: unknown = readProperty(runtime, 'store');
      if (store === undefined) return no('The runtime has no store.');
      return readProperty(store, 'volatile') === false
        ? yes(`${textOf(readProperty(store, 'name'))}.`)
        : no('The store forgets when the process ends.');
    },
  },
  {
    id: 'cost',
    dimension: 'integration',
    title: 'What calls cost is bounded',
    isRequired: false,
    remedy: 'Add spendBudget() to the monitors or budget() to the policies; where calls cost nothing, answer the question.',
    look: (evidence) => {
      const kinds = [
        ...policyKinds(readProperty(evidence.options, 'policies')),
        ...policyKinds(readProperty(evidence.runtime, 'policies')),
      ];
      return kinds.includes('budget') ? yes('budget().') : monitorSeen(evidence, 'watches what is spent', 'spendBudget');
    },
    question: 'Do calls cost nothing beyond the machines that you run anyway?',
  },
  {
    id: 'owner-and-approver',
    dimension: 'governance',
    title: 'Somebody owns the version, and somebody else approved it',
    isRequired: true,
    remedy: 'Register the version with its owner, and have another person approve it.',
    look: approved,
  },
  {
    id: 'digest',
    dimension: 'governance',
    title: 'What serves is what was approved',
    isRequired: true,
    remedy: 'Register the version with its digest, and serve it by fromRegistry().',
    look: ({ version }) => (version?.digest === undefined ? no('The registry has no digest.') : yes(`${version.digest}.`)),
  },
  {
    id: 'roles',
    dimension: 'governance',
    title: 'Not everybody may command it',
    isRequired: true,
    remedy: 'Give createUnderstudy authorize: roles().',
    look: ({ runtime }) =>
      typeof readProperty(runtime, 'authorize') === 'function'
        ? yes('authorize decides.')
        : no('Whoever calls may give every command.'),
  },
  {
    id: 'audit-trail',
    dimension: 'governance',
    title: 'The audit trail is there, and verifies',
    isRequired: true,
    remedy: 'Add ledger() to the sinks, and give --ledger: understudy ledger verify tells what is wrong.',
    look: ({ ledger }) => {
      if (ledger === undefined) return no('There is no ledger.');
      if (ledger.records === 0) return no('The ledger has no record.');
      return ledger.isIntact ? yes(`${ledger.records} records verify.`) : no('The ledger does not verify.');
    },
  },
  {
    id: 'model-card',
    dimension: 'governance',
    title: 'The model card is current',
    isRequired: true,
    remedy: 'Write it anew: understudy card.',
    look: ({ card }) =>
      card === undefined
        ? no('There is no model card.')
        : card.isCurrent
          ? yes('It is that of the registry.')
          : no('The registry has changed since.'),
  },
  {
    id: 'fairness',
    dimension: 'governance',
    title: 'Groups are treated alike',
    isRequired: true,
    remedy: 'Add fairness({ groupBy }) to the monitors; where it decides about no people, answer the question.',
    look: (evidence) => standing(evidence, 'compares groups', 'fairness'),
    question: 'Does it decide about no people, or was fairness examined in another way?',
  },
  {
    id: 'explanation',
    dimension: 'governance',
    title: 'A decision can be explained to whom it is about',
    isRequired: false,
    remedy: 'Say how: rules that fired, explainShapley(), or a text of yours.',
    question: 'Can a decision be explained to whom it is about, and has somebody tried?',
  },
  {
    id: 'privacy',
    dimension: 'governance',
    title: 'Erasure and retention are settled',
    isRequired: true,
    remedy: 'Name the places that keep data in eraseSubject(), set how long each keeps it, and try it once.',
    question: 'Was the erasure of a subject tried over every place that keeps data, and has each a time after which it forgets?',
  },
  {
    id: 'drill',
    dimension: 'change',
    title: `An outage was rehearsed within ${DRILL_DAYS} days`,
    isRequired: true,
    remedy: 'understudy drill <module> --model NAME --share 0.1 --by ID --reason TEXT > drill.json',
    look: drillSeen,
  },
  {
    id: 'rollout',
    dimension: 'change',
    title: 'The next version comes on evidence',
    isRequired: true,
    remedy: 'Define a rollout with gates and a holdback.',
    look: rolloutSeen,
  },
  {
    id: 'runbook',
    dimension: 'change',
    title: 'The runbook is that of this version',
    isRequired: true,
    remedy: 'Write it anew: understudy runbook status.json -o RUNBOOK.md',
    look: runbookSeen,
  },
  {
    id: 'escalation',
    dimension: 'change',
    title: 'Somebody is called when it breaks',
    isRequired: true,
    remedy: 'Name who is on duty, and how they are called.',
    question: 'Is somebody on duty for it, and do alerts reach them?',
  },
  {
    id: 'training',
    dimension: 'change',
    title: 'Who works with it was shown how',
    isRequired: true,
    remedy: 'Show the people who use its answers what it does and does not know, and how they overrule it.',
    question: 'Were the people who work with its answers shown how, and how they overrule it?',
  },
  {
    id: 'stakeholders',
    dimension: 'change',
    title: 'Whom it changes things for was told',
    isRequired: false,
    remedy: 'Tell them what changes, and when.',
    question: 'Were those whose work or decisions it changes told, and heard?',
  },
  {
    id: 'drift-action',
    dimension: 'monitoring',
    title: 'Drift does something',
    isRequired: true,
    remedy: "Give drift() an action: onBreach: ['alert', 'fall-back'].",
    look: driftActs,
  },
  {
    id: 'live-quality',
    dimension: 'monitoring',
    title: 'Live quality is measured, or estimated',
    isRequired: true,
    remedy: 'Add liveMetric(), overrides() or estimatedPerformance() to the monitors.',
    look: (evidence) =>
      monitorSeen(
        evidence,
        'measures live quality',
        'liveMetric',
        'overrides',
        'estimatedPerformance',
        'errorStream',
        'calibration',
      ),
  },
  {
    id: 'kpi',
    dimension: 'monitoring',
    title: 'Its worth for the business is measured',
    isRequired: true,
    remedy: 'Name a KPI in the contract, record outcomes, and add kpiValue().',
    look: kpiSeen,
  },
  {
    id: 'telemetry',
    dimension: 'monitoring',
    title: 'Events leave the process',
    isRequired: true,
    remedy: 'Give createUnderstudy sinks: otel(), prometheus(), fileSink(), slack(), …',
    look: ({ runtime }) => {
      const count = lengthOf(readProperty(runtime, 'sinks'));
      return count === 0 ? no('The runtime has no sink.') : yes(`${count} sinks.`);
    },
  },
  {
    id: 'no-breach',
    dimension: 'monitoring',
    title: 'No monitor is in breach',
    isRequired: true,
    remedy: 'Look at the runbook: it says what to do about each.',
    look: noBreach,
  },
];
