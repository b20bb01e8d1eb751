import { type ControlNote, type ModelCommands, type Understudy, UnderstudyError } from '@understudy/core';
import { checkOptions, type Clock, countOr0, kind, oneOf, required, safeErrorText, text } from '@understudy/core/authoring';
import { within } from '../within.ts';
import type { Viewer } from './dashboard-options.ts';
import { json, problem } from './respond.ts';
import { COMMANDS, type CommandName, type CommandRequest } from './wire.ts';

/** Longer, and nobody can say whether it was obeyed. */
const COMMAND_MS = 15_000;
/** Longer, and nobody waits for the rest of a body: it has a few hundred bytes. */
const BODY_MS = 10_000;
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
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') return problem(415, 'NOT_JSON', 'A command is sent as application/json.');
  let body: string | undefined;
  try {
    body = await within(clock, BODY_MS, 'The body', () => readBody(request));
  } catch (error) {
    if (UnderstudyError.is(error))
      return problem(408, 'TIMEOUT', `The body did not come within ${BODY_MS / 1000} s. Nothing was changed.`);
    // It broke off, or somebody has read it before: `authorize`, or the server’s framework.
    return problem(400, 'NO_BODY', 'The body could not be read. Nothing was changed.');
  }
  if (body === undefined) return problem(413, 'TOO_LARGE', `A command has at most ${BODY_BYTES} bytes.`);
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return problem(400, 'NOT_JSON', 'The body is no JSON.');
  }
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

const STATUSES: Readonly<Record<string, number>> = {
  FORBIDDEN: 403,
  INPUT_INVALID: 400,
  UNKNOWN_VARIANT: 400,
  CONTROL_CONFLICT: 409,
  SECOND_PERSON_NEEDED: 409,
};

/** Errors of ours say what to do; others may say anything, and stay here. */
function refusal(error: unknown): Response {
  if (UnderstudyError.is(error) && error.code === 'TIMEOUT')
    return problem(
      504,
      'TIMEOUT',
      'The store did not answer in time. The command may have been obeyed all the same: look at the audit trail before you give it again.',
    );
  if (!UnderstudyError.is(error)) return problem(500, 'FAILED', 'The command failed. The log of the process may say why.');
  return problem(STATUSES[error.code] ?? 503, error.code, safeErrorText(error));
}

/** `undefined` for one that is too large. */
async function readBody(request: Request): Promise<string | undefined> {
  if (request.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
