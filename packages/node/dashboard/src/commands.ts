import type { ModelView, CommandName } from '../../src/dashboard/wire.ts';
import { percent } from './format.ts';

/** A command as it is put before a person: its name, and what it will change, from what the page shows now. */
export interface Proposal {
  readonly command: CommandName;
  readonly variant?: string;
  readonly title: string;
  readonly changes: readonly string[];
  /** On the button. */
  readonly verb: string;
  readonly isGrave: boolean;
}

type Status = ModelView['status'];

const shares = ({ variants }: Status): string =>
  Object.entries(variants)
    .filter(([, { share }]) => share > 0)
    .map(([name, { share }]) => `${name} ${percent(share)}`)
    .join(', ') || 'no variant';

function without(status: Status): string {
  const tiers = status.fallback.map(({ kind, name }) => `${kind === 'rules' ? 'rules' : 'the fixed output'} “${name}”`);
  return tiers.length === 0
    ? 'Nothing serves in its place: calls are refused with PAUSED.'
    : `Served in its place by ${tiers.join(', then ')}.`;
}

const rolloutWaits = ({ rollout }: Status): readonly string[] =>
  rollout === undefined || ['rolled-back', 'retired 100 %'].includes(rollout.phase)
    ? []
    : ['The rollout waits as long as this lasts.'];

const EVERYWHERE = 'It holds for every process that shares the store, within about a second.';

export function proposalOf(command: CommandName, status: Status, variant = ''): Proposal {
  const { model, control, rollout } = status;
  const of = (title: string, verb: string, changes: readonly string[], isGrave = false): Proposal => ({
    command,
    ...(variant === '' ? {} : { variant }),
    title,
    changes: [...changes, EVERYWHERE],
    verb,
    isGrave,
  });
  const share = percent(status.variants[variant]?.share);
  switch (command) {
    case 'pause':
      return of(
        `Pause ${model}`,
        'Pause',
        ['No variant of the model is called any more, until somebody resumes.', without(status), ...rolloutWaits(status)],
        true,
      );
    case 'resume':
      return of(`Resume ${model}`, 'Resume', [
        `Variants serve again: ${shares(status)}.`,
        `Paused by ${control.pausedBy.join(', ')}${control.reasons?.['pause'] === undefined ? '' : `, because: ${control.reasons['pause']}`}.`,
        'A monitor whose breach still holds may pause it again after its cooldown.',
      ]);
    case 'pin':
      return of(
        `Pin ${model} to ${variant}`,
        'Pin',
        [
          `Every call goes to ${variant} ${status.variants[variant]?.version ?? ''}. Now: ${shares(status)}.`,
          ...rolloutWaits(status),
        ],
        true,
      );
    case 'unpin':
      return of(`Unpin ${model}`, 'Unpin', [
        `${control.pinned ?? 'The pinned variant'} no longer serves every call: the split or the rollout decides again.`,
      ]);
    case 'isolate':
      return of(
        `Isolate ${variant}`,
        'Isolate',
        [
          `${variant} serves nothing until it is readmitted. It has ${share} of the traffic now: the next tier takes that over.`,
          ...(status.variants[variant]?.role === 'challenger' ? rolloutWaits(status) : []),
        ],
        true,
      );
    case 'readmit':
      return of(`Readmit ${variant}`, 'Readmit', [
        `${variant} serves again.`,
        ...(control.reasons?.[`isolate/${variant}`] === undefined
          ? []
          : [`It was isolated because: ${control.reasons[`isolate/${variant}`]}.`]),
      ]);
    case 'rollout-approve':
      return of('Approve the next stage', 'Approve', [
        `The rollout leaves ${rollout?.phase ?? ''} at its next judgement.`,
        'More units see the challenger.',
      ]);
    case 'rollout-hold':
      return of('Hold the rollout', 'Hold', [
        `It stays at ${rollout?.phase ?? ''}, ${percent(rollout?.share)} on the challenger, until somebody resumes it.`,
        'Proven harm still rolls it back.',
      ]);
    case 'rollout-resume':
      return of('Resume the rollout', 'Resume', [
        rollout?.held === null || rollout?.held === undefined
          ? 'An inconclusive stage gets more time; after a roll-back another attempt begins, once its cooldown is over.'
          : `It goes on. It was held because: ${rollout.held}.`,
      ]);
    case 'rollout-roll-back':
      return of(
        'Roll back',
        'Roll back',
        [
          `The challenger’s share goes from ${percent(rollout?.share)} to 0 % at once.`,
          'This version waits out its cooldown; then somebody may resume.',
        ],
        true,
      );
    case 'rollout-promote': {
      const open = (rollout?.gates ?? [])
        .filter(({ required, verdict }) => required && verdict !== 'proceed')
        .map(({ gate }) => gate);
      return of(
        'Promote one stage',
        'Promote',
        [
          `The rollout goes one stage beyond ${rollout?.phase ?? ''}, proven or not.`,
          open.length === 0 ? 'Every gate of this stage has its proof.' : `Without proof so far: ${open.join(', ')}.`,
        ],
        true,
      );
    }
  }
}
