import { UnderstudyError } from '@understudy/core';
import { checkOptions, kind, list, oneOf, required, text } from '@understudy/core/authoring';
import { within } from '../within.ts';
import type { DashboardSettings, Viewer } from './dashboard-options.ts';

/** Longer, and the door stays closed. */
const AUTHORIZE_MS = 5000;

/** Who may go on with a request. */
export type Access =
  | { readonly viewer: Viewer | undefined; readonly response?: undefined }
  | { readonly response: Response; readonly viewer?: undefined };

/** Why nobody, or this one, may go on. */
export type Refused = { readonly refused: 'unconfigured' | 'stranger' | 'unsure' };

const id = kind((value) => typeof value === 'string' && value !== '' && value.length <= 1000, 'a text of 1 to 1,000 characters');

/**
 * Asks the user's `authorize`, which is guarded: one that throws, hangs or answers something else lets nobody in. A viewer `undefined` is
 * somebody unknown whom `open` lets look.
 */
export async function accessOf(
  settings: Pick<DashboardSettings, 'authorize' | 'open' | 'clock'>,
  request: Request,
  context: unknown,
): Promise<Access | Refused> {
  const { authorize, open, clock } = settings;
  if (authorize === undefined) return open === 'read-only' ? { viewer: undefined } : { refused: 'unconfigured' };
  let answer: unknown;
  try {
    answer = await within(clock, AUTHORIZE_MS, 'authorize', () => authorize(request, context));
    if (answer === undefined || answer === null || answer === false) return { refused: 'stranger' };
    // A Response is sent once: one that is kept for many requests has no body left.
    if (answer instanceof Response) return answer.bodyUsed ? { refused: 'unsure' } : { response: answer };
    return { viewer: viewerOf(answer) };
  } catch {
    return { refused: 'unsure' };
  }
}

/** @throws UnderstudyError `INPUT_INVALID` for what is no viewer */
function viewerOf(answer: unknown): Viewer {
  const { id: given, roles, may } = answer as Viewer;
  const viewer = { id: given, roles, may };
  const kinds = { id: required(id), roles: required(list(text)), may: required(oneOf('read', 'review', 'control')) };
  if (checkOptions<Viewer, {}>(viewer, kinds, {}).problems.length > 0)
    throw new UnderstudyError('INPUT_INVALID', 'authorize() answered no { id, roles, may }.');
  return { id: given, roles: [...roles], may };
}
