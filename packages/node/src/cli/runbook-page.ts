import type { ModelStatus } from '@understudy/core';
import { ACTION_TEXTS, GATE_TEXTS, MONITOR_TEXTS, type RunbookText } from './runbook-texts.ts';

type Report = NonNullable<ModelStatus['monitors']>['reports'][number];
type Rollout = NonNullable<ModelStatus['rollout']>;

/** Events tell the kind of monitors of a user's own as `custom`. */
const monitorText = (kind: string): RunbookText =>
  textOf(MONITOR_TEXTS, kind === 'custom' ? 'monitor' : kind, MONITOR_TEXTS.monitor);
/** A status has the names of gates alone: `errorRate`, or `errorRate:eu` as its owner called it. */
const gateText = (name: string): RunbookText => textOf(GATE_TEXTS, name.split(/[^A-Za-z]/, 1)[0] ?? '', GATE_TEXTS.gate);

function textOf(texts: Readonly<Record<string, RunbookText>>, key: string, otherwise: RunbookText): RunbookText {
  return (Object.hasOwn(texts, key) ? texts[key] : undefined) ?? otherwise;
}

/** In one line, without what turns the direction of the text after it. */
const line = (text: string): string => text.replaceAll(/[\u202A-\u202E\u2066-\u2069]/g, '').replaceAll(/\s+/g, ' ');
/** A text in a line of Markdown: names and reasons are no markup, and no links. */
const plain = (text: string): string =>
  line(text)
    .replaceAll(/[\\`*_~&[\]<>|#]/g, String.raw`\$&`)
    .replaceAll('://', String.raw`:\//`)
    .replaceAll(/\bwww\./gi, (start) => start.replace('.', String.raw`\.`));
/** A text in a span of code. */
const code = (text: string): string => `\`${line(text).replaceAll(/`+/g, ' ')}\``;
const quoted = (text: string): string => `'${line(text).replaceAll(/['\\]/g, String.raw`\$&`)}'`;
/** The latest moment that a date can be. */
const LAST_DATE = 8.64e15;
const number = (value: number | null): string =>
  value === null ? 'not known' : String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
const listOf = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');
const block = (...lines: readonly string[]): string => ['```ts', ...lines, '```'].join('\n');
const note = (reason: string): string => `{ by, reason: '${reason}' }`;

/** The runbook of models: what each monitor and gate means, what has happened, what to look at, how to undo it. Markdown. */
export function runbookPage(statuses: readonly ModelStatus[]): string {
  return `${statuses.map(modelPage).join('\n\n---\n\n')}\n`;
}

function modelPage(status: ModelStatus): string {
  const { model, champion, monitors, rollout } = status;
  const tiers = status.fallback.map(({ kind, name }) => `${kind} ${code(name)}`);
  const parts = [
    `# Runbook: ${plain(model)}`,
    `Champion: ${code(champion)}. Variants: ${Object.entries(status.variants)
      .map(([name, { version }]) => code(`${name}@${version}`))
      .join(
        ', ',
      )}. ${tiers.length === 0 ? 'No tier comes after the variants: a call may reject.' : `Last resort: ${tiers.join(', then ')}.`}`,
    `Commands run in a process that defines the model: \`const by = { id: 'you', roles: ['operator'] }\`, with a role that your \`authorize\` lets in. Each is authorised and audited.`,
    now(status),
    standing(status),
    ...(monitors?.reports ?? []).map((report) => monitorPart(report, status)),
    ...(rollout === undefined ? [] : [rolloutPart(rollout)]),
  ];
  return parts.join('\n\n');
}

/** What is not as it should be. */
function now({ control, variants, monitors, rollout }: ModelStatus): string {
  const found = [
    ...(control.paused ? [`**Paused** by ${control.pausedBy.map(code).join(', ')}.`] : []),
    ...(control.pinned === null ? [] : [`**Pinned** to ${code(control.pinned)}.`]),
    ...control.isolated.map((name) => `**Isolated**: ${code(name)}.`),
    ...(monitors?.reports ?? [])
      .filter(({ status }) => status === 'breach' || status === 'warn')
      .map(({ monitor, status }) => `Monitor ${code(monitor)} is in **${status}**.`),
    ...(rollout?.phase === 'rolled-back' ? ['The rollout was **rolled back**.'] : []),
    ...(rollout === undefined || rollout.held === null ? [] : [`The rollout is **held**: ${plain(rollout.held)}.`]),
    ...Object.entries(variants).flatMap(([name, { policies }]) => {
      // A status that was written by hand may lack them.
      const state = (policies as typeof policies | undefined)?.['circuitBreaker']?.['state'];
      return typeof state === 'string' && state !== 'closed' ? [`The circuit of ${code(name)} is **${plain(state)}**.`] : [];
    }),
  ];
  return `## Now\n\n${found.length === 0 ? 'Nothing stands out.' : listOf(found)}`;
}

/** What holds at any time, and what ends it. */
function standing({ variants, champion, control, fallback }: ModelStatus): string {
  const instead = fallback.length === 0 ? 'calls are refused with PAUSED' : 'rules and fixed outputs do';
  const isolated = control.isolated[0] ?? champion;
  const other = Object.keys(variants).find((name) => name !== champion) ?? champion;
  return [
    '## Take over, and give back',
    block(
      `await model.control.pause(${note('what is wrong')}); // no model serves: ${instead}`,
      `await model.control.resume(${note('why it is safe again')});`,
      `await model.control.pin(${quoted(other)}, ${note('what is wrong')}); // every call goes there`,
      `await model.control.unpin(${note('why it is safe again')});`,
      `await model.control.isolate(${quoted(isolated)}, ${note('what is wrong')}); // it serves nothing`,
      `await model.control.readmit(${quoted(isolated)}, ${note('why it is safe again')});`,
      `model.control.circuit(${quoted(champion)})?.release(); // of a circuit that was forced`,
    ),
  ].join('\n\n');
}

function monitorPart(report: Report, { rollout, fallback }: ModelStatus): string {
  const { monitor, kind, status, since, readings } = report;
  const { means, look } = monitorText(kind);
  const worst = readings.slice(0, 5).map(({ measure, field, segment, value, limit, n, reason }) => {
    const where = [field, segment].filter((part) => part !== undefined && part !== '').map((part) => ` ${code(part ?? '')}`);
    return `${code(measure)}${where.join('')}: ${number(value)} (${limit === null ? '' : `limit ${number(limit)}, `}${number(n)} cases). ${plain(reason)}`;
  });
  const when = since > 0 && since <= LAST_DATE ? ` since ${new Date(since).toISOString()}` : '';
  return [
    `## Monitor ${plain(monitor)} (${plain(kind)}): ${status}${when}`,
    means,
    ...(worst.length === 0 ? [] : [`Readings:\n\n${listOf(worst)}`]),
    `Look at:\n\n${listOf(look)}`,
    ...(kind === 'trafficProfile' ? [] : breachPart(rollout !== undefined, fallback.length > 0)),
  ].join('\n\n');
}

/** What a breach may have done to this model, and how to undo it. */
function breachPart(hasRollout: boolean, hasFallback: boolean): readonly string[] {
  const { pause, isolate, 'roll-back': rollBack } = ACTION_TEXTS;
  const actions = [hasFallback ? pause : { ...pause, did: 'Model tiers are paused: calls are refused with PAUSED.' }, isolate];
  const told = (hasRollout ? [...actions, rollBack] : actions).map(({ did, undo }) => `${did} \`${undo}\``);
  return [
    `What a breach does by itself is in its option \`onBreach\`; the event \`alert-raised\` says what it did; a monitor that only
alerts changes nothing. To undo what was done:\n\n${listOf(told)}`,
    'A pause by `fall-back` ends by itself when the monitor is ok again.',
  ];
}

function rolloutPart({ id, phase, share, gates, blocked, history, approval }: Rollout): string {
  const last = history.at(-1);
  const lines = gates.map(({ gate, verdict, reason, champion, challenger }) => {
    const { means, look } = gateText(gate);
    return [
      `### Gate ${plain(gate)}: ${plain(verdict)}`,
      means,
      `${plain(reason)} (${number(champion)} units on the champion, ${number(challenger)} on the challenger)`,
      `Look at:\n\n${listOf(look)}`,
    ].join('\n\n');
  });
  return [
    `## Rollout ${plain(id)}: ${plain(phase)}, ${number(share * 100)} %`,
    ...(last === undefined ? [] : [`Last: ${plain(last.from)} → ${plain(last.to)} by ${code(last.by)}: ${plain(last.reason)}`]),
    ...(blocked === null || blocked.cause === phase ? [] : [`It waits: ${plain(blocked.reason)}`]),
    ...(approval === 'awaited' ? ['It waits for an approval.'] : []),
    block(
      `await model.control.rollout.rollBack(${note('what is wrong')}); // the champion serves, at once`,
      `await model.control.rollout.hold(${note('what is wrong')}); // stays where it is; proven harm still rolls back`,
      `await model.control.rollout.resume(${note('what has changed')}); // ends a hold, or tries again after a roll-back`,
      `await model.control.rollout.approve(${note('who has looked at it')});`,
    ),
    ...lines,
  ].join('\n\n');
}
