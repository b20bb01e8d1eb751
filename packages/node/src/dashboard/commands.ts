import type { ControlNote, ModelCommands, Understudy } from '@understudy/core';
import { checkOptions, type Clock, countOr0, kind, oneOf, required, text } from '@understudy/core/authoring';
import { within } from '../within.ts';
import { bodyOf } from './body.ts';
import type { Viewer } from './dashboard-options.ts';
import { refusal } from './refusal.ts';
import { json, problem } from './respond.ts';
import { COMMANDS, type CommandName, type CommandRequest } from './wire.ts';

/** Longer, and nobody can say whether it was obeyed. */
const COMMAND_MS = 15_000;
/** It has a few hundred. */
const BODY_BYTES = 16_384;

const reason = kind(
  (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 1000,
  'why the command is given, in 1 to 1,000 characters: it goes into the audit trail',
);
const KINDS = {
  model: required(text),
  command: required(oneOf(...COMMANDS)),
  variant: text,
  reason: required(reason),
  version: required(countOr0),
};

type Give = (control: ModelCommands<string>, note: ControlNote, variant: string) => Promise<void>;
const GIVE: Readonly<Record<CommandName, Give>> = {
  pin: (control, note, variant) => control.pin(variant, note),
  unpin: (control, note) => control.unpin(note),
  isolate: (control, note, variant) => control.isolate(variant, note),
  readmit: (control, note, variant) => control.readmit(variant, note),
  pause: (control, note) => control.pause(note),
  resume: (control, note) => control.resume(note),
  'rollout-approve': (control, note) => control.rollout.approve(note),
  'rollout-hold': (control, note) => control.rollout.hold(note),
  'rollout-resume': (control, note) => control.rollout.resume(note),
  'rollout-roll-back': (control, note) => control.rollout.rollBack(note),
  'rollout-promote': (control, note) => control.rollout.promote(note),
};

/** Gives a command in the name of who was authorised; what the body says of who that is counts for nothing. */
export async function command(understudy: Understudy, clock: Clock, viewer: Viewer, request: Request): Promise<Response> {
  const body = await bodyOf(request, clock, BODY_BYTES);
  if (body.refused !== undefined) return body.refused;
  const { given } = body;
  const { problems } = checkOptions<CommandRequest, {}>(given as CommandRequest, KINDS, {});
  if (problems.length > 0)
    return problem(400, 'INPUT_INVALID', problems.map(({ path, message }) => `${path || 'body'}: ${message}`).join('; '));
  const { model: name, command: what, variant, version, reason: why } = given as CommandRequest;
  const model = understudy.models.get(name);
  if (model === undefined) return problem(404, 'UNKNOWN_MODEL', 'There is no such model in this process.');
  const seen = model.status().control.version;
  if (seen !== version)
    return problem(
      409,
      'CHANGED_MEANWHILE',
      `The model's control document is at version ${seen} by now; you saw version ${version}. Nothing was changed: look again, then decide.`,
    );
  const note: ControlNote = { by: { id: viewer.id, roles: viewer.roles }, reason: why.trim() };
  try {
    await within(clock, COMMAND_MS, 'The command', () => GIVE[what](model.control, note, variant ?? ''));
  } catch (error) {
    return refusal(error);
  }
  return json(200, { version: model.status().control.version });
}
